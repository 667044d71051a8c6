//! One keep-alive HTTP/1.1 connection without a pool around it, the cheapest client there is: the load
//! generator sends through it, and the other clients are measured against it. It opens itself on first
//! use and again after an error.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// A connection to one address.
pub(crate) struct Connection {
    address: SocketAddr,
    host: HeaderValue,
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    /// Moves the bytes; ends with the connection.
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    /// Names the address; nothing is opened yet.
    pub(crate) fn new(address: SocketAddr) -> Self {
        let host = HeaderValue::from_str(&address.to_string()).expect("an address prints as ASCII");
        Self { address, host, open: None }
    }

    /// Returns the address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns what belongs into `host`.
    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// Sends one request and reads its answer to the end. The caller sets `host` and bounds the time.
    ///
    /// # Errors
    /// The connection failed; the next call opens another.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<StatusCode> {
        let mut open = match self.open.take() {
            Some(open) if !open.sender.is_closed() => open,
            Some(_) | None => open(self.address).await?,
        };
        open.sender.ready().await?;
        let answer = open.sender.send_request(request).await?;
        let status = answer.status();
        let mut body = answer.into_body();
        while let Some(frame) = body.frame().await {
            frame?;
        }
        self.open = Some(open);
        Ok(status)
    }
}

async fn open(address: SocketAddr) -> Result<Open> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(async move {
        // The sender's own call reports what went wrong.
        connection.await.ok();
    });
    Ok(Open { sender, _driver: AbortOnDropHandle::new(driver) })
}
