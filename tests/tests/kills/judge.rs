//! Judges what is left after all kills: what providers heard against what the store shows and what
//! receivers saw. Where an event goes and how that ends it knows from the cast, not from the gateway.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::time::Instant;

use hookgate_tests::{Admin, Heard, Received};
use serde_json::Value;

use super::cast::{Case, End};
use super::provider::HeardOf;
use crate::setup::text;

/// All there is to know.
pub(super) struct Judge {
    heard: HeardOf,
    /// The number of each accepted event, by its id.
    numbers: BTreeMap<String, u64>,
    /// Type of each event, by its id.
    stored: BTreeMap<String, String>,
    deliveries: Vec<Value>,
    /// All attempts of each dead letter, by its id.
    attempts: HashMap<String, Vec<Value>>,
    received: Vec<Received>,
    kills: Vec<(Instant, Instant)>,
}

impl Judge {
    /// Reads everything.
    pub(super) async fn summon(
        admin: &Admin,
        received: Vec<Received>,
        heard: HeardOf,
        kills: Vec<(Instant, Instant)>,
    ) -> Judge {
        let accepted = heard.iter().flat_map(|(number, heard)| {
            heard.iter().filter_map(|heard| match heard {
                Heard::Accepted { event, .. } => Some((event.clone(), *number)),
                Heard::Refused(_) | Heard::Unknown(_) => None,
            })
        });
        let numbers: BTreeMap<String, u64> = accepted.collect();
        let events = admin.all("/v1/events").await;
        let stored =
            events.iter().map(|event| (text(event, "id").to_owned(), text(event, "type").to_owned()));
        let deliveries = admin.all("/v1/deliveries").await;
        let mut attempts = HashMap::new();
        for delivery in deliveries.iter().filter(|delivery| delivery["state"] == "dead_lettered") {
            let id = text(delivery, "id").to_owned();
            let all = admin.all(&format!("/v1/deliveries/{id}/attempts")).await;
            attempts.insert(id, all);
        }
        Judge { numbers, stored: stored.collect(), deliveries, attempts, received, heard, kills }
    }

    /// The first promise: no event that was answered with 2xx is lost, and none is stored twice.
    pub(super) fn every_accepted_event_is_stored_once(&self) {
        assert!(self.numbers.len() > self.heard.len() / 2, "too little was accepted to be a test: {self}");
        let distinct: BTreeSet<u64> = self.numbers.values().copied().collect();
        assert_eq!(distinct.len(), self.numbers.len(), "one delivery id, one event");
        for (event, number) in &self.numbers {
            assert!(self.stored.contains_key(event), "{event} (number {number}) was accepted and is gone");
        }
        for (number, heard) in &self.heard {
            let is_taken = heard.iter().any(|heard| matches!(heard, Heard::Accepted { .. }));
            assert!(is_taken || number % 2 == 1, "who asks again is heard in the end: {number}");
        }
        // Also of what was stored and never answered, one delivery id is one event.
        let mut events: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
        for (event, number) in self.numbers_of_all() {
            events.entry(number).or_default().insert(event);
        }
        for (number, events) in events {
            assert_eq!(events.len(), 1, "number {number} is stored as {events:?}");
        }
    }

    /// Neither one less nor one more, of what was answered and of what was stored without an answer.
    pub(super) fn every_event_has_exactly_the_deliveries_that_its_routes_say(&self) {
        let mut of_event: HashMap<&str, Vec<&str>> = HashMap::new();
        for delivery in &self.deliveries {
            assert_eq!(delivery["route"], delivery["destination"], "{delivery}");
            of_event.entry(text(delivery, "event")).or_default().push(text(delivery, "destination"));
        }
        let numbers = self.numbers_of_all();
        for (event, event_type) in &self.stored {
            let mut found = of_event.remove(event.as_str()).unwrap_or_default();
            found.sort_unstable();
            let Some(number) = numbers.get(event.as_str()) else {
                // Nobody heard of it and nothing of it arrived.
                assert_eq!((event_type.as_str(), found.len()), ("ping", 0), "{event} went {found:?}");
                continue;
            };
            assert_eq!(found, Case(*number).destinations(), "{event} (number {number})");
        }
        assert!(of_event.is_empty(), "deliveries of no event: {of_event:?}");
    }

    /// Nothing is held, abandoned or dead without a cause that this story has for this very delivery.
    pub(super) fn every_delivery_ended_as_its_receiver_ended_it(&self, attempts: u64) {
        let arrived: BTreeSet<&str> =
            self.received.iter().filter(|received| received.is_accepted()).map(Received::message).collect();
        let numbers = self.numbers_of_all();
        for delivery in &self.deliveries {
            let number = numbers.get(text(delivery, "event")).copied();
            let number = number.unwrap_or_else(|| panic!("it ended and nobody saw it: {delivery}"));
            let has_arrived = arrived.contains(text(delivery, "message"));
            let state = text(delivery, "state");
            let (outcome, status) = match Case(number).end(text(delivery, "destination")) {
                End::Delivered => {
                    assert_eq!((state, has_arrived), ("delivered", true), "{delivery}");
                    continue;
                }
                End::Refused => ("refused", Some(503)),
                End::Hung => ("unreachable_timeout", None),
            };
            assert_eq!((state, has_arrived), ("dead_lettered", false), "{delivery}");
            assert_eq!(
                (text(delivery, "reason"), &delivery["attempts"]),
                ("exhausted", &attempts.into()),
                "{delivery}"
            );
            let all = &self.attempts[text(delivery, "id")];
            assert_eq!(all.len() as u64, attempts, "{delivery}: {all:?}");
            for attempt in all {
                assert_eq!(
                    (text(attempt, "outcome"), attempt["status"].as_u64()),
                    (outcome, status),
                    "{delivery}: {attempt}"
                );
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
            assert_eq!(*message, received.message(), "number {sent} at {} under two ids", received.path);
        }
    }

    /// Nothing leaves unsigned, and nothing is signed with an old timestamp.
    pub(super) fn every_signature_fits(&self) {
        for received in &self.received {
            assert_eq!(received.signature, Ok(()), "{} at {}", received.message(), received.path);
        }
    }

    /// At least once, and more often only where a kill came between an answer and its note.
    pub(super) fn what_came_twice_came_before_and_after_a_kill(&self) {
        let mut accepted: HashMap<&str, Vec<&Received>> = HashMap::new();
        for received in self.received.iter().filter(|received| received.is_accepted()) {
            accepted.entry(received.message()).or_default().push(received);
        }
        for (message, times) in accepted {
            for pair in times.windows(2) {
                let between = |(from, gone): &&(Instant, Instant)| pair[0].at <= *gone && *from <= pair[1].at;
                let kill = self.kills.iter().find(between);
                assert!(kill.is_some(), "{message} was taken twice in one life: {pair:?}");
            }
        }
    }

    /// Returns the number of each event of which one is known: it was heard, or something of it arrived.
    fn numbers_of_all(&self) -> BTreeMap<&str, u64> {
        let events: HashMap<&str, &str> =
            self.deliveries.iter().map(|row| (text(row, "message"), text(row, "event"))).collect();
        let arrived = self.received.iter().filter_map(|received| {
            events.get(received.message()).map(|event| (*event, number(&received.body)))
        });
        arrived.chain(self.numbers.iter().map(|(event, number)| (event.as_str(), *number))).collect()
    }

    fn duplicates(&self) -> usize {
        let accepted = || self.received.iter().filter(|received| received.is_accepted());
        let distinct: BTreeSet<&str> = accepted().map(Received::message).collect();
        accepted().count() - distinct.len()
    }
}

impl fmt::Display for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut states: BTreeMap<&str, usize> = BTreeMap::new();
        for delivery in &self.deliveries {
            *states.entry(text(delivery, "state")).or_default() += 1;
        }
        write!(
            f,
            "{} kills, {} events sent, {} accepted, {} stored, {} deliveries {states:?}, {} requests at receivers, {} \
             of them again after a kill",
            self.kills.len(),
            self.heard.len(),
            self.numbers.len(),
            self.stored.len(),
            self.deliveries.len(),
            self.received.len(),
            self.duplicates()
        )
    }
}

/// Returns the number in a payload, its summary or a ping; 1 where there is none.
pub(super) fn number(body: &[u8]) -> u64 {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["number"].as_u64().unwrap_or(1)
}
