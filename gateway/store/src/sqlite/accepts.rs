//! Accepted events, their keys and their deliveries as the arguments of a commit's text.

use std::collections::HashMap;

use hookgate_core::delivery::{Birth, NewDelivery};
use hookgate_core::event::NewEvent;
use hookgate_core::word::Digest;
use hookgate_ports::{Accept, Entry};

use super::batch::Moment;
use super::dedupe::{Buckets, Hour};
use super::rows::{Blobs, Rows};
use super::sql::Arg;
use super::unit::Unit;

/// The accepts of a commit.
#[derive(Default)]
pub(super) struct Accepts {
    keyed: Vec<Keyed>,
    events: Rows,
    contents: Blobs,
    digests: Vec<u8>,
    digest_places: HashMap<Digest, i64>,
    deliveries: Rows,
}

impl Accepts {
    /// Writes down the accepts among units.
    pub(super) fn of(units: &[Unit], moment: &Moment<'_>) -> Accepts {
        let mut accepts = Accepts { keyed: keyed(units, moment), ..Accepts::default() };
        let sought = accepts.sought();
        let mut place = 0;
        for accept in among(units) {
            let lives = moment.living == Some(accept.owner);
            for entry in &accept.entries {
                accepts.event(entry, sought.get(&place).copied());
                for delivery in &entry.deliveries {
                    accepts.delivery(delivery, lives);
                }
                place += 1;
            }
        }
        accepts
    }

    /// Tells whether an event has a key.
    pub(super) fn has_keys(&self) -> bool {
        !self.keyed.is_empty()
    }

    /// Tells whether a key must be looked for: otherwise none can be a duplicate's.
    pub(super) fn seeks_keys(&self) -> bool {
        self.keyed.iter().any(|keyed| keyed.is_sought)
    }

    /// Returns the arguments: rows and bytes of keys, rows of events, contents, digests, rows of deliveries.
    pub(super) fn args(self) -> [Arg; 6] {
        let (keys, keyed) = self.keys();
        [
            Arg::Text(keyed),
            Arg::Blob(keys),
            Arg::Text(self.events.finish()),
            Arg::Blob(self.contents.finish()),
            Arg::Blob(self.digests),
            Arg::Text(self.deliveries.finish()),
        ]
    }

    /// Of every event whose key must be looked for: where it stands among the sorted ones.
    fn sought(&self) -> HashMap<usize, i64> {
        let placed = self.keyed.iter().zip(0..);
        placed.filter(|(keyed, _)| keyed.is_sought).map(|(keyed, place)| (keyed.place, place)).collect()
    }

    fn keys(&self) -> (Vec<u8>, String) {
        let mut rows = Rows::default();
        for keyed in &self.keyed {
            rows.row()
                .int(keyed.scope)
                .int(keyed.source)
                .int(keyed.fingerprint)
                .int(keyed.event)
                .int(keyed.since.0)
                .int(keyed.is_sought.into());
        }
        (self.keyed.iter().flat_map(|keyed| keyed.key).collect(), rows.finish())
    }

    fn delivery(&mut self, delivery: &NewDelivery, lives: bool) {
        let recipe = self.digest(&delivery.recipe);
        let lease = match delivery.birth {
            Birth::Taken(lease) if lives => Some(lease),
            // Nobody would send what a dead incarnation holds: it waits in the queue.
            Birth::Taken(_) | Birth::Pending => None,
        };
        self.deliveries
            .row()
            .int(delivery.id.0)
            .int(delivery.event.0)
            .int(delivery.route.0)
            .maybe(delivery.destination.map(|destination| destination.0))
            .int(delivery.lane.id.0)
            .int(recipe)
            .maybe(lease.map(|lease| lease.owner.0))
            .maybe(lease.map(|lease| lease.token.0))
            .int(delivery.message.born.0)
            .text(&delivery.message.path)
            .int(delivery.bytes.into());
    }

    fn event(&mut self, entry: &Entry, key: Option<i64>) {
        let event = &entry.event;
        let content = &event.content;
        let revision = self.digest(&event.revision);
        let headers = self.contents.put(|out| out.extend_from_slice(&content.headers.encode()));
        let body = self.contents.put(|out| out.extend_from_slice(&content.body));
        let ids = || entry.deliveries.iter().map(|delivery| delivery.id.0);
        self.events
            .row()
            .int(content.id.0)
            .int(event.scope.0)
            .int(event.source.0)
            .text(&content.event_type)
            .int(content.received_at.0)
            .int(event.origin.code())
            .int(revision)
            .int(event.hops.into())
            .int(i64::try_from(entry.deliveries.len()).unwrap_or(i64::MAX))
            .maybe(ids().min())
            .maybe(ids().max())
            .maybe_text(content.subject.as_deref())
            .maybe_text(content.order_key.as_deref())
            .maybe_text(event.trace.as_deref())
            .place(headers)
            .place(body)
            .maybe(key);
    }

    /// Returns a digest's place; equal ones, which most of a commit's are, share one.
    fn digest(&mut self, digest: &Digest) -> i64 {
        let next = (self.digests.len() / 32) as i64;
        *self.digest_places.entry(*digest).or_insert_with(|| {
            self.digests.extend_from_slice(digest.as_bytes());
            next
        })
    }
}

/// An event with a dedupe key.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Keyed {
    scope: i64,
    source: i64,
    key: [u8; 16],
    /// The place of its row among the events: the first of two equal keys wins.
    place: usize,
    fingerprint: i64,
    event: i64,
    since: Hour,
    is_sought: bool,
}

/// Sorts the keys of all events: two nodes that write the same ones must meet in the same order.
fn keyed(units: &[Unit], moment: &Moment<'_>) -> Vec<Keyed> {
    let events = among(units).flat_map(|accept| &accept.entries).map(|entry| &entry.event).enumerate();
    let mut keyed: Vec<Keyed> =
        events.filter_map(|(place, event)| Keyed::of(event, place, moment.buckets)).collect();
    keyed.sort_unstable();
    for place in 1..keyed.len() {
        // Of two equal keys of one commit the second one is a duplicate, though no bucket knows them.
        let is_equal = keyed[place].name() == keyed[place - 1].name();
        keyed[place].is_sought |= is_equal;
    }
    keyed
}

impl Keyed {
    fn name(&self) -> (i64, i64, [u8; 16]) {
        (self.scope, self.source, self.key)
    }

    fn of(event: &NewEvent, place: usize, buckets: &Buckets) -> Option<Keyed> {
        let dedupe = event.dedupe?;
        let since = buckets.hour().before(dedupe.window_hours);
        Some(Keyed {
            scope: event.scope.0,
            source: event.source.0,
            key: dedupe.key,
            place,
            fingerprint: dedupe.fingerprint,
            event: event.content.id.0,
            since,
            is_sought: buckets.may_hold(since, event.source, &dedupe.key),
        })
    }
}

fn among(units: &[Unit]) -> impl Iterator<Item = &Accept> {
    units.iter().filter_map(|unit| match unit {
        Unit::Accept(accept, _) => Some(accept),
        Unit::Settle(..) | Unit::Keep(..) | Unit::Release(..) | Unit::Take(..) | Unit::Script(..) => None,
    })
}
