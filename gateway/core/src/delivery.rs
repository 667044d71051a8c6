//! Deliveries: one event for one destination by one route, from birth to end.

use std::sync::Arc;

use bytes::Bytes;

use crate::event::Content;
use crate::outcome::Answer;
use crate::render::Rendered;
use crate::word::{DeliveryId, Digest, EventId, Headers, MessageId, NameId, ScopeId, Token};

/// What deliveries queue by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane {
    /// The owner.
    pub scope: ScopeId,
    /// The destination; of a delivery that has still to split, its route.
    pub id: NameId,
}

/// A delivery on its way into the store: as planned with its event, or as what another one split into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// `del_…`.
    pub id: DeliveryId,
    /// The event.
    pub event: EventId,
    /// The route that planned it.
    pub route: NameId,
    /// Where it goes; none: a router has still to choose, and it queues by its route.
    pub destination: Option<NameId>,
    /// What it queues by.
    pub lane: Lane,
    /// What renders it.
    pub recipe: Digest,
    /// What the receiver will see.
    pub message: MessageId,
    /// Bytes that it holds in memory while it is sent: the body of its event, or of what it holds.
    pub bytes: u32,
    /// The delivery that split into it; none of a planned one.
    pub parent: Option<DeliveryId>,
    /// What stages before its birth made; none of a planned one.
    pub held: Option<Kept>,
    /// Whether it begins its life in the queue or in somebody's hands. What another one split into begins
    /// in the queue.
    pub birth: Birth,
}

/// What is kept with a live delivery, because it must not be made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// What transforms made before it was born: rendering goes on from here.
    Message(Message),
    /// What is to be sent: nothing is rendered any more.
    Rendered(Rendered),
    /// What was sent and what came back: its connector has still to say what that means, and it is not sent
    /// again before that.
    Answered {
        /// What was sent.
        rendered: Rendered,
        /// What came back.
        answer: Answer,
    },
}

/// A message between two stages, at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its type.
    pub event_type: Arc<str>,
    /// Header fields that go on.
    pub headers: Headers,
    /// The body; none: the event's own, byte for byte.
    pub body: Option<Bytes>,
    /// The components that made it, first to last.
    pub made_by: Vec<Digest>,
}

/// How a delivery begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Birth {
    /// In the queue, due at once.
    Pending,
    /// Taken: a permit was free at planning time, and the accepting process sends it without a query.
    Taken(Lease),
}

/// Who holds a delivery: a node incarnation, and the token of this one take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The process.
    pub owner: Owner,
    /// New at every birth and take.
    pub token: Token,
}

/// A node's number and its incarnation, as one integer: `number << 40 | incarnation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner(pub i64);

impl Owner {
    /// Returns the owner of these two. Both are within their bits: a node restarts less than 2^40 times.
    pub fn new(number: u16, incarnation: i64) -> Owner {
        Owner(i64::from(number) << 40 | (incarnation & ((1 << 40) - 1)))
    }

    /// Returns the node's number.
    pub fn number(self) -> u16 {
        u16::try_from(self.0 >> 40).unwrap_or(u16::MAX)
    }

    /// Returns which life of that node it is.
    pub fn incarnation(self) -> i64 {
        self.0 & ((1 << 40) - 1)
    }
}

/// A delivery in somebody's hands, with all that rendering it needs.
#[derive(Debug, Clone)]
pub struct Leased {
    /// `del_…`.
    pub id: DeliveryId,
    /// What proves that it is still ours.
    pub lease: Lease,
    /// The event.
    pub event: Arc<Content>,
    /// How often the event passed through a Hookgate before.
    pub hops: u32,
    /// The route that planned it.
    pub route: NameId,
    /// Where it goes; none: a router has still to choose.
    pub destination: Option<NameId>,
    /// What it queues by.
    pub lane: Lane,
    /// What renders it.
    pub recipe: Digest,
    /// What the receiver will see.
    pub message: MessageId,
    /// Settled attempts that reached for the destination.
    pub attempts: u32,
    /// Crashes of its plugins since the last of those.
    pub plugin_tries: u32,
    /// How often a dead node was found holding it.
    pub lost: u32,
    /// Bytes that it holds in memory.
    pub bytes: u32,
    /// Whether something is kept with it that must not be made anew: see [`Kept`].
    pub has_kept: bool,
}

impl NewDelivery {
    /// Returns the delivery as the accepting process holds it after the commit, if it was born taken.
    pub fn leased(&self, event: Arc<Content>, hops: u32) -> Option<Leased> {
        let Birth::Taken(lease) = self.birth else { return None };
        Some(Leased {
            id: self.id,
            lease,
            event,
            hops,
            route: self.route,
            destination: self.destination,
            lane: self.lane,
            recipe: self.recipe,
            message: self.message.clone(),
            attempts: 0,
            plugin_tries: 0,
            lost: 0,
            bytes: self.bytes,
            has_kept: self.held.is_some(),
        })
    }
}

/// How a delivery ended. The numbers are stored: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum End {
    /// The receiver answered 2xx.
    Delivered = 1,
    /// It will not be tried again; the reason stands beside it.
    DeadLettered = 2,
    /// A plugin said that nothing is to be sent.
    Skipped = 3,
    /// It became several deliveries.
    Split = 4,
    /// An operator ended it.
    Cancelled = 5,
}

impl End {
    /// Every way to end.
    pub const ALL: [End; 5] = [End::Delivered, End::DeadLettered, End::Skipped, End::Split, End::Cancelled];

    /// Returns the stored number.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Returns the end of a stored number, or none for a number of a newer release.
    pub fn from_code(code: i64) -> Option<End> {
        End::ALL.into_iter().find(|end| end.code() == code)
    }

    /// Returns the word that the API and the CLI show.
    pub fn word(self) -> &'static str {
        match self {
            End::Delivered => "delivered",
            End::DeadLettered => "dead_lettered",
            End::Skipped => "skipped",
            End::Split => "split",
            End::Cancelled => "cancelled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_keeps_number_and_incarnation() {
        let owner = Owner::new(1023, (1 << 40) - 1);

        assert!(owner.0 > 0);
        assert_eq!((owner.number(), owner.incarnation()), (1023, (1 << 40) - 1));
        assert_eq!(Owner::new(0, 7).0, 7);
    }

    #[test]
    fn every_end_comes_back_from_its_number() {
        for end in End::ALL {
            assert_eq!(End::from_code(end.code()), Some(end));
        }
        assert_eq!(End::from_code(0), None);
    }
}
