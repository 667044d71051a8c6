//! Makes components callable: compiles or finds the machine code, links, self-tests, and keeps them by digest.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use hookgate_core::plugin::{Facts, Refused};
use hookgate_core::word::Digest;
use tokio::runtime::Handle;
use wasmtime::Engine;
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

use crate::cache::Cache;
use crate::call::CallState;
use crate::component::Outside;
use crate::engine::{Engines, Memory};
use crate::function::Entry;
use crate::metrics::Metrics;
use crate::self_test;
use crate::ticker::Ticker;

/// A call that takes longer than this does not begin on the caller's thread: it would keep others waiting.
const QUICK: Duration = Duration::from_micros(500);

/// So many long calls in a row, and a component is slow.
const SLOW: u32 = 2;

/// A component that can be called.
pub(crate) struct Loaded {
    pub(crate) facts: Facts,
    pub(crate) memory: Memory,
    pub(crate) pre: InstancePre<CallState>,
    /// The functions of its roles, by [`Entry`].
    functions: [Option<ComponentExportIndex>; Entry::ALL.len()],
    /// What its last call took of a thread, in microseconds.
    last_us: AtomicU32,
    /// Its last calls in a row that took longer than a quick one.
    slow_in_a_row: AtomicU32,
    /// What its last call held of memory.
    last_bytes: AtomicUsize,
}

/// What one call took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// The time that threads ran it.
    pub time: Duration,
    /// All its memories and tables together, in bytes.
    pub memory_bytes: usize,
}

impl Loaded {
    /// Tells whether its calls are short enough to begin on the caller's thread. One long call says little: the
    /// machine may have been busy with something else.
    pub(crate) fn is_quick(&self) -> bool {
        self.slow_in_a_row.load(Relaxed) < SLOW
    }

    /// Remembers what a call took.
    pub(crate) fn spent(&self, spent: Spent) {
        self.last_us.store(u32::try_from(spent.time.as_micros()).unwrap_or(u32::MAX), Relaxed);
        // Of two calls that end at once one may be forgotten: the next one says it again.
        let slow = if spent.time > QUICK { self.slow_in_a_row.load(Relaxed).saturating_add(1) } else { 0 };
        self.slow_in_a_row.store(slow, Relaxed);
        self.last_bytes.store(spent.memory_bytes, Relaxed);
    }

    /// Returns what its last call took.
    pub(crate) fn last_spent(&self) -> Spent {
        let time = Duration::from_micros(self.last_us.load(Relaxed).into());
        Spent { time, memory_bytes: self.last_bytes.load(Relaxed) }
    }

    /// Returns a function, if the component has its role.
    pub(crate) fn function(&self, entry: Entry) -> Option<&ComponentExportIndex> {
        self.functions[entry as usize].as_ref()
    }
}

/// All components that can be called, and how more are loaded.
pub(crate) struct Loader {
    pub(crate) engines: Arc<Engines>,
    cache: Option<Cache>,
    loaded: RwLock<HashMap<Digest, Arc<Loaded>>>,
    /// One component is compiled at a time, so that the other cores go on delivering.
    turn: Mutex<()>,
    metrics: Metrics,
}

impl Loader {
    /// Makes a loader without components.
    pub(crate) fn new(engines: Arc<Engines>, cache: Option<Cache>, metrics: Metrics) -> Loader {
        Loader { engines, cache, loaded: RwLock::default(), turn: Mutex::new(()), metrics }
    }

    /// Returns a component by its digest.
    pub(crate) fn get(&self, digest: &Digest) -> Option<Arc<Loaded>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }

    /// Forgets all components but these. Calls that run hold theirs until they end.
    pub(crate) fn retain(&self, wanted: &BTreeSet<Digest>) {
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        for (_, gone) in loaded.extract_if(|digest, _| !wanted.contains(digest)) {
            self.metrics.unloaded(gone.memory);
        }
    }

    /// Makes a component callable. Blocks, for seconds if it compiles a large one.
    ///
    /// # Errors
    /// Says why it can be no plugin here.
    pub(crate) fn load(&self, component: &[u8], ticker: &Ticker, runtime: &Handle) -> Result<Facts, Refused> {
        let facts = crate::inspect(component)?;
        if self.get(&facts.digest).is_some() {
            return Ok(facts);
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if self.get(&facts.digest).is_some() {
            return Ok(facts);
        }
        let fixtures = self_test::fixtures(Outside::read(component)?.fixtures)?;
        let mut loaded = self.link(Memory::Preset, component, &facts)?;
        let seen = runtime.block_on(self_test::run(&loaded, &fixtures, ticker))?;
        if seen == Memory::Grows {
            loaded = self.link(Memory::Grows, component, &facts)?;
        }
        self.metrics.loaded(loaded.memory);
        let mut all = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(facts.digest, loaded);
        Ok(facts)
    }

    fn link(&self, memory: Memory, component: &[u8], facts: &Facts) -> Result<Arc<Loaded>, Refused> {
        let linked = self.engines.of(memory);
        let compiled = self.compiled(&linked.engine, component, &facts.digest)?;
        let mut functions = [const { None }; Entry::ALL.len()];
        for entry in Entry::ALL {
            functions[entry as usize] = function(&compiled, facts, entry)?;
        }
        let pre = linked.linker.instantiate_pre(&compiled);
        let pre = pre.map_err(|error| {
            unusable(
                "the component does not fit the contract; with a newer SDK it needs a newer Hookgate",
                &error,
            )
        })?;
        Ok(Arc::new(Loaded {
            facts: facts.clone(),
            memory,
            pre,
            functions,
            last_us: AtomicU32::new(0),
            slow_in_a_row: AtomicU32::new(0),
            last_bytes: AtomicUsize::new(0),
        }))
    }

    fn compiled(&self, engine: &Engine, component: &[u8], digest: &Digest) -> Result<Component, Refused> {
        if let Some(found) = self.cache.as_ref().and_then(|cache| cache.find(engine, digest)) {
            return Ok(found);
        }
        let does_not_compile = |error: wasmtime::Error| unusable("the component does not compile", &error);
        let Some(cache) = &self.cache else {
            return Component::from_binary(engine, component).map_err(does_not_compile);
        };
        let code = engine.precompile_component(component).map_err(does_not_compile)?;
        if let Err(error) = cache.keep(engine, digest, &code) {
            // The next start compiles again; nothing else is lost.
            tracing::warn!(%error, "the machine code of a plugin is not kept");
        }
        match cache.find(engine, digest) {
            Some(found) => Ok(found),
            None => Component::from_binary(engine, component).map_err(does_not_compile),
        }
    }
}

/// Returns a function, if the component has its role.
fn function(
    component: &Component,
    facts: &Facts,
    entry: Entry,
) -> Result<Option<ComponentExportIndex>, Refused> {
    let (role, name) = (entry.role(), entry.name());
    if !facts.roles.contains(&role) {
        return Ok(None);
    }
    let interface = format!("hookgate:plugin/{}@0.1.0", role.interface());
    let instance = component.get_export_index(None, interface.as_str());
    let found = instance.and_then(|instance| component.get_export_index(Some(&instance), name));
    let missing = || Refused::Unusable(format!("{interface} of the component has no function {name}"));
    found.map(Some).ok_or_else(missing)
}

fn unusable(what: &str, error: &wasmtime::Error) -> Refused {
    Refused::Unusable(format!("{what}: {error:#}"))
}
