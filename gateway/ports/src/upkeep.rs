//! The port of those who look after the store.

use std::time::Duration;

use hookgate_core::word::{Millis, NameId, ScopeId};

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

/// How often something happened, to be added to what the store has of its minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TallyRow {
    /// Any moment of the minute.
    pub at: Millis,
    /// The owner.
    pub scope: ScopeId,
    /// The source, if it is about one.
    pub source: Option<NameId>,
    /// The route, if it is about one.
    pub route: Option<NameId>,
    /// The destination, if it is about one.
    pub destination: Option<NameId>,
    /// The plugin, if it is about one.
    pub plugin: Option<NameId>,
    /// What happened, in one word.
    pub outcome: String,
    /// How often.
    pub n: u64,
    /// How long it took, all together.
    pub took_ms: u64,
}

/// Looks after the store.
pub trait Upkeep: Send + Sync {
    /// Answers if the store does.
    fn ping(&self) -> Fut<'_, Result<(), StoreError>>;

    /// Counts live deliveries. May be as old as counting a large store is slow: counting costs a few hundredths
    /// of a reader's time at most.
    fn depth(&self) -> Fut<'_, Result<Depth, StoreError>>;

    /// Does what the database needs from time to time, outside of commits: checkpoints, expired dedupe
    /// keys, old statistics. Bounded work per call.
    fn tidy(&self) -> Fut<'_, Result<(), StoreError>>;

    /// Forgets events that were received longer ago than this and of which every delivery has finished, with
    /// those and their attempts: never the event of a live one. Deletes about `rows_max` rows at
    /// most, oldest first, and returns how many events went. Where live ones stand among the oldest, a later
    /// call goes on behind them.
    ///
    /// # Errors
    /// A part may be gone already; the next call goes on.
    fn forget(&self, scope: ScopeId, older_than: Duration, rows_max: u32)
    -> Fut<'_, Result<u64, StoreError>>;

    /// Adds up what happened. Equal rows are added to each other.
    ///
    /// # Errors
    /// `Unknown`: it may be counted; repeating it may count it twice.
    fn tally(&self, rows: Vec<TallyRow>) -> Fut<'_, Result<(), StoreError>>;
}
