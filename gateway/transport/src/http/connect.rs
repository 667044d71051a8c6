//! Makes connections: name, guard, TCP, TLS, all within one timeout, each failure named by its stage.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hookgate_core::word::duration_text;
use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use tokio::time::{Instant, timeout_at};
use tower::Service;

use super::dial::dial;
use super::metrics::Metrics;
use super::socket::Socket;
use super::tls::Tls;
use crate::failure::Failure;
use crate::guard::Guard;

/// What a request is written to.
pub(super) type Stream = MaybeHttpsStream<Socket>;

/// Connects the client to receivers. Clones are the same connector.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    guard: Arc<Guard>,
    tls: Tls,
    timeout: Duration,
    metrics: Metrics,
}

impl Connector {
    pub(super) fn new(guard: Arc<Guard>, tls: Tls, timeout: Duration, metrics: Metrics) -> Connector {
        Connector(Arc::new(Inner { guard, tls, timeout, metrics }))
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move { inner.connect(&to).await })
    }
}

impl Inner {
    async fn connect(&self, to: &Uri) -> Result<Stream, Failure> {
        let host =
            to.host().ok_or_else(|| Failure::Misconfigured("the endpoint's URL names no host".into()))?;
        let secure = to.scheme() == Some(&http::uri::Scheme::HTTPS);
        let port = to.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let deadline = Instant::now() + self.timeout;
        let late = || duration_text(self.timeout);

        let addresses = timeout_at(deadline, self.guard.addresses(host))
            .await
            .map_err(|_| Failure::dns(format!("no name server answered for {host} within {}", late())))??;
        let sockets: Vec<SocketAddr> = addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect();
        let tcp = timeout_at(deadline, dial(&sockets)).await.map_err(|_| {
            Failure::connect(format!("{host} ({}) took no connection within {}", sockets[0], late()))
        })?;
        let tcp = Socket::new(tcp.map_err(|error| error.of(host))?, self.metrics.opened());
        if !secure {
            return Ok(Stream::Http(tcp));
        }
        let tls = timeout_at(deadline, self.tls.handshake(host, tcp)).await.map_err(|_| {
            Failure::tls(format!("{host} did not complete the TLS handshake within {}", late()))
        })??;
        Ok(Stream::from(tls))
    }
}
