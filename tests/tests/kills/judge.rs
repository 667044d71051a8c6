//! Judges what is left after all kills: what providers heard against what the store shows and what
//! receivers saw.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use hookgate_tests::{Admin, Heard, Received, Receiver};
use serde_json::Value;

use super::provider::HeardOf;
use crate::setup::text;

/// All there is to know.
pub(super) struct Judge {
    heard: HeardOf,
    /// The number of each accepted event, by its id.
    numbers: BTreeMap<String, u64>,
    deliveries: Vec<Value>,
    stored: BTreeSet<String>,
    received: Vec<Received>,
}

impl Judge {
    /// Reads everything.
    pub(super) async fn summon(admin: &Admin, receiver: &Receiver, heard: HeardOf) -> Judge {
        let accepted = heard.iter().flat_map(|(number, heard)| {
            heard.iter().filter_map(|heard| match heard {
                Heard::Accepted { event, .. } => Some((event.clone(), *number)),
                Heard::Refused(_) | Heard::Unknown(_) => None,
            })
        });
        let numbers: BTreeMap<String, u64> = accepted.collect();
        let stored = admin.all("/v1/events").await.iter().map(|event| text(event, "id").to_owned()).collect();
        Judge {
            numbers,
            deliveries: admin.all("/v1/deliveries").await,
            stored,
            received: receiver.all(),
            heard,
        }
    }

    /// The first promise: no event that was answered with 2xx is lost, and none is stored twice.
    pub(super) fn every_accepted_event_has_its_deliveries(&self, destinations: &[&str]) {
        assert!(self.numbers.len() > self.heard.len() / 2, "too little was accepted to be a test: {self}");
        let distinct: BTreeSet<u64> = self.numbers.values().copied().collect();
        assert_eq!(distinct.len(), self.numbers.len(), "one delivery id, one event");
        let mut of_event: HashMap<&str, Vec<&str>> = HashMap::new();
        for delivery in &self.deliveries {
            of_event.entry(text(delivery, "event")).or_default().push(text(delivery, "destination"));
        }
        for (event, number) in &self.numbers {
            assert!(self.stored.contains(event), "{event} (pull request {number}) was accepted and is gone");
            let mut found = of_event.get(event.as_str()).cloned().unwrap_or_default();
            found.sort_unstable();
            assert_eq!(found, destinations, "{event} (pull request {number})");
        }
        for (number, heard) in &self.heard {
            let is_taken = heard.iter().any(|heard| matches!(heard, Heard::Accepted { .. }));
            assert!(is_taken || number % 2 == 1, "who asks again is heard in the end: {number}");
        }
    }

    /// Nothing is held or abandoned, and what is no dead letter arrived.
    pub(super) fn every_delivery_ended_for_a_stated_reason(&self, attempts: u64, poisoned: u64) {
        let arrived: BTreeSet<&str> =
            self.received.iter().filter(|received| received.is_accepted()).map(Received::message).collect();
        for delivery in &self.deliveries {
            let number = self.numbers.get(text(delivery, "event"));
            let is_poisoned = number.is_some_and(|number| number.is_multiple_of(poisoned));
            match text(delivery, "state") {
                "delivered" => {
                    assert!(
                        arrived.contains(text(delivery, "message")),
                        "delivered, but nobody saw it: {delivery}"
                    );
                    assert!(!is_poisoned, "nobody can have accepted {delivery}");
                }
                "dead_lettered" => {
                    assert_eq!(
                        (text(delivery, "reason"), &delivery["attempts"]),
                        ("exhausted", &attempts.into()),
                        "{delivery}"
                    );
                }
                _ => panic!("it did not end, or for no reason of this story: {delivery}"),
            }
        }
    }

    /// One message id for all attempts of a delivery, and for no other.
    pub(super) fn every_message_is_one_deliverys(&self) {
        let mut of_message: HashMap<&str, &Value> = HashMap::new();
        for delivery in &self.deliveries {
            let other = of_message.insert(text(delivery, "message"), delivery);
            assert!(other.is_none(), "two deliveries under one message id: {other:?} and {delivery}");
        }
        let mut of_number: HashMap<(u64, &str), &str> = HashMap::new();
        for received in &self.received {
            let delivery = of_message.get(received.message());
            let Some(delivery) = delivery else { panic!("{} is no delivery's message", received.message()) };
            assert_eq!(received.path, format!("/{}", text(delivery, "destination")));
            let sent = number(&received.body);
            let number = self.numbers.get(text(delivery, "event"));
            assert!(number.is_none_or(|number| *number == sent), "another event's body: {delivery}");
            let message = of_number.entry((sent, &received.path)).or_insert_with(|| received.message());
            assert_eq!(
                *message,
                received.message(),
                "pull request {sent} at {} under two ids",
                received.path
            );
        }
    }

    /// Nothing leaves unsigned, and nothing is signed with an old timestamp.
    pub(super) fn every_signature_fits(&self) {
        for received in &self.received {
            assert_eq!(received.signature, Ok(()), "{} at {}", received.message(), received.path);
        }
    }

    /// At least once, and more often only what was in flight at a kill.
    pub(super) fn duplicates_are_at_most(&self, bound: u64) {
        assert!(
            self.duplicates() <= bound,
            "{} duplicates, at most {bound} were in flight",
            self.duplicates()
        );
    }

    fn duplicates(&self) -> u64 {
        let accepted = || self.received.iter().filter(|received| received.is_accepted());
        let distinct: BTreeSet<&str> = accepted().map(Received::message).collect();
        (accepted().count() - distinct.len()) as u64
    }
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dead = self.deliveries.iter().filter(|delivery| delivery["state"] == "dead_lettered").count();
        write!(
            f,
            "{} events sent, {} accepted, {} stored, {} deliveries of which {dead} dead letters, {} requests at \
             receivers, {} duplicates",
            self.heard.len(),
            self.numbers.len(),
            self.stored.len(),
            self.deliveries.len(),
            self.received.len(),
            self.duplicates()
        )
    }
}

/// Returns the pull request's number in a payload or its summary; 1 where there is none.
pub(super) fn number(body: &[u8]) -> u64 {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["number"].as_u64().unwrap_or(1)
}
