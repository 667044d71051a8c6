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
    /// Its deliveries, without parent and holding nothing; none: the event is kept, unrouted.
    pub deliveries: Vec<NewDelivery>,
}

impl Accept {
    /// Refuses what no accept may bring: deliveries that only [`crate::To::Split`] gives birth to.
    ///
    /// # Errors
    /// `Refused`: one of the deliveries has a parent or holds something.
    pub fn check(&self) -> Result<(), StoreError> {
        let mut planned = self.entries.iter().flat_map(|entry| &entry.deliveries);
        match planned.find(|delivery| delivery.parent.is_some() || delivery.held.is_some()) {
            None => Ok(()),
            Some(delivery) => {
                let why = format!("{} was not planned: it has a parent or holds something", delivery.id);
                Err(StoreError::Refused(why))
            }
        }
    }
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
    /// `Busy`: refuse the sender with a Retry-After. `Unknown`: answer 503, do not repeat. `Refused`: an id
    /// is taken, or a delivery has a parent or holds something: those are born of [`crate::To::Split`].
    fn accept(&self, unit: Accept) -> Fut<'_, Result<Vec<Accepted>, StoreError>>;
}
