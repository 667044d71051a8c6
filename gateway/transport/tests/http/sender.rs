//! The transport as the tests use it.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::address::Allowed;
use hookgate_core::destination::HttpVersion;
use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::{Answer, Outcome, Reach};
use hookgate_core::word::Headers;
use hookgate_ports::Transport;
use hookgate_transport::{Http, HttpSettings};
use http::{HeaderName, HeaderValue, Method};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// A transport with its metrics.
pub(crate) struct Sender {
    pub(crate) http: Http,
    registry: Registry,
}

/// Longer than any test takes.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Short, for tests that end by a timeout.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

pub(crate) fn allowed(entries: &[&str]) -> Allowed {
    let mut allowed = Allowed::default();
    for entry in entries {
        allowed.add(entry).unwrap();
    }
    allowed
}

/// Returns settings that allow the loopback network.
pub(crate) fn settings() -> HttpSettings {
    HttpSettings::new(allowed(&["127.0.0.0/8"]))
}

pub(crate) fn post(url: &str) -> OutboundRequest {
    OutboundRequest {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers: [(HeaderName::from_static("webhook-id"), HeaderValue::from_static("msg_1"))]
            .into_iter()
            .collect(),
        body: Bytes::from_static(b"{\"hello\":\"world\"}"),
        timeout: LONG,
        version: HttpVersion::Agreed,
    }
}

impl Sender {
    pub(crate) fn new() -> Sender {
        Sender::with(settings())
    }

    pub(crate) fn with(settings: HttpSettings) -> Sender {
        let mut registry = Registry::default();
        Sender { http: Http::new(settings, &mut registry).unwrap(), registry }
    }

    pub(crate) async fn send(&self, url: &str) -> Outcome {
        let outcome = self.http.send(post(url)).await;
        // Lets the connection find its way back to the pool, which it does on a task of its own.
        tokio::task::yield_now().await;
        outcome
    }

    pub(crate) async fn send_within(&self, url: &str, timeout: Duration) -> Outcome {
        self.http.send(OutboundRequest { timeout, ..post(url) }).await
    }

    /// Returns a metric's value; 0 while it was never counted.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// Waits until no connection is open, as this side sees it.
    pub(crate) async fn all_closed(&self) {
        while self.metric("http_connections_open") > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Returns the answer, or panics with what it was instead.
pub(crate) fn answer(outcome: Outcome) -> Answer {
    let Outcome::Answered(answer) = outcome else { panic!("{outcome:?}") };
    answer
}

/// Checks where a send failed, that its text says why, and that it tells no secret.
pub(crate) fn check_unreachable(outcome: &Outcome, reach: Reach, words: &str) {
    let Outcome::Unreachable { at, detail } = outcome else { panic!("{outcome:?}") };
    assert_eq!(*at, reach, "{detail}");
    assert!(detail.contains(words), "{detail:?} does not say {words:?}");
    assert!(!detail.contains("s3cret") && !detail.contains("msg_1"), "{detail}");
}

pub(crate) fn names(headers: &Headers) -> Vec<&str> {
    headers.iter().map(|(name, _)| name.as_str()).collect()
}
