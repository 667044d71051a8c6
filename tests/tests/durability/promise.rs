//! What the store promised before the power went off, and whether it keeps it.

use std::collections::BTreeMap;

use bytes::Bytes;
use hookgate_core::delivery::End;
use hookgate_core::event::{Accepted, Dedupe};
use hookgate_core::word::{AttemptId, DeliveryId, EventId, Millis, Minter, Scope};
use hookgate_ports::{Accept, DeliveryFilter, DeliveryState, Intake, Journal, Queue};
use hookgate_store::Sqlite;
use hookgate_tests::Dice;

use super::entry;

/// Keys that are tried again at each judgement, the youngest first.
const KEYS_TRIED: usize = 20;

/// All that was answered `Ok`, over all lives of one database.
#[derive(Debug, Clone, Default)]
pub(super) struct Promises {
    /// Accepted: the body, and its deliveries.
    pub(super) events: BTreeMap<EventId, (Bytes, Vec<DeliveryId>)>,
    /// Of those the ones with a dedupe key, in order.
    pub(super) keys: Vec<(EventId, Dedupe)>,
    /// Settled as finished.
    pub(super) finished: BTreeMap<DeliveryId, End>,
    /// Born of a split.
    pub(super) born: Vec<DeliveryId>,
    /// Settled as to be tried again.
    pub(super) attempted: Vec<(DeliveryId, AttemptId)>,
}

impl Promises {
    /// Takes over what another task was promised.
    pub(super) fn add(&mut self, other: Promises) {
        self.events.extend(other.events);
        self.keys.extend(other.keys);
        self.finished.extend(other.finished);
        self.born.extend(other.born);
        self.attempted.extend(other.attempted);
    }

    /// Returns a line for each promise that is broken.
    pub(super) async fn broken(&self, store: &Sqlite) -> Vec<String> {
        let scope = Scope::default_scope().id();
        let mut broken = Vec::new();
        for (id, (body, deliveries)) in &self.events {
            let event = store.event(scope, *id).await.expect("the store answers");
            match event.map(|event| event.body.unwrap_or_default()) {
                None => broken.push(format!("{id}, which was accepted, is gone")),
                Some(found) if found != *body => broken.push(format!("{id} has another body")),
                Some(_) => {}
            }
            for delivery in deliveries {
                let found = store.delivery(scope, *delivery).await.expect("the store answers");
                let Some(found) = found else {
                    broken.push(format!("{delivery} of {id} is gone"));
                    continue;
                };
                let end = self.finished.get(delivery);
                if end.is_some_and(|end| found.state != DeliveryState::Finished(*end)) {
                    broken.push(format!("{delivery} was settled as {end:?} and is {:?}", found.state));
                }
            }
        }
        for delivery in &self.born {
            if store.delivery(scope, *delivery).await.expect("the store answers").is_none() {
                broken.push(format!("{delivery}, which another one split into, is gone"));
            }
        }
        for (delivery, attempt) in &self.attempted {
            let attempts = store.attempts(scope, *delivery).await.expect("the store answers");
            if !attempts.iter().any(|found| found.id == *attempt) {
                broken.push(format!("{attempt} of {delivery} is gone"));
            }
        }
        broken
    }

    /// Enters as the next process would, and returns a line for each duplicate that is not known as one.
    pub(super) async fn forgotten(&self, store: &Sqlite, now: Millis, dice: &mut Dice) -> Vec<String> {
        let seat = store.enter().await.expect("the store has a seat");
        let ids = Minter::new(seat.owner.number(), seat.id_max);
        let mut forgotten = Vec::new();
        for (first, dedupe) in self.keys.iter().rev().take(KEYS_TRIED) {
            let mut again = entry::random(dice, seat.owner, &mut || ids.next(now));
            again.event.dedupe = Some(*dedupe);
            let unit = Accept { owner: seat.owner, entries: vec![again] };
            let answer = store.accept(unit).await.expect("the store accepts");
            if !matches!(answer[..], [Accepted::Duplicate { of, .. }] if of == *first) {
                forgotten.push(format!("a duplicate of {first} is taken as {answer:?}"));
            }
        }
        let filter = DeliveryFilter { state: Some(DeliveryState::InFlight), ..DeliveryFilter::default() };
        let held = store.deliveries(Scope::default_scope().id(), filter, None, 1).await.expect("it answers");
        forgotten.extend(held.rows.iter().map(|row| format!("{} is still in dead hands", row.id)));
        forgotten
    }
}
