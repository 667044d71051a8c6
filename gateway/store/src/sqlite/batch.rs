//! A batch of units as the arguments of one commit's text. Pure: the places are those of the `.sql` files.

use std::collections::HashMap;

use hookgate_core::delivery::{Birth, Lease, Leased, Owner};
use hookgate_core::event::NewEvent;
use hookgate_core::limits;
use hookgate_core::word::{Digest, Millis};
use hookgate_ports::{Accept, Entry, Keep, Settle, To, Want};

use super::commit::Sections;
use super::dedupe::{Buckets, Hour};
use super::rows::{Blobs, Rows};
use super::sql::Arg;
use super::unit::Unit;
use crate::codec;

/// What holds for every unit of a commit.
pub(super) struct Moment<'a> {
    /// The store's time.
    pub(super) now: Millis,
    /// The commit's number.
    pub(super) pos: i64,
    /// Who lives: nobody else's births are taken.
    pub(super) living: Option<Owner>,
    /// The hours that hold dedupe keys.
    pub(super) buckets: &'a Buckets,
}

/// A batch's arguments, and which sections it needs.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) sections: Sections,
    finishing: Rows,
    finished: Blobs,
    retrying: Rows,
    retried: Blobs,
    keeping: Rows,
    kept: Blobs,
    releasing: Rows,
    accepts: Accepts,
    wants: Rows,
    taker: Option<Owner>,
    count_max: u32,
}

#[derive(Default)]
struct Accepts {
    keyed: Vec<Keyed>,
    events: Rows,
    contents: Blobs,
    digests: Vec<u8>,
    digest_places: HashMap<Digest, i64>,
    deliveries: Rows,
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

impl Batch {
    /// Writes units down.
    pub(super) fn of(units: &[Unit], moment: &Moment<'_>) -> Batch {
        let mut batch = Batch::default();
        for unit in units {
            if let Some(section) = unit.section() {
                batch.sections.add(section);
            }
        }
        batch.accepts.keyed = keyed(units, moment);
        let places = batch.accepts.places();
        let mut event = 0;
        for unit in units {
            match unit {
                Unit::Accept(accept, _) => batch.accept(accept, moment, &places, &mut event),
                Unit::Settle(settle, _) => batch.settle(settle, moment),
                Unit::Keep(keep, _) => batch.keep(keep),
                Unit::Release(leases, _) => {
                    for (delivery, lease) in leases {
                        batch.releasing.row().int(delivery.0).int(lease.owner.0).int(lease.token.0);
                    }
                }
                Unit::Take(owner, wants, _) => batch.take(*owner, wants),
                // Goes alone, under its own text.
                Unit::Script(..) => {}
            }
        }
        batch
    }

    /// Returns the arguments, `$1` first.
    pub(super) fn args(self, moment: &Moment<'_>) -> Vec<Arg> {
        let blob = |blobs: Blobs| Arg::Blob(blobs.finish());
        let (keys, keyed) = self.accepts.keys();
        vec![
            Arg::Int(moment.now.0),
            Arg::Int(moment.pos),
            Arg::Text(self.finishing.finish()),
            blob(self.finished),
            Arg::Text(self.retrying.finish()),
            blob(self.retried),
            Arg::Text(self.keeping.finish()),
            blob(self.kept),
            Arg::Text(self.releasing.finish()),
            Arg::Text(keyed),
            Arg::Blob(keys),
            Arg::Text(moment.buckets.json()),
            Arg::Int(moment.buckets.hour().0),
            Arg::Text(self.accepts.events.finish()),
            blob(self.accepts.contents),
            Arg::Blob(self.accepts.digests),
            Arg::Text(self.accepts.deliveries.finish()),
            Arg::Text(self.wants.finish()),
            Arg::Int(self.taker.map_or(0, |owner| owner.0)),
            Arg::Int(self.count_max.into()),
            Arg::Int(limits::LOST_SUSPECT.into()),
        ]
    }

    fn accept(
        &mut self,
        accept: &Accept,
        moment: &Moment<'_>,
        places: &HashMap<usize, i64>,
        event: &mut usize,
    ) {
        let lives = moment.living == Some(accept.owner);
        for entry in &accept.entries {
            self.accepts.event(entry, places.get(event).copied());
            for delivery in &entry.deliveries {
                let recipe = self.accepts.digest(&delivery.recipe);
                let lease = match delivery.birth {
                    Birth::Taken(lease) if lives => Some(lease),
                    // Nobody would send what a dead incarnation holds: it waits in the queue.
                    Birth::Taken(_) | Birth::Pending => None,
                };
                self.accepts
                    .deliveries
                    .row()
                    .int(delivery.id.0)
                    .int(delivery.event.0)
                    .int(delivery.route.0)
                    .int(delivery.destination.0)
                    .int(delivery.lane.id.0)
                    .int(recipe)
                    .maybe(lease.map(|lease: Lease| lease.owner.0))
                    .maybe(lease.map(|lease| lease.token.0))
                    .int(delivery.message.born.0)
                    .text(&delivery.message.path)
                    .int(delivery.bytes.into());
            }
            *event += 1;
        }
    }

    fn settle(&mut self, settle: &Settle, moment: &Moment<'_>) {
        let attempt = &settle.attempt;
        let (rows, blobs) = match settle.to {
            To::Finished { .. } => (&mut self.finishing, &mut self.finished),
            To::Retry(_) | To::RetryPlugin(_) | To::Hold => (&mut self.retrying, &mut self.retried),
        };
        let place = blobs.put(|out| {
            codec::put_snapshot(out, attempt.rendered.as_ref(), attempt.answer.as_ref(), &attempt.made_by);
        });
        let row = rows
            .row()
            .int(settle.delivery.0)
            .int(settle.lease.owner.0)
            .int(settle.lease.token.0)
            .int(attempt.id.0)
            .int(attempt.send.0)
            .int(attempt.started_at.0)
            .int(i64::try_from(attempt.took.as_millis()).unwrap_or(i64::MAX))
            .text(attempt.word.text())
            .maybe(attempt.status.map(i64::from))
            .text(&attempt.detail)
            .place(place);
        match &settle.to {
            To::Finished { end, reason } => {
                row.int(end.code()).maybe_text(reason.map(|reason| reason.text()))
            }
            To::Retry(delay) => row.int(moment.now.after(*delay).0).int(1),
            To::RetryPlugin(delay) => row.int(moment.now.after(*delay).0).int(0),
            To::Hold => row.maybe(None).int(0),
        };
    }

    fn keep(&mut self, keep: &Keep) {
        let place = self.kept.put(|out| codec::put_rendered(out, &keep.rendered));
        self.keeping.row().int(keep.delivery.0).int(keep.lease.owner.0).int(keep.lease.token.0).place(place);
    }

    fn take(&mut self, owner: Owner, wants: &[Want]) {
        self.taker = Some(owner);
        for want in wants {
            self.count_max = self.count_max.max(want.count);
            self.wants
                .row()
                .int(want.lane.scope.0)
                .int(want.lane.id.0)
                .int(want.count.into())
                .int(i64::try_from(want.bytes).unwrap_or(i64::MAX))
                .int(want.token.0)
                .int(want.suspects.into());
        }
    }
}

/// Sorts the keys of all events: two nodes that write the same ones must meet in the same order.
fn keyed(units: &[Unit], moment: &Moment<'_>) -> Vec<Keyed> {
    let accepts = units.iter().filter_map(|unit| match unit {
        Unit::Accept(accept, _) => Some(accept),
        Unit::Settle(..) | Unit::Keep(..) | Unit::Release(..) | Unit::Take(..) | Unit::Script(..) => None,
    });
    let events = accepts.flat_map(|accept| &accept.entries).map(|entry| &entry.event).enumerate();
    let mut keyed: Vec<Keyed> =
        events.filter_map(|(place, event)| Keyed::of(event, place, moment.buckets)).collect();
    keyed.sort_unstable();
    keyed
}

impl Keyed {
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

impl Accepts {
    /// Of every keyed event: where its key stands among the sorted ones.
    fn places(&self) -> HashMap<usize, i64> {
        self.keyed.iter().zip(0..).map(|(keyed, place)| (keyed.place, place)).collect()
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

/// What a commit answered, before it is told to the callers.
#[derive(Default)]
pub(super) struct Answers {
    /// Deliveries whose lease was lost.
    pub(super) lost: Vec<i64>,
    /// Events that are duplicates: of which, and whether the bodies are equal.
    pub(super) duplicates: HashMap<i64, (i64, bool)>,
    /// What was taken.
    pub(super) taken: Vec<Leased>,
}
