//! The port of those who accept.

use hookgate_core::delivery::{NewDelivery, Owner};
use hookgate_core::event::{Accepted, NewEvent};

use crate::{Fut, StoreError};

/// What one request brings: stored as a whole or not at all.
#[derive(Debug, Clone)]
pub struct Accept {
    /// The accepting process; births are taken in its name, if it still lives.
    pub owner: Owner,
    /// The events with their deliveries, in order.
    pub entries: Vec<Entry>,
}

/// An event and what it was planned for.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The event.
    pub event: NewEvent,
    /// Its deliveries; none: the event is kept, unrouted.
    pub deliveries: Vec<NewDelivery>,
}

/// Stores events. After `Ok` no crash at any instruction loses one.
pub trait Intake: Send + Sync {
    /// Commits events and deliveries in one transaction and says of each event whether it is new.
    ///
    /// Equal dedupe keys inside one unit are folded: the second one is a duplicate of the first.
    /// Of a duplicate no delivery is stored. Where `owner` does not live any more, births are Pending
    /// and the answer is [`StoreError::Ended`] only if nothing was stored.
    ///
    /// Not cancel-safe: a dropped call may still be committed.
    ///
    /// # Errors
    /// `Busy`: refuse the sender with a Retry-After. `Unknown`: answer 503, do not repeat.
    fn accept(&self, unit: Accept) -> Fut<'_, Result<Vec<Accepted>, StoreError>>;
}
