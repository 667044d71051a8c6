//! Live observations: what happens, as it happens, for whoever looks on. Nobody waits for an onlooker; one
//! that is too slow is told that it missed some.

use std::sync::Arc;
use std::time::Duration;

use hookgate_core::decide::Verdict;
use hookgate_core::delivery::Leased;
use hookgate_core::source::Source;
use hookgate_core::topology::Topology;
use hookgate_core::word::{DeliveryId, EventId, Millis, ScopeId, Slug};
use tokio::sync::broadcast;

use crate::Engine;
use crate::deliver::{Attempt, consequence};
use crate::intake::{Reception, Refusal};

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
    },
    /// An attempt came to an end.
    Tried {
        /// Of this event.
        event: EventId,
        /// Of this delivery.
        delivery: DeliveryId,
        /// The event's type.
        event_type: Arc<str>,
        /// The route's name, if it is still configured.
        route: Option<Slug>,
        /// The destination's name; none of a delivery that split by its router.
        destination: Option<Slug>,
        /// Which attempt it was, the first one being 1.
        attempt: u32,
        /// The outcome's word.
        outcome: &'static str,
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

impl Engine {
    /// Looks on from now on.
    pub fn observe(&self) -> broadcast::Receiver<Observation> {
        self.onlookers.subscribe()
    }

    /// Tells onlookers, if there are any.
    pub(crate) fn tell(&self, scope: ScopeId, what: impl FnOnce() -> What) {
        if self.onlookers.receiver_count() > 0 {
            let at = self.ports.clock.now();
            // Nobody may be left by now, and nobody needs to know.
            drop(self.onlookers.send(Observation { at, scope, what: what() }));
        }
    }

    pub(crate) fn observe_request(
        &self,
        source: &Source,
        result: &Result<Reception, Refusal>,
        outcome: &'static str,
    ) {
        let name = || Arc::from(source.name.as_str());
        match result {
            Ok(Reception::Stored(receipt)) => {
                for taken in &receipt.events {
                    let (event, is_duplicate) = (taken.event, taken.is_duplicate);
                    self.tell(source.scope, || What::Accepted { event, source: name(), is_duplicate });
                }
            }
            Ok(Reception::Answered(_)) => {}
            Err(_) => self.tell(source.scope, || What::Refused { source: name(), why: outcome }),
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
            route: topology.route(leased.route).map(|route| route.name.clone()),
            destination: leased
                .destination
                .and_then(|id| topology.destination(id))
                .map(|destination| destination.name.clone()),
            attempt: leased.attempts.saturating_add(1),
            outcome: attempt.outcome.word().text(),
            status: attempt.outcome.status(),
            detail: attempt.outcome.detail(),
            then: consequence(verdict),
            took: attempt.took,
        });
    }
}
