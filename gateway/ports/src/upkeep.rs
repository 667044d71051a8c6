//! The port of those who look after the store.

use crate::{Fut, StoreError};

/// How much is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// Live deliveries that nobody holds.
    pub pending: u64,
    /// Live deliveries in somebody's hands.
    pub in_flight: u64,
    /// Of the pending ones those without a due time: held, stuck.
    pub held: u64,
}

/// Looks after the store.
pub trait Upkeep: Send + Sync {
    /// Answers if the store does.
    fn ping(&self) -> Fut<'_, Result<(), StoreError>>;

    /// Counts live deliveries.
    fn depth(&self) -> Fut<'_, Result<Depth, StoreError>>;

    /// Does what the database needs from time to time, outside of commits: checkpoints, expired dedupe
    /// keys. Bounded work per call.
    fn tidy(&self) -> Fut<'_, Result<(), StoreError>>;
}
