//! What the memory store shows: its state as the journal's rows.

use hookgate_core::word::{Kind, Millis, NameId, first_id};

use super::memory_plugins::Configured;
use super::memory_state::{Event, Finished, Live, State};
use crate::{
    Applied, AttemptRecord, AttemptRow, Cursor, DeliveryFilter, DeliveryRow, DeliveryState, EventRow,
    LastAttempt, Page,
};

impl State {
    pub(super) fn apply(&mut self, applied: Applied, now: Millis) {
        self.revisions.insert(applied.scope, applied.revision);
        for (id, kind, slug) in applied.names {
            self.names.entry(id).or_insert_with(|| (kind, slug.as_str().to_owned()));
        }
        for (digest, json) in applied.recipes {
            self.recipes.entry(digest).or_insert(json);
        }
        for component in applied.components {
            let plugin = NameId::of(applied.scope, Kind::Plugin, &component.plugin);
            let name = component.plugin.as_str().to_owned();
            let one = Configured { digest: component.digest, origin: component.origin, at: now };
            let before = self.plugins.insert((applied.scope, name), one);
            self.components.entry(component.digest).or_insert(component.bytes);
            if before.is_some_and(|before| before.digest != component.digest) {
                self.repair(applied.scope, plugin, now);
            }
        }
    }

    pub(super) fn name(&self, id: NameId) -> String {
        self.names.get(&id).map(|(_, slug)| slug.clone()).unwrap_or_default()
    }

    pub(super) fn listed(&self, event: &Event) -> EventRow {
        let content = &event.new.content;
        EventRow {
            id: content.id,
            source: self.name(event.new.source),
            event_type: content.event_type.to_string(),
            received_at: content.received_at,
            revision: event.new.revision,
            duplicates: event.duplicates,
            deliveries: event.deliveries,
            body_bytes: u64::try_from(content.body.len()).unwrap_or(u64::MAX),
            headers: None,
            body: None,
        }
    }

    pub(super) fn live_row(&self, live: &Live) -> DeliveryRow {
        let (state, due) = match (live.lease, live.due) {
            (Some(_), _) => (DeliveryState::InFlight, None),
            (None, None) => (DeliveryState::Held, None),
            (None, due) => (DeliveryState::Pending, due),
        };
        DeliveryRow {
            id: live.id,
            event: live.event,
            event_type: self
                .events
                .get(&live.event)
                .map(|e| e.new.content.event_type.to_string())
                .unwrap_or_default(),
            route: self.name(live.route),
            destination: live.destination.map(|id| self.name(id)).unwrap_or_default(),
            message: live.message.clone(),
            state,
            reason: None,
            attempts: live.attempts,
            due,
            finished_at: None,
            parent: live.parent,
            replay_of: live.replay_of,
            resolved_by: None,
            last: self
                .attempts
                .get(&live.id)
                .and_then(|attempts| attempts.iter().max_by_key(|a| a.id))
                .map(gist),
        }
    }

    pub(super) fn finished_row(&self, finished: &Finished) -> DeliveryRow {
        let live = self.live_row(&finished.row);
        DeliveryRow {
            state: DeliveryState::Finished(finished.end),
            reason: finished.reason.map(|reason| reason.text().to_owned()),
            due: None,
            finished_at: Some(finished.at),
            resolved_by: finished.resolved_by,
            last: finished.last.as_ref().map(gist).or(live.last.clone()),
            ..live
        }
    }
}

/// Tells whether a row is what the filter says of its names and ids.
pub(super) fn is_of(row: &Live, filter: &DeliveryFilter) -> bool {
    filter.event.is_none_or(|event| event == row.event)
        && filter.destination.is_none_or(|destination| Some(destination) == row.destination)
        && filter.route.is_none_or(|route| route == row.route)
        && is_between(row.id.0, filter.since, filter.until)
}

/// Tells whether a row is what the filter says of its event and its end.
pub(super) fn fits(row: &DeliveryRow, filter: &DeliveryFilter) -> bool {
    filter.event_type.as_ref().is_none_or(|event_type| *event_type == row.event_type)
        && filter.reason.as_ref().is_none_or(|reason| Some(reason) == row.reason.as_ref())
}

/// Tells by an id when its row was born.
pub(super) fn is_between(id: i64, since: Option<Millis>, until: Option<Millis>) -> bool {
    since.is_none_or(|since| id >= first_id(since)) && until.is_none_or(|until| id < first_id(until))
}

fn gist(attempt: &AttemptRecord) -> LastAttempt {
    LastAttempt {
        outcome: attempt.word.text().to_owned(),
        status: attempt.status,
        detail: attempt.detail.clone(),
    }
}

pub(super) fn attempt_row(attempt: &AttemptRecord) -> AttemptRow {
    AttemptRow {
        id: attempt.id,
        started_at: Millis(attempt.started_at.0),
        took_ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        gist: gist(attempt),
        rendered: attempt.rendered.clone(),
        sent: attempt.sent.clone(),
        answer: attempt.answer.clone(),
        made_by: attempt.made_by.clone(),
    }
}

/// Cuts a page out of rows that come newest first.
pub(super) fn page<T>(
    rows: impl Iterator<Item = T>,
    from: Option<Cursor>,
    limit: u32,
    id: fn(&T) -> i64,
) -> Page<T> {
    let mut below = rows.filter(|row| from.is_none_or(|from| id(row) < from.0));
    let rows: Vec<T> = below.by_ref().take(limit as usize).collect();
    let next = below.next().and_then(|_| rows.last().map(|last| Cursor(id(last))));
    Page { rows, next }
}
