//! What the store promised before the power went off, and whether it keeps it.

use std::collections::BTreeMap;

use bytes::Bytes;
use hookgate_core::delivery::End;
use hookgate_core::word::{AttemptId, DeliveryId, EventId, Scope};
use hookgate_ports::{DeliveryState, Journal};
use hookgate_store::Sqlite;

/// All that was answered `Ok`, over all lives of one database.
#[derive(Debug, Clone, Default)]
pub(super) struct Promises {
    /// Accepted: the body, and its deliveries.
    pub(super) events: BTreeMap<EventId, (Bytes, Vec<DeliveryId>)>,
    /// Settled as finished.
    pub(super) finished: BTreeMap<DeliveryId, End>,
    /// Settled as to be tried again.
    pub(super) attempted: Vec<(DeliveryId, AttemptId)>,
}

impl Promises {
    /// Takes over what another task was promised.
    pub(super) fn add(&mut self, other: Promises) {
        self.events.extend(other.events);
        self.finished.extend(other.finished);
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
        for (delivery, attempt) in &self.attempted {
            let attempts = store.attempts(scope, *delivery).await.expect("the store answers");
            if !attempts.iter().any(|found| found.id == *attempt) {
                broken.push(format!("{attempt} of {delivery} is gone"));
            }
        }
        broken
    }
}
