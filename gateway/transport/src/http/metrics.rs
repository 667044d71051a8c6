//! What the HTTP transport counts: connections, sends by outcome, and how long a send took.
//!
//! The one label is an outcome's word, so it is bounded. The registry adds the prefix `hookgate_`.

use std::time::Duration;

use hookgate_core::outcome::Word;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds in seconds: from a receiver next door to the longest timeout that may be configured.
const SECONDS: [f64; 15] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 120.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SendLabels {
    outcome: &'static str,
}

/// The HTTP transport's metrics.
#[derive(Debug, Clone)]
pub(super) struct Metrics {
    opened: Counter,
    open: Gauge,
    sends: Family<SendLabels, Counter>,
    seconds: Histogram,
}

/// One open connection; the gauge falls when it is dropped.
#[derive(Debug)]
pub(super) struct Open(Gauge);

impl Metrics {
    /// Registers the metrics.
    pub(super) fn register(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            opened: Counter::default(),
            open: Gauge::default(),
            sends: Family::default(),
            seconds: Histogram::new(SECONDS),
        };
        registry.register(
            "http_connections_opened",
            "Connections to receivers that were opened",
            metrics.opened.clone(),
        );
        registry.register(
            "http_connections_open",
            "Connections to receivers that are open now",
            metrics.open.clone(),
        );
        registry.register("http_sends", "Requests to receivers by what they came to", metrics.sends.clone());
        registry.register_with_unit(
            "http_send_duration",
            "Time of a request to a receiver, from the connection to the end of the answer",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        metrics
    }

    /// Counts a connection as opened, and as open until the result is dropped.
    pub(super) fn opened(&self) -> Open {
        self.opened.inc();
        self.open.inc();
        Open(self.open.clone())
    }

    /// Counts a send. A send that its caller dropped is not counted: it has no outcome.
    pub(super) fn sent(&self, word: Word, took: Duration) {
        self.sends.get_or_create(&SendLabels { outcome: word.text() }).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}
