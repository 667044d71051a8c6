//! The port of those who deliver: taking work, keeping it, settling it.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::control::{Control, Fact};
use hookgate_core::decide::DeadReason;
use hookgate_core::delivery::{End, Kept, Lane, Lease, Leased, NewDelivery, Owner};
use hookgate_core::limits;
use hookgate_core::outcome::Word;
use hookgate_core::recipe::Recipe;
use hookgate_core::render::Rendered;
use hookgate_core::word::{
    AttemptId, DeliveryId, Digest, Headers, Kind, Millis, NameId, ScopeId, Secret, SendId, Token,
};

use crate::{Fut, StoreError};

/// What a process gets when it enters: a node number with a new incarnation.
#[derive(Debug, Clone)]
pub struct Seat {
    /// Number and incarnation.
    pub owner: Owner,
    /// The greatest id in the store: new ones begin above it.
    pub id_max: i64,
    /// The installation's key for dedupe, order and subject hashes.
    pub hash_key: Secret,
    /// Deliveries that dead incarnations held and that are free again.
    pub adopted: u64,
}

/// Lanes with due work.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// Each with its oldest due delivery, longest due first.
    pub lanes: Vec<DueLane>,
    /// When the next delivery that is not due yet becomes so; none: nothing waits.
    pub next_in: Option<Duration>,
}

/// A lane with due work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueLane {
    /// Which.
    pub lane: Lane,
    /// Since when its oldest delivery is due.
    pub since: Millis,
}

/// How much of a lane to take: just as much as there are permits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Which lane.
    pub lane: Lane,
    /// Deliveries at most, longest due first.
    pub count: u32,
    /// Bytes at most, over the bodies of this want; a first delivery that is larger is not taken either.
    pub bytes: usize,
    /// The token of the rows that this take takes; noted in memory before the call.
    pub token: Token,
    /// Takes only suspects (lost [`hookgate_core::limits::LOST_SUSPECT`] times or more), or only others.
    pub suspects: bool,
}

/// Something to be kept with a live delivery, before an effect that cannot be repeated.
#[derive(Debug, Clone)]
pub struct Keep {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// By whom it is held.
    pub lease: Lease,
    /// What; it takes the place of what was kept before.
    pub kept: Kept,
}

/// One attempt and what it comes to, written as one unit of work.
#[derive(Debug, Clone)]
pub struct Settle {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// By whom it is held: if that is not so any more, nothing is written.
    pub lease: Lease,
    /// What happened.
    pub attempt: AttemptRecord,
    /// What becomes of the delivery.
    pub to: To,
}

/// What becomes of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// Pending, due after this delay by the store's clock; one more attempt.
    Retry(Duration),
    /// Pending, due after this delay; one more crash of its plugin, no attempt.
    RetryPlugin(Duration),
    /// Pending without a due time; one more crash of its plugin, no attempt.
    Hold {
        /// The plugin that it waits for: another component under that name, or the end of its quarantine,
        /// makes it due. None: only a retry does.
        plugin: Option<NameId>,
    },
    /// Finished, with the reason in one word where there is one; one more attempt.
    Finished {
        /// How.
        end: End,
        /// A [`DeadReason`] of a dead letter.
        reason: Option<DeadReason>,
    },
    /// Finished as [`End::Split`], and in the same unit its children are born, due at once: under its event,
    /// whatever they say of birth and parent. One more attempt.
    Split {
        /// At least one, at most [`hookgate_core::limits::SPLIT_MAX`].
        children: Vec<NewDelivery>,
    },
}

impl To {
    /// Refuses a split into nothing, or into more than there may be.
    ///
    /// # Errors
    /// `Refused`, with the count.
    pub fn check(&self) -> Result<(), StoreError> {
        match self {
            To::Split { children } if !(1..=limits::SPLIT_MAX).contains(&children.len()) => {
                let (count, max) = (children.len(), limits::SPLIT_MAX);
                Err(StoreError::Refused(format!("a split into {count} deliveries; 1 to {max} are allowed")))
            }
            To::Split { .. } | To::Retry(_) | To::RetryPlugin(_) | To::Hold { .. } | To::Finished { .. } => {
                Ok(())
            }
        }
    }
}

/// What is known of one attempt.
#[derive(Debug, Clone)]
pub struct AttemptRecord {
    /// `att_…`.
    pub id: AttemptId,
    /// The request on the wire.
    pub send: SendId,
    /// When it began, by the wall clock.
    pub started_at: Millis,
    /// From rendering to the whole answer.
    pub took: Duration,
    /// What became of it.
    pub word: Word,
    /// The receiver's status, if it answered.
    pub status: Option<u16>,
    /// One readable sentence; empty for a success.
    pub detail: String,
    /// What was sent; none if it did not come to that.
    pub rendered: Option<Rendered>,
    /// Header fields that were added to it at the moment of sending, credentials masked.
    pub sent: Headers,
    /// The receiver's header fields and the first part of its body.
    pub answer: Option<(Headers, Bytes)>,
    /// The components that made it.
    pub made_by: Vec<Digest>,
}

/// What settling came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is written.
    Done,
    /// Somebody else holds the delivery, or it has ended: nothing was written, never a success.
    LeaseLost,
}

/// Gives out work and takes results.
pub trait Queue: Send + Sync {
    /// Takes a node number whose incarnation is dead, or a new one, and adopts what dead ones held.
    fn enter(&self) -> Fut<'_, Result<Seat, StoreError>>;

    /// Returns lanes with due work that nobody holds, at most `lanes_max`, and when more becomes due.
    fn due(&self, lanes_max: usize) -> Fut<'_, Result<Due, StoreError>>;

    /// Takes due deliveries, just as many as wanted, in the name of `owner`.
    ///
    /// # Errors
    /// `Unknown`: rows may be taken under these tokens; [`Queue::release_unknown`] frees them.
    fn take(&self, owner: Owner, wants: Vec<Want>) -> Fut<'_, Result<Vec<Leased>, StoreError>>;

    /// Commits something with its live delivery, if the lease still holds.
    fn keep(&self, keep: Keep) -> Fut<'_, Result<Settled, StoreError>>;

    /// Returns what is kept with a live delivery. It goes with its delivery; that of a dead letter goes on
    /// with the delivery that takes its place.
    fn kept(&self, delivery: DeliveryId) -> Fut<'_, Result<Option<Kept>, StoreError>>;

    /// Writes an attempt and what becomes of its delivery, if the lease still holds. `lost` becomes 0.
    ///
    /// # Errors
    /// `Unknown`: repeat it. `Refused`: a child's id is taken, or there are none or too many children.
    fn settle(&self, settle: Settle) -> Fut<'_, Result<Settled, StoreError>>;

    /// Gives deliveries back, due at once, nothing counted; those of other leases stay as they are.
    fn release(&self, leases: Vec<(DeliveryId, Lease)>) -> Fut<'_, Result<(), StoreError>>;

    /// Gives back all rows of `owner` whose token is less than `drawn_before` and not among `noted`;
    /// returns how many. A token that is drawn while this call waits is none of its business.
    fn release_unknown(
        &self,
        owner: Owner,
        noted: Vec<Token>,
        drawn_before: Token,
    ) -> Fut<'_, Result<u64, StoreError>>;

    /// Ends the incarnation: gives back all its rows, uncounted.
    fn leave(&self, owner: Owner) -> Fut<'_, Result<(), StoreError>>;

    /// Returns every control of every scope.
    fn controls(&self) -> Fut<'_, Result<Vec<Control>, StoreError>>;

    /// Stores a control that the engine decided; it takes the place of an earlier one of the same fact.
    fn hold(&self, control: Control) -> Fut<'_, Result<(), StoreError>>;

    /// Lifts a control, and tells whether there was one. The end of a quarantine makes deliveries that are
    /// held for the plugin due, their plugin's crashes forgotten but for one.
    fn lift(
        &self,
        scope: ScopeId,
        kind: Kind,
        subject: NameId,
        fact: Fact,
    ) -> Fut<'_, Result<bool, StoreError>>;

    /// Returns a stored recipe.
    fn recipe(&self, digest: Digest) -> Fut<'_, Result<Option<Recipe>, StoreError>>;

    /// Returns a stored component.
    fn component(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StoreError>>;
}
