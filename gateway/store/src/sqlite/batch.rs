//! A batch of units as the arguments of one commit's text. Pure: the places are those of the `.sql` files.

use hookgate_core::delivery::{End, Kept, NewDelivery, Owner};
use hookgate_core::word::{DeliveryId, Millis};
use hookgate_ports::{Keep, Settle, To, Want};

use super::accepts::Accepts;
use super::commit::Sections;
use super::dedupe::Buckets;
use super::rows::{Blobs, Rows};
use super::sql::Arg;
use super::unit::{Section, Unit};
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
    children: Rows,
    held: Blobs,
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

impl Batch {
    /// Writes units down.
    pub(super) fn of(units: &[Unit], moment: &Moment<'_>) -> Batch {
        let mut batch = Batch::default();
        for unit in units {
            if let Some(section) = unit.section() {
                batch.sections.add(section);
            }
        }
        batch.accepts = Accepts::of(units, moment);
        if batch.accepts.has_keys() {
            batch.sections.add(Section::AcceptKeys);
        }
        if batch.accepts.seeks_keys() {
            batch.sections.add(Section::AcceptAgain);
        }
        for unit in units {
            match unit {
                // Written down before: keys are sorted over all of them.
                Unit::Accept(..) => {}
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
        let [keyed, keys, events, contents, digests, deliveries] = self.accepts.args();
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
            keyed,
            keys,
            Arg::Text(moment.buckets.json()),
            Arg::Int(moment.buckets.hour().0),
            events,
            contents,
            digests,
            deliveries,
            Arg::Text(self.wants.finish()),
            Arg::Int(self.taker.map_or(0, |owner| owner.0)),
            Arg::Int(self.count_max.into()),
            Arg::Text(self.children.finish()),
            blob(self.held),
        ]
    }

    fn settle(&mut self, settle: &Settle, moment: &Moment<'_>) {
        let attempt = &settle.attempt;
        let (rows, blobs) = match settle.to {
            To::Finished { .. } | To::Split { .. } => (&mut self.finishing, &mut self.finished),
            To::Retry(_) | To::RetryPlugin(_) | To::Hold { .. } => (&mut self.retrying, &mut self.retried),
        };
        let place = blobs.put(|out| codec::put_snapshot(out, attempt));
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
            To::Split { .. } => row.int(End::Split.code()).maybe_text(None),
            To::Retry(delay) => row.int(moment.now.after(*delay).0).int(1).maybe(None),
            To::RetryPlugin(delay) => row.int(moment.now.after(*delay).0).int(0).maybe(None),
            To::Hold { plugin } => row.maybe(None).int(0).maybe(plugin.map(|plugin| plugin.0)),
        };
        if let To::Split { children } = &settle.to {
            self.sections.add(Section::Split);
            children.iter().for_each(|child| self.child(child, settle.delivery));
        }
    }

    fn child(&mut self, child: &NewDelivery, parent: DeliveryId) {
        let recipe = self.held.put(|out| out.extend_from_slice(child.recipe.as_bytes()));
        let held = child.held.as_ref().map(|held| self.held.put(|out| codec::put_kept(out, held)));
        let is_rendered = matches!(child.held, Some(Kept::Rendered(_)));
        self.children
            .row()
            .int(child.id.0)
            .int(parent.0)
            .int(child.route.0)
            .maybe(child.destination.map(|destination| destination.0))
            .int(child.lane.id.0)
            .int(child.message.born.0)
            .text(&child.message.path)
            .int(child.bytes.into())
            .place(recipe)
            .maybe(held.map(|held| held.offset))
            .maybe(held.map(|held| held.length))
            .int(is_rendered.into());
    }

    fn keep(&mut self, keep: &Keep) {
        let place = self.kept.put(|out| codec::put_kept(out, &keep.kept));
        self.keeping
            .row()
            .int(keep.delivery.0)
            .int(keep.lease.owner.0)
            .int(keep.lease.token.0)
            .place(place)
            .int(matches!(keep.kept, Kept::Rendered(_)).into());
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
