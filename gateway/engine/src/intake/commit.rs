//! The commit: events are planned, deliveries born taken where a permit is free, all of them stored as
//! one unit, and what was born taken handed over.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use hookgate_core::delivery::{Birth, Lease, NewDelivery};
use hookgate_core::event::{Accepted, Content, NewEvent};
use hookgate_core::limits;
use hookgate_core::plan::plan;
use hookgate_core::topology::Topology;
use hookgate_core::word::{DeliveryId, EventId, Millis, Origin, ScopeId};
use hookgate_ports::{Accept, Entry, StoreError};

use super::Refusal;
use crate::dispatch::Born;
use crate::gate::Place;
use crate::notes::Note;
use crate::{Engine, What};

/// A delivery that may be born taken: its place and the note of its token, if it got one.
type Berth = Option<(Place, Note)>;

impl Engine {
    /// Stores events with their deliveries as one unit; returns what the store said of each, in order,
    /// with the id that it was to have.
    pub(super) async fn commit(
        self: &Arc<Engine>,
        events: Vec<NewEvent>,
        topology: &Topology,
        now: Millis,
    ) -> Result<Vec<(EventId, Accepted)>, Refusal> {
        if let Some(event) = events.iter().find(|event| event.hops >= limits::HOPS_MAX) {
            return Err(Refusal::Looped(event.hops));
        }
        let planned = |event| {
            let deliveries = plan(topology, &event, || DeliveryId(self.minter.next(now)));
            Entry { event, deliveries }
        };
        let mut entries: Vec<Entry> = events.into_iter().map(planned).collect();
        let count = entries.iter().map(|entry| entry.deliveries.len()).sum();
        if count > limits::DELIVERIES_PER_REQUEST_MAX {
            return Err(Refusal::TooManyDeliveries(count));
        }
        // An empty list of events is what the sender meant: there is nothing to store.
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let deliveries = entries.iter_mut().flat_map(|entry| &mut entry.deliveries);
        let berths: Vec<Berth> = deliveries.map(|delivery| self.berth(delivery, topology)).collect();
        let engine = Arc::clone(self);
        // A sender that hangs up must not take deliveries with it that are being born.
        let committing = self.accepts.spawn(async move { engine.accept(entries, berths).await });
        committing.await.unwrap_or(Err(Refusal::Unknown))
    }

    /// Lets a delivery be born taken, if its permit is free now or next.
    fn berth(&self, delivery: &mut NewDelivery, topology: &Topology) -> Berth {
        if self.draining.load(Ordering::Relaxed) || !self.controls.were_asked() {
            // What this process does not know yet may hold the lane.
            return None;
        }
        let terms = topology.terms(delivery.lane.id)?;
        let place = self.gate.try_birth(delivery.lane, &terms, delivery.bytes)?;
        let note = self.notes.draw(|| self.mint());
        delivery.birth = Birth::Taken(Lease { owner: self.seat.owner, token: note.token() });
        Some((place, note))
    }

    /// `berths` are those of all deliveries of all entries, in order.
    async fn accept(
        &self,
        entries: Vec<Entry>,
        berths: Vec<Berth>,
    ) -> Result<Vec<(EventId, Accepted)>, Refusal> {
        let mut berths = berths.into_iter();
        let newborns: Vec<Newborn> = entries.iter().map(|entry| Newborn::of(entry, &mut berths)).collect();
        let accepted = self.ports.intake.accept(Accept { owner: self.seat.owner, entries }).await;
        let accepted = accepted.map_err(|error| self.refusal(error))?;
        if accepted.len() != newborns.len() {
            return Err(Refusal::Unknown);
        }
        let mut said = Vec::with_capacity(accepted.len());
        for (newborn, accepted) in newborns.into_iter().zip(accepted) {
            said.push((newborn.content.id, accepted));
            self.observe_accepted(&newborn, accepted);
            if accepted == Accepted::New {
                newborn.born.into_iter().for_each(|born| self.hand_over(born));
                newborn.waiting.into_iter().for_each(|lane| self.gate.note_backlog(lane));
            }
        }
        Ok(said)
    }

    fn observe_accepted(&self, newborn: &Newborn, accepted: Accepted) {
        let (event, is_duplicate) = match accepted {
            Accepted::New => (newborn.content.id, false),
            // Another body under a key of the API is refused, and shown as that.
            Accepted::Duplicate { same_body: false, .. } if newborn.origin == Origin::Api => return,
            Accepted::Duplicate { of, .. } => (of, true),
        };
        self.tell(newborn.scope, || What::Accepted {
            event,
            event_type: Arc::clone(&newborn.content.event_type),
            source: Arc::clone(&newborn.content.source),
            is_duplicate,
        });
    }

    /// Gives a delivery to the dispatcher. Every one has a place, and the channel has room for all
    /// places; at shutdown nobody listens any more, and leaving the queue gives it back.
    fn hand_over(&self, born: Born) {
        if self.born.try_send(born).is_err() {
            self.unknown.store(true, Ordering::Relaxed);
        }
    }

    fn refusal(&self, error: StoreError) -> Refusal {
        match error {
            StoreError::Busy { retry_after } => Refusal::Busy(retry_after),
            StoreError::Unknown(why) => {
                self.unknown.store(true, Ordering::Relaxed);
                tracing::error!(error = %why, "accept answered 503: the result of its commit is unknown");
                Refusal::Unknown
            }
            StoreError::Refused(why) | StoreError::Down(why) => {
                tracing::error!(error = %why, "accept answered 503: the store does not take it");
                Refusal::Down
            }
            StoreError::Ended => Refusal::Down,
        }
    }
}

/// What is to be done for an event once it is stored.
struct Newborn {
    scope: ScopeId,
    origin: Origin,
    content: Arc<Content>,
    born: Vec<Born>,
    waiting: Vec<hookgate_core::delivery::Lane>,
}

impl Newborn {
    /// Takes as many berths as the entry has deliveries.
    fn of(entry: &Entry, berths: &mut impl Iterator<Item = Berth>) -> Newborn {
        let content = &entry.event.content;
        let mut newborn = Newborn {
            scope: entry.event.scope,
            origin: entry.event.origin,
            content: Arc::clone(content),
            born: Vec::new(),
            waiting: Vec::new(),
        };
        for (delivery, berth) in entry.deliveries.iter().zip(berths) {
            match (delivery.leased(Arc::clone(content), entry.event.hops), berth) {
                (Some(leased), Some((place, note))) => newborn.born.push(Born { leased, place, note }),
                (Some(_) | None, _) => newborn.waiting.push(delivery.lane),
            }
        }
        newborn
    }
}
