//! The engine's counters. Labels are names from the configuration and fixed words, never ids or URLs.

use std::time::Duration;

use hookgate_core::decide::Verdict;
use hookgate_core::outcome::Outcome;
use hookgate_ports::Depth;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::intake::{Receipt, Refusal};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKey {
    source: String,
    key: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfDestination {
    destination: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

/// The engine's counters.
pub(crate) struct Metrics {
    requests: Family<OfSource, Counter>,
    keys: Family<OfKey, Counter>,
    attempts: Family<OfDestination, Counter>,
    finished: Family<OfDestination, Counter>,
    attempt_seconds: Histogram,
    deliveries: Family<InState, Gauge>,
    pub(crate) lanes_homeless: Gauge,
}

/// From a receiver next door to one that hangs until the timeout.
const ATTEMPT_SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            requests: Family::default(),
            keys: Family::default(),
            attempts: Family::default(),
            finished: Family::default(),
            attempt_seconds: Histogram::new(ATTEMPT_SECONDS),
            deliveries: Family::default(),
            lanes_homeless: Gauge::default(),
        };
        registry.register(
            "source_requests",
            "Inbound requests by source and what became of them",
            metrics.requests.clone(),
        );
        registry.register(
            "source_keys_used",
            "Verified requests of sources with several keys, by the key that proved them",
            metrics.keys.clone(),
        );
        registry.register("attempts", "Attempts by destination and outcome", metrics.attempts.clone());
        registry.register(
            "deliveries_finished",
            "Deliveries by destination and end",
            metrics.finished.clone(),
        );
        registry.register(
            "attempt_seconds",
            "From rendering to the whole answer",
            metrics.attempt_seconds.clone(),
        );
        registry.register("deliveries", "Live deliveries by state", metrics.deliveries.clone());
        registry.register(
            "lanes_homeless",
            "Lanes with due deliveries whose destination is not configured",
            metrics.lanes_homeless.clone(),
        );
        metrics
    }

    /// Counts a request that was stored or, without a receipt, answered; returns the word it is counted by.
    pub(crate) fn taken(&self, source: &str, receipt: Option<&Receipt>) -> &'static str {
        let outcome = match receipt {
            Some(receipt) if receipt.is_duplicate() => "duplicate",
            Some(_) => "accepted",
            None => "answered",
        };
        self.request(source, outcome);
        outcome
    }

    /// Counts a refused request, and returns the word that it is counted by.
    pub(crate) fn refused(&self, source: &str, refusal: &Refusal) -> &'static str {
        let outcome = match refusal {
            Refusal::Rejected(rejection) => rejection.word(),
            Refusal::TooFast(_) => "too_fast",
            Refusal::WrongMethod => "wrong_method",
            Refusal::TooManyEvents | Refusal::TooManyDeliveries(_) => "too_many",
            Refusal::Looped(_) => "looped",
            // Only a call of the API has a key.
            Refusal::KeyReused => "key_reused",
            Refusal::Undecided => "undecided",
            Refusal::Busy(_) => "busy",
            Refusal::Unknown | Refusal::Down => "store_failed",
        };
        self.request(source, outcome);
        outcome
    }

    /// Counts which of a source's several keys is still in use.
    pub(crate) fn key_used(&self, source: &str, key: String) {
        self.keys.get_or_create(&OfKey { source: source.to_owned(), key }).inc();
    }

    fn request(&self, source: &str, outcome: &'static str) {
        self.requests.get_or_create(&OfSource { source: source.to_owned(), outcome }).inc();
    }

    pub(crate) fn attempted(&self, destination: &str, outcome: &Outcome, verdict: &Verdict, took: Duration) {
        let of = |outcome| OfDestination { destination: destination.to_owned(), outcome };
        self.attempts.get_or_create(&of(outcome.word().text())).inc();
        self.attempt_seconds.observe(took.as_secs_f64());
        let end = match verdict {
            Verdict::Delivered => "delivered",
            Verdict::Dead(reason) => reason.text(),
            Verdict::Skipped(_) => "skipped",
            Verdict::Split => "split",
            Verdict::Retry(_) | Verdict::RetryPlugin(_) | Verdict::Hold => return,
        };
        self.finished.get_or_create(&of(end)).inc();
    }

    pub(crate) fn depth(&self, depth: Depth) {
        for (state, count) in
            [("pending", depth.pending), ("in_flight", depth.in_flight), ("held", depth.held)]
        {
            self.deliveries.get_or_create(&InState { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
    }
}
