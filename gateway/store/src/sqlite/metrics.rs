//! What the writer counts.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The writer's metrics; cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Transactions that were committed.
    pub(super) commits: Counter,
    /// Units of work that shared one transaction.
    pub(super) units: Histogram,
    /// Seconds from `begin` to the disk's answer.
    pub(super) seconds: Histogram,
    /// Units that wait for the writer.
    pub(super) waiting: Gauge,
    /// Statement texts sent to the database by the writer.
    pub(super) crossings: Counter,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            commits: Counter::default(),
            units: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            // 0.1 ms, an SSD's fastest sync, to 1.6 s, a disk in trouble.
            seconds: Histogram::new(exponential_buckets(0.0001, 2.0, 15)),
            waiting: Gauge::default(),
            crossings: Counter::default(),
        }
    }
}

impl Metrics {
    /// Makes the metrics and registers them.
    pub fn new(registry: &mut Registry) -> Metrics {
        let metrics = Metrics::default();
        registry.register("store_commits", "Transactions committed", metrics.commits.clone());
        registry.register("store_commit_units", "Units of work per commit", metrics.units.clone());
        registry.register("store_commit_seconds", "Time of a commit", metrics.seconds.clone());
        registry.register("store_waiting", "Units that wait for the writer", metrics.waiting.clone());
        registry.register("store_crossings", "Texts sent by the writer", metrics.crossings.clone());
        metrics
    }

    /// Returns how many transactions were committed.
    pub fn commits(&self) -> u64 {
        self.commits.get()
    }

    /// Returns how often the writer crossed to the database.
    pub fn crossings(&self) -> u64 {
        self.crossings.get()
    }
}
