//! The two engines: how guests are compiled and where their memory lies.
//!
//! A component is compiled on one thread, so that the other cores go on delivering: wasmtime's feature for
//! more is not built in. Every figure here was measured on two cores with a Rust plugin and a body of 2 KB; a change needs new
//! ones. Raise [`SETTINGS_VERSION`] with any change of a setting, or old machine code would be used.

use hookgate_core::limits::{PLUGIN_CALLS_MAX, PLUGIN_MEMORY_BYTES_MAX};
use wasmtime::component::Linker;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::call::CallState;
use crate::linker;

/// Part of every cache key, beside wasmtime's own compatibility hash: that one misses some settings (machine
/// code without canonical NaNs was loaded silently).
pub(crate) const SETTINGS_VERSION: u32 = 1;

/// Slots of each pool: the calls that may run at once, and two that a self-test or a call that was just
/// cancelled may still hold.
const SLOTS: u32 = PLUGIN_CALLS_MAX + 2;

/// Core instances in one component. A Rust plugin needs 3, JavaScript 3, Python 38.
const CORE_INSTANCES_MAX: u32 = 64;

/// Elements of one table. A Rust plugin needs 65, Python 5,690, JavaScript 7,708.
const TABLE_ELEMENTS_MAX: usize = 10_000;

/// Tables of one component. All three languages need 2.
const TABLES_MAX: u32 = 8;

/// Memory of a slot that is cleared instead of given back: a call of 50 KB touches about 290 KB. With 256
/// KiB such a call has 7 page faults and takes 20 us more; 1 MiB is no faster.
const RESIDENT_BYTES: usize = 512 << 10;

/// Table memory that is cleared likewise: one page. With 0 every call asks the kernel (0.8 times the speed).
const RESIDENT_TABLE_BYTES: usize = 4096;

/// How a component's memory behaves while it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Memory {
    /// It stays as it began, which is what Hookgate's SDK makes. Bounds are checked by guard pages.
    Preset,
    /// It grows. With guard pages each growth changes mappings under a lock of the whole process, and calls
    /// on the other cores wait (0.65 to 0.96 times the speed of one core on two); so bounds are checked by
    /// code, which costs a call some 20 %.
    Grows,
}

impl Memory {
    /// Returns the word for logs and metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Memory::Preset => "preset",
            Memory::Grows => "grows",
        }
    }
}

/// An engine with everything that the contract supplies linked to it.
pub(crate) struct Linked {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<CallState>,
}

impl Linked {
    fn new(memory: Memory) -> wasmtime::Result<Linked> {
        let engine = Engine::new(&config(memory))?;
        let linker = linker::contract(&engine)?;
        Ok(Linked { engine, linker })
    }
}

/// Both engines.
pub(crate) struct Engines {
    preset: Linked,
    grows: Linked,
}

impl Engines {
    /// Makes both engines. Reserves address space, no memory.
    pub(crate) fn new() -> wasmtime::Result<Engines> {
        Ok(Engines { preset: Linked::new(Memory::Preset)?, grows: Linked::new(Memory::Grows)? })
    }

    /// Returns the engine for components of this kind.
    pub(crate) fn of(&self, memory: Memory) -> &Linked {
        match memory {
            Memory::Preset => &self.preset,
            Memory::Grows => &self.grows,
        }
    }

    /// Moves the time of all guests on by one tick.
    pub(crate) fn tick(&self) {
        self.preset.engine.increment_epoch();
        self.grows.engine.increment_epoch();
    }
}

fn config(memory: Memory) -> Config {
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    config.concurrency_support(false);
    // Costs tight loops 16 to 25 %, small calls nothing; nothing else stops a loop.
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    // For the same result everywhere. Canonical NaNs cost nothing here.
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false);
    // A trap does not walk the stack of whoever made it.
    config.wasm_backtrace_max_frames(None);
    // With the next one 14 % less machine code.
    config.generate_address_map(false);
    config.native_unwind_info(false);
    match memory {
        Memory::Preset => {}
        Memory::Grows => {
            config.signals_based_traps(false);
            config.memory_guard_size(0);
            config.memory_reservation(PLUGIN_MEMORY_BYTES_MAX as u64);
        }
    }
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(SLOTS)
        .total_memories(SLOTS)
        .total_core_instances(CORE_INSTANCES_MAX * SLOTS)
        .total_tables(2 * SLOTS)
        .total_stacks(SLOTS)
        .max_memory_size(PLUGIN_MEMORY_BYTES_MAX)
        .linear_memory_keep_resident(RESIDENT_BYTES)
        .table_keep_resident(RESIDENT_TABLE_BYTES)
        // Clears only what was written, where the kernel can tell.
        .pagemap_scan(Enabled::Auto)
        .max_core_instances_per_component(CORE_INSTANCES_MAX)
        .max_memories_per_component(1)
        .max_tables_per_component(TABLES_MAX)
        .table_elements(TABLE_ELEMENTS_MAX);
    pool
}
