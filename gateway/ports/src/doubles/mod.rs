//! Doubles of every port: the engine is tested with these, and with neither database, network nor WebAssembly.

mod clock;
mod guests;
mod memory;
mod memory_accept;
mod memory_again;
mod memory_journal;
mod memory_plugins;
mod memory_queue;
mod memory_rows;
mod memory_state;
mod memory_upkeep;
mod script;
mod wire;

pub use clock::VirtualClock;
pub use guests::{ScriptedGuests, crash, unchanged};
pub use memory::{Call, Fault, Memory};
pub use script::Script;
pub use wire::{Reply, Traffic, Wire};
