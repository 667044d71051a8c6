//! Sends requests over HTTP/1.1 and HTTP/2 and says what became of each.
//!
//! One call is one exchange: it follows no redirect, uses no proxy, keeps no cookie. Whom it may reach is
//! the guard's decision, how a connection is made the connector's, when to try again the engine's.
//!
//! **What is repeated.** The client's pool may hand out a kept connection that the receiver has closed
//! meanwhile. If the connection ends before any byte of the request was given to it, the request goes out
//! on another one; nobody sees it. Once a byte was written nothing is repeated here, for then nobody can
//! know whether the receiver has acted on it: that is a `Reset`, and the delivery's own schedule decides.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use bytes::Bytes;
use hookgate_core::address::Allowed;
use hookgate_core::destination::HttpVersion;
use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::Outcome;
use hookgate_core::word::duration_text;
use hookgate_ports::{Fut, Transport};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use prometheus_client::registry::Registry;
use thiserror::Error;
use tokio::time::timeout;
use tracing::warn;

mod answer;
mod client;
mod connect;
mod dial;
mod error;
mod metrics;
mod request;
mod settings;
mod socket;
mod tls;

pub use settings::{HttpSettings, Roots};

use self::connect::Connector;
use self::metrics::Metrics;
use self::tls::Tls;
use crate::failure::Failure;
use crate::guard::Guard;
use crate::names::Names;

/// The HTTP [`Transport`].
///
/// Connections are kept per scheme, host and port, and used again until they were idle for
/// `HttpSettings::idle_connection`. HTTP/2 is used where a receiver offers it in TLS, and where a request
/// asks for it, also without TLS; then many requests share one connection, and a dropped call resets its own stream instead of closing the connection.
pub struct Http {
    settings: HttpSettings,
    tls: Tls,
    metrics: Metrics,
    pool: RwLock<Arc<Pool>>,
}

/// The connections that were made under one allow list: a new list never meets them.
struct Pool {
    guard: Arc<Guard>,
    client: Client<Connector, Full<Bytes>>,
    http2: Client<Connector, Full<Bytes>>,
}

/// Why there is no HTTP transport: this machine's setup.
#[derive(Debug, Error)]
pub enum HttpError {
    /// The TLS library refuses its own defaults.
    #[error("tls cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The resolver refuses what `/etc/resolv.conf` says.
    #[error("the name resolver cannot be set up: {0}")]
    Names(String),
}

impl Http {
    /// Makes a transport and registers its metrics. Reads `/etc/resolv.conf`, `/etc/hosts` and the
    /// machine's root certificates; opens no connection.
    ///
    /// # Errors
    /// This machine's setup cannot be used; the text says which part.
    pub fn new(settings: HttpSettings, registry: &mut Registry) -> Result<Http, HttpError> {
        let tls = Tls::new(&settings.roots)?;
        let metrics = Metrics::register(registry);
        let names = Names::of_this_machine().map_err(|error| HttpError::Names(error.to_string()))?;
        let guard = Guard::new(settings.allowed.clone(), Arc::new(names));
        let pool = Pool::new(&settings, guard, &tls, &metrics);
        Ok(Http { settings, tls, metrics, pool: RwLock::new(Arc::new(pool)) })
    }

    /// Puts another allow list in place. Sends that began before it end under the old one; no later send
    /// uses a connection that was made under the old one. `/etc/resolv.conf` and `/etc/hosts` are read
    /// again. The list that is in place already changes nothing.
    pub fn allow(&self, allowed: Allowed) {
        let old = self.pool();
        if *old.guard.allowed() == allowed {
            return;
        }
        // The list rules in any case; what it is applied to may stay.
        let names = Names::of_this_machine().map(Arc::new).unwrap_or_else(|error| {
            warn!(%error, "names are resolved as before, the new setup cannot be used: {error}");
            old.guard.names().clone()
        });
        let pool = Pool::new(&self.settings, Guard::new(allowed, names), &self.tls, &self.metrics);
        *self.pool.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pool);
    }

    fn pool(&self) -> Arc<Pool> {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn exchange(&self, request: OutboundRequest) -> Result<Outcome, Failure> {
        let pool = self.pool();
        pool.guard.check(&request.url)?;
        let within = request.timeout;
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let client = pool.client(request.version);
        let request = request::wire(request)?;
        let mut status = None;
        let exchange = async {
            let response = client.request(request).await.map_err(|error| error::failure(&error, &host))?;
            status = Some(response.status().as_u16());
            answer::read(response, self.settings.response_bytes_max, &host).await
        };
        match timeout(within, exchange).await {
            Ok(answer) => Ok(Outcome::Answered(answer?)),
            Err(_elapsed) => Err(Failure::timeout(match status {
                None => format!("{host} did not answer within {}", duration_text(within)),
                Some(status) => {
                    format!("{host} answered {status}, but not wholly within {}", duration_text(within))
                }
            })),
        }
    }
}

impl Transport for Http {
    fn send(&self, request: OutboundRequest) -> Fut<'_, Outcome> {
        Box::pin(async move {
            let started = Instant::now();
            let outcome = self.exchange(request).await.unwrap_or_else(Outcome::from);
            self.metrics.sent(outcome.word(), started.elapsed());
            outcome
        })
    }
}

impl Pool {
    fn new(settings: &HttpSettings, guard: Guard, tls: &Tls, metrics: &Metrics) -> Pool {
        let guard = Arc::new(guard);
        let connector = Connector::new(guard.clone(), tls.clone(), settings.connect_timeout, metrics.clone());
        let client = client::build(settings, connector.clone(), HttpVersion::Agreed);
        let http2 = client::build(settings, connector, HttpVersion::Two);
        Pool { guard, client, http2 }
    }

    fn client(&self, version: HttpVersion) -> &Client<Connector, Full<Bytes>> {
        match version {
            HttpVersion::Agreed => &self.client,
            HttpVersion::Two => &self.http2,
        }
    }
}
