//! The façade: what the rest of Hookgate holds of plugins.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hookgate_core::limits::PLUGIN_CALLS_MAX;
use hookgate_core::plugin::{
    Authenticated, Built, Call, Capability, Crash, CrashKind, Facts, GuestEvent, GuestRequest, GuestResponse,
    Judged, Refused, Routed, Transformed,
};
use hookgate_core::word::Digest;
use hookgate_ports::{Fut, Guests};
use prometheus_client::registry::Registry;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::cache::Cache;
use crate::call::Lent;
use crate::crash::crash;
use crate::engine::{Engines, Memory};
use crate::function::{Authenticate, Build, Function, Judge, Route, Transform};
use crate::loader::{Loader, Spent};
use crate::metrics::Metrics;
use crate::priority;
use crate::run::{self, Input};
use crate::settings::{HostError, HostSettings};
use crate::slots::Slots;
use crate::ticker::Ticker;

/// Threads that load components: one compiles, the other serves what the cache has.
const LOADING_THREADS: usize = 2;

/// The plugin host. Dropping it ends all guests.
pub struct Host {
    loader: Arc<Loader>,
    ticker: Arc<Ticker>,
    metrics: Metrics,
    slots: Slots,
    /// For long calls and for loading. None only while the host is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
}

impl Host {
    /// Starts a host without components.
    ///
    /// # Errors
    /// The cache is not this user's alone, or the machine gives no address space or threads.
    pub fn new(settings: HostSettings, registry: &mut Registry) -> Result<Host, HostError> {
        let engines = Engines::new().map_err(|error| HostError::Engine(format!("{error:#}")))?;
        let engines = Arc::new(engines);
        let cache = settings.cache_dir.as_deref().map(Cache::open).transpose()?;
        if let Some(cache) = &cache {
            sweep(cache, &engines);
        }
        let no_threads = |error: std::io::Error| HostError::Engine(error.to_string());
        let runtime = Builder::new_multi_thread()
            .worker_threads(settings.threads.get())
            .max_blocking_threads(LOADING_THREADS)
            .thread_name("plugin")
            .on_thread_start(priority::lower)
            .enable_time()
            .build()
            .map_err(no_threads)?;
        let metrics = Metrics::register(registry);
        Ok(Host {
            loader: Arc::new(Loader::new(Arc::clone(&engines), cache, metrics.clone())),
            ticker: Arc::new(Ticker::start(engines).map_err(no_threads)?),
            metrics,
            slots: Slots::new(PLUGIN_CALLS_MAX),
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        })
    }

    /// Tells whether a component's memory grows when it is called, which makes its calls dearer; none if it
    /// is not loaded.
    pub fn grows_memory(&self, digest: &Digest) -> Option<bool> {
        self.loader.get(digest).map(|loaded| loaded.memory == Memory::Grows)
    }

    /// Returns what a component's last call took; none if it is not loaded.
    pub fn last_spent(&self, digest: &Digest) -> Option<Spent> {
        self.loader.get(digest).map(|loaded| loaded.last_spent())
    }

    /// Calls a function of a role: the one way of all of them.
    fn call<F: Function>(&self, call: Call, lent: Lent, function: F) -> Fut<'_, Result<F::Output, Crash>> {
        Box::pin(async move {
            let Some(loaded) = self.loader.get(&call.digest) else { return Err(not_loaded(&call.digest)) };
            if let Some(capability) = call.grants.missing(&loaded.facts.uses) {
                return Err(not_granted(&call, capability));
            }
            let slot = self.slots.take(call.digest).await;
            let start = Instant::now();
            let (plugin, limits) = (call.plugin.clone(), call.limits);
            let running = self.ticker.run();
            let guest = {
                let loaded = Arc::clone(&loaded);
                Box::pin(async move {
                    let ran = run::call(loaded, Input::new(call, lent), function, running).await;
                    // Only now is the instance's slot free.
                    drop(slot);
                    ran
                })
            };
            let answer = run::drive(&loaded, limits, guest, &self.handle).await;
            let outcome = answer.as_ref().map_or_else(|crash| crash.kind.word(), F::word);
            self.metrics.called(&plugin, F::ENTRY, outcome, start.elapsed());
            answer
        })
    }
}

impl Guests for Host {
    fn inspect(&self, component: &[u8]) -> Result<Facts, Refused> {
        crate::inspect(component)
    }

    fn load(&self, component: Bytes) -> Fut<'_, Result<Facts, Refused>> {
        let (loader, ticker, handle) =
            (Arc::clone(&self.loader), Arc::clone(&self.ticker), self.handle.clone());
        let loading = self.handle.spawn_blocking(move || loader.load(&component, &ticker, &handle));
        Box::pin(async move {
            loading.await.unwrap_or_else(|error| {
                tracing::error!(%error, "loading a plugin ended early");
                Err(Refused::Unusable("the host failed while loading it; see its log".to_owned()))
            })
        })
    }

    fn is_loaded(&self, digest: &Digest) -> bool {
        self.loader.get(digest).is_some()
    }

    fn retain(&self, wanted: &BTreeSet<Digest>) {
        self.loader.retain(wanted);
    }

    fn transform(&self, call: Call, event: GuestEvent) -> Fut<'_, Transformed> {
        self.call(call, event.into(), Transform)
    }

    fn route(&self, call: Call, event: GuestEvent, candidates: Vec<String>) -> Fut<'_, Routed> {
        self.call(call, event.into(), Route { candidates: candidates.into() })
    }

    fn authenticate(&self, call: Call, request: GuestRequest) -> Fut<'_, Authenticated> {
        self.call(call, request.into(), Authenticate)
    }

    fn build(&self, call: Call, event: GuestEvent) -> Fut<'_, Built> {
        self.call(call, event.into(), Build)
    }

    fn judge(&self, call: Call, response: GuestResponse) -> Fut<'_, Judged> {
        self.call(call, Lent::Nothing, Judge { response })
    }
}

impl Drop for Host {
    /// Ends all guests at their next tick and waits for them, some milliseconds; a component that is being
    /// compiled is not waited for.
    fn drop(&mut self) {
        self.ticker.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn sweep(cache: &Cache, engines: &Engines) {
    let both = [Memory::Preset, Memory::Grows].map(|memory| &engines.of(memory).engine);
    if let Err(error) = cache.sweep(both) {
        // What is left over takes room and harms nothing.
        tracing::warn!(%error, "the plugin cache was not swept");
    }
}

fn not_loaded(digest: &Digest) -> Crash {
    crash(CrashKind::Incompatible, &format!("the component {} is not loaded", digest.short()))
}

fn not_granted(call: &Call, capability: Capability) -> Crash {
    let (plugin, word) = (&call.plugin, capability.interface());
    let text =
        format!("the component uses `{word}`, which is not granted; add it to `grant` of [plugin.{plugin}]");
    crash(CrashKind::Incompatible, &text)
}
