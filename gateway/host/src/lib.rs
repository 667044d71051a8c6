//! Hookgate's plugin host: WebAssembly components on wasmtime.
//!
//! It answers what a component is, makes it callable, and calls it: each call in a fresh instance, with
//! nothing but the contract's own interfaces, within a deadline, a memory bound and an output bound. It
//! decides nothing about deliveries: how a plugin broke is said in the words of `hookgate_core::plugin`,
//! and the engine reacts. There is no WASI here, and no way for a guest to reach anything that the host
//! did not hand it.
//!
//! The way of a component: [`inspect()`] reads its imports and exports, `loader` compiles it or finds its
//! machine code in the cache, links and self-tests it, `run` calls it.

mod cache;
mod call;
mod check;
mod component;
mod crash;
mod engine;
mod function;
mod guest_log;
mod host;
mod imports;
mod inspect;
mod limiter;
mod linker;
mod loader;
mod metrics;
mod priority;
mod run;
mod self_test;
mod settings;
mod slots;
mod ticker;
mod view;
mod wire;

pub use host::Host;
pub use inspect::inspect;
pub use loader::Spent;
pub use settings::{HostError, HostSettings};

/// The contract that this host speaks, as plugins name it.
pub const CONTRACT: &str = "hookgate:plugin@0.1.0";
