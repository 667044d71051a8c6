//! Intake: from a received request to its commit. Only then may the sender hear a 2xx.
//!
//! verify -> recognise -> plan -> births -> commit -> hand over. No foreign code runs here.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hookgate_core::delivery::{Birth, Lease, NewDelivery};
use hookgate_core::event::{Accepted, NewEvent, recognise};
use hookgate_core::limits;
use hookgate_core::plan::plan;
use hookgate_core::request::RawRequest;
use hookgate_core::scheme::{Rejection, verify};
use hookgate_core::source::Source;
use hookgate_core::topology::Topology;
use hookgate_core::word::{DeliveryId, EventId};
use hookgate_ports::{Accept, Entry, StoreError};

use crate::Engine;
use crate::dispatch::Born;
use crate::gate::Permit;
use crate::notes::Note;

/// What the sender is told after the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The event; of a duplicate the first one.
    pub event: EventId,
    /// Whether an earlier request brought the same event.
    pub is_duplicate: bool,
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It does not prove its sender.
    Rejected(Rejection),
    /// It passed through Hookgate too often: a loop.
    Looped(u32),
    /// Come again after this time; nothing was stored.
    Busy(Duration),
    /// Nobody knows whether it was stored: come again.
    Unknown,
    /// The store cannot take it now.
    Down,
}

/// A delivery that may be born taken: its permit and the note of its token, if it got one.
type Berth = Option<(Permit, Note)>;

impl Engine {
    /// Takes a request to its commit. `topology` is the one that the request's source was found in.
    ///
    /// Cancel-safe: once the commit is under way it goes on without its caller.
    ///
    /// # Errors
    /// Says why nothing was promised.
    pub async fn receive(
        self: &Arc<Engine>,
        request: RawRequest,
        source: &Source,
        topology: &Arc<Topology>,
    ) -> Result<Receipt, Refusal> {
        let now = self.ports.clock.now();
        let verified = verify(request, &source.verification, now).map_err(|rejection| {
            self.metrics.rejected(source, &rejection);
            Refusal::Rejected(rejection)
        })?;
        let id = EventId(self.minter.next(now));
        let event = recognise(verified, source, id, topology.revision, &self.seat.hash_key);
        if event.hops >= limits::HOPS_MAX {
            return Err(Refusal::Looped(event.hops));
        }
        let deliveries = plan(topology, &event, || DeliveryId(self.minter.next(now)));
        let result = self.commit(event, deliveries, topology).await;
        self.metrics.received(source, &result);
        result
    }

    async fn commit(
        self: &Arc<Engine>,
        event: NewEvent,
        mut deliveries: Vec<NewDelivery>,
        topology: &Topology,
    ) -> Result<Receipt, Refusal> {
        let berths: Vec<Berth> =
            deliveries.iter_mut().map(|delivery| self.berth(delivery, topology)).collect();
        let engine = Arc::clone(self);
        // A sender that hangs up must not take deliveries with it that are being born.
        let committing = self.accepts.spawn(async move { engine.accept(event, deliveries, berths).await });
        committing.await.unwrap_or(Err(Refusal::Unknown))
    }

    /// Lets a delivery be born taken, if its permit is free now.
    fn berth(&self, delivery: &mut NewDelivery, topology: &Topology) -> Berth {
        if self.draining.load(Ordering::Relaxed) {
            return None;
        }
        let destination = topology.destination(delivery.destination?)?;
        let permit = self.gate.try_birth(delivery.lane, destination.concurrency, delivery.bytes)?;
        let note = self.notes.draw(|| self.mint());
        delivery.birth = Birth::Taken(Lease { owner: self.seat.owner, token: note.token() });
        Some((permit, note))
    }

    async fn accept(
        &self,
        event: NewEvent,
        deliveries: Vec<NewDelivery>,
        berths: Vec<Berth>,
    ) -> Result<Receipt, Refusal> {
        let (content, hops, own) = (Arc::clone(&event.content), event.hops, event.content.id);
        let born: Vec<_> =
            deliveries.iter().map(|delivery| delivery.leased(Arc::clone(&content), hops)).collect();
        let waiting: Vec<_> =
            deliveries.iter().filter(|d| d.birth == Birth::Pending).map(|d| d.lane).collect();
        let entries = vec![Entry { event, deliveries }];
        let accepted = self.ports.intake.accept(Accept { owner: self.seat.owner, entries }).await;
        match accepted.map(|each| each.first().copied()) {
            Ok(Some(Accepted::New)) => {
                for (leased, berth) in born.into_iter().zip(berths) {
                    if let (Some(leased), Some((permit, note))) = (leased, berth) {
                        self.hand_over(Born { leased, permit, note });
                    }
                }
                waiting.into_iter().for_each(|lane| self.gate.note_backlog(lane));
                Ok(Receipt { event: own, is_duplicate: false })
            }
            Ok(Some(Accepted::Duplicate { of, .. })) => Ok(Receipt { event: of, is_duplicate: true }),
            Ok(None) => Err(Refusal::Unknown),
            Err(error) => Err(self.refusal(error)),
        }
    }

    /// Gives a delivery to the dispatcher. Every one has a permit, and the channel has room for all
    /// permits; at shutdown nobody listens any more, and leaving the queue gives it back.
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
