//! The ports of the engine: what it needs of a store, a wire, plugins and a clock, and nothing more.
//!
//! One trait per caller; one sentence per method. Every port has two implementations at least: the
//! real one in a room of its own, and a double here (feature `doubles`), so that the engine is tested
//! with neither database, network nor WebAssembly.

use std::future::Future;
use std::pin::Pin;

mod clock;
mod guests;
mod intake;
mod journal;
mod journal_rows;
mod queue;
mod store_error;
mod transport;
mod upkeep;

#[cfg(feature = "doubles")]
pub mod doubles;

pub use clock::Clock;
pub use guests::Guests;
pub use intake::{Accept, Entry, Intake};
pub use journal::{AgainRefused, Journal, PluginRefused};
pub use journal_rows::{
    Applied, AttemptRow, Component, Cursor, DeliveryFilter, DeliveryRow, DeliveryState, EventFilter,
    EventRow, LastAttempt, Page, PluginRow, PluginVersion, RetriedMany, StatRow, Stats, StatsBy, Uploaded,
};
pub use queue::{AttemptRecord, Due, DueLane, Keep, Queue, Seat, Settle, Settled, To, Want};
pub use store_error::StoreError;
pub use transport::Transport;
pub use upkeep::{Depth, TallyRow, Upkeep};

/// A boxed future: ports are used as `dyn`.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
