//! What the host counts: calls by plugin, role and outcome, how long they took, and what is loaded.
//!
//! Labels are names from the configuration, so they are bounded. The registry adds the prefix `hookgate_`.

use std::time::Duration;

use hookgate_core::word::Slug;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::engine::Memory;
use crate::function::Entry;

/// Upper bounds in seconds: a Rust transform takes 20 us, JavaScript 0.5 to 1.5 ms, Python 2 to 4 ms, and the
/// default deadline is 50 ms.
const SECONDS: [f64; 12] =
    [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.05, 0.25, 5.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    plugin: String,
    role: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TimeLabels {
    plugin: String,
    role: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoadedLabels {
    memory: &'static str,
}

/// The host's metrics.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    calls: Family<CallLabels, Counter>,
    seconds: Family<TimeLabels, Histogram, fn() -> Histogram>,
    loaded: Family<LoadedLabels, Gauge>,
}

impl Metrics {
    /// Registers the host's metrics.
    pub(crate) fn register(registry: &mut Registry) -> Metrics {
        let metrics = Metrics {
            calls: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            loaded: Family::default(),
        };
        registry.register("plugin_calls", "Calls of plugins by what they came to", metrics.calls.clone());
        registry.register_with_unit(
            "plugin_call_duration",
            "Time of a plugin's calls, without waiting for a slot",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register(
            "plugin_components_loaded",
            "Components that can be called, by whether their memory grows when they are",
            metrics.loaded.clone(),
        );
        metrics
    }

    /// Counts a call.
    pub(crate) fn called(&self, plugin: &Slug, entry: Entry, outcome: &'static str, took: Duration) {
        let (plugin, role) = (plugin.as_str().to_owned(), entry.label());
        let time = TimeLabels { plugin: plugin.clone(), role };
        self.seconds.get_or_create(&time).observe(took.as_secs_f64());
        self.calls.get_or_create(&CallLabels { plugin, role, outcome }).inc();
    }

    /// Counts a component as loaded.
    pub(crate) fn loaded(&self, memory: Memory) {
        self.loaded.get_or_create(&LoadedLabels { memory: memory.word() }).inc();
    }

    /// Counts a component as unloaded.
    pub(crate) fn unloaded(&self, memory: Memory) {
        self.loaded.get_or_create(&LoadedLabels { memory: memory.word() }).dec();
    }
}
