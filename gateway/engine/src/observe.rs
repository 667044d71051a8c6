//! Live observations: what happens, as it happens, for whoever looks on. Nobody waits for an onlooker; one
//! that is too slow is told that it missed some.

use std::sync::Arc;
use std::time::Duration;

use hookgate_core::decide::Verdict;
use hookgate_core::delivery::Leased;
use hookgate_core::limits;
use hookgate_core::outcome::Word;
use hookgate_core::topology::Topology;
use hookgate_core::word::{DeliveryId, EventId, Millis, ScopeId, Slug};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use crate::Engine;
use crate::deliver::{Attempt, consequence};

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Observation {
    /// When, by the wall clock.
    pub at: Millis,
    /// Whose.
    pub scope: ScopeId,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// An event is stored.
    Accepted {
        /// Which.
        event: EventId,
        /// Its type; empty where the source names none.
        event_type: Arc<str>,
        /// The source's name.
        source: Arc<str>,
        /// Whether an earlier request brought the same event; then that one is named.
        is_duplicate: bool,
    },
    /// A request was not taken.
    Refused {
        /// The source's name.
        source: Arc<str>,
        /// Why, in one word.
        why: &'static str,
        /// The same as a sentence, for the operator and not for the sender.
        detail: String,
    },
    /// An attempt came to an end.
    Tried {
        /// Of this event.
        event: EventId,
        /// Of this delivery.
        delivery: DeliveryId,
        /// The event's type.
        event_type: Arc<str>,
        /// The name of the event's source.
        source: Arc<str>,
        /// The route's name, if it is still configured.
        route: Option<Slug>,
        /// The destination's name; none of a delivery that split by its router.
        destination: Option<Slug>,
        /// Which attempt it was, the first one being 1.
        attempt: u32,
        /// What it came to.
        outcome: Word,
        /// The receiver's status, if it answered.
        status: Option<u16>,
        /// One readable sentence; empty for a success.
        detail: String,
        /// What becomes of the delivery, for people.
        then: String,
        /// From rendering to the whole answer.
        took: Duration,
    },
}

/// What an onlooker sees.
#[derive(Debug)]
pub enum Sight {
    /// Something happened.
    Seen(Observation),
    /// It was too slow: so many things happened that it does not see any more.
    Missed(u64),
}

/// One that looks on. Its seat is free again when it goes.
#[derive(Debug)]
pub struct Onlooker {
    told: broadcast::Receiver<Observation>,
    _seat: OwnedSemaphorePermit,
}

impl Onlooker {
    /// Waits for what happens next; none: the engine is gone. Cancel-safe.
    pub async fn next(&mut self) -> Option<Sight> {
        match self.told.recv().await {
            Ok(observation) => Some(Sight::Seen(observation)),
            Err(RecvError::Lagged(count)) => Some(Sight::Missed(count)),
            Err(RecvError::Closed) => None,
        }
    }
}

/// All that look on, and how many may.
pub(crate) struct Onlookers {
    told: broadcast::Sender<Observation>,
    seats: Arc<Semaphore>,
}

impl Default for Onlookers {
    fn default() -> Onlookers {
        let seats = Arc::new(Semaphore::new(limits::ONLOOKERS_MAX));
        Onlookers { told: broadcast::Sender::new(limits::OBSERVATIONS_MAX), seats }
    }
}

impl Engine {
    /// Looks on from now on; none: [`limits::ONLOOKERS_MAX`] do.
    pub fn observe(&self) -> Option<Onlooker> {
        let seat = Arc::clone(&self.onlookers.seats).try_acquire_owned().ok()?;
        Some(Onlooker { told: self.onlookers.told.subscribe(), _seat: seat })
    }

    /// Tells onlookers, if there are any.
    pub(crate) fn tell(&self, scope: ScopeId, what: impl FnOnce() -> What) {
        let told = &self.onlookers.told;
        if told.receiver_count() > 0 {
            let at = self.ports.clock.now();
            // Nobody may be left by now, and nobody needs to know.
            drop(told.send(Observation { at, scope, what: what() }));
        }
    }

    pub(crate) fn observe_attempt(
        &self,
        leased: &Leased,
        topology: &Topology,
        attempt: &Attempt,
        verdict: &Verdict,
    ) {
        self.tell(leased.lane.scope, || What::Tried {
            event: leased.event.id,
            delivery: leased.id,
            event_type: Arc::clone(&leased.event.event_type),
            source: Arc::clone(&leased.event.source),
            route: topology.route(leased.route).map(|route| route.name.clone()),
            destination: leased
                .destination
                .and_then(|id| topology.destination(id))
                .map(|destination| destination.name.clone()),
            attempt: leased.attempts.saturating_add(1),
            outcome: attempt.outcome.word(),
            status: attempt.outcome.status(),
            detail: attempt.outcome.detail(),
            then: consequence(verdict),
            took: attempt.took,
        });
    }
}
