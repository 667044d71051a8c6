//! The memory store as a journal.

use hookgate_core::delivery::End;
use hookgate_core::event::NewEvent;
use hookgate_core::word::{Actor, DeliveryId, Digest, EventId, Kind, Millis, NameId, ScopeId, first_id};

use super::memory::Memory;
use super::memory_state::{Event, Finished, Live, State};
use crate::{
    AgainRefused, Applied, AttemptRecord, AttemptRow, Cursor, DeliveryFilter, DeliveryRow, DeliveryState,
    EventFilter, EventRow, Fut, Journal, LastAttempt, Page, StoreError,
};

impl Journal for Memory {
    fn events(
        &self,
        scope: ScopeId,
        filter: EventFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Fut<'_, Result<Page<EventRow>, StoreError>> {
        Box::pin(async move {
            let state = self.state();
            let is_meant = |new: &NewEvent, deliveries: u64| {
                new.scope == scope
                    && filter.source.is_none_or(|source| source == new.source)
                    && filter
                        .event_type
                        .as_deref()
                        .is_none_or(|event_type| event_type == &*new.content.event_type)
                    && filter.unrouted.is_none_or(|unrouted| unrouted == (deliveries == 0))
                    && is_between(new.content.id.0, filter.since, filter.until)
            };
            let rows = state.events.values().rev().filter(|event| is_meant(&event.new, event.deliveries));
            Ok(page(rows.map(|event| state.listed(event)), from, limit, |row| row.id.0))
        })
    }

    fn event(&self, scope: ScopeId, id: EventId) -> Fut<'_, Result<Option<EventRow>, StoreError>> {
        Box::pin(async move {
            let state = self.state();
            let event = state.events.get(&id).filter(|event| event.new.scope == scope);
            Ok(event.map(|event| EventRow {
                headers: Some((*event.new.content.headers).clone()),
                body: Some(event.new.content.body.clone()),
                ..state.listed(event)
            }))
        })
    }

    fn deliveries(
        &self,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Fut<'_, Result<Page<DeliveryRow>, StoreError>> {
        Box::pin(async move {
            let state = self.state();
            let is_meant = |row: &Live| {
                row.scope == scope
                    && filter.event.is_none_or(|event| event == row.event)
                    && filter.destination.is_none_or(|destination| Some(destination) == row.destination)
                    && filter.route.is_none_or(|route| route == row.route)
                    && is_between(row.id.0, filter.since, filter.until)
            };
            let live = state.live.values().filter(|row| is_meant(row)).map(|row| state.live_row(row));
            let finished =
                state.finished.values().filter(|f| is_meant(&f.row)).map(|f| state.finished_row(f));
            let has_state = |row: &DeliveryRow| {
                filter.state.is_none_or(|state| state == row.state)
                    && filter.event_type.as_ref().is_none_or(|event_type| *event_type == row.event_type)
                    && filter.reason.as_ref().is_none_or(|reason| Some(reason) == row.reason.as_ref())
            };
            let mut rows: Vec<DeliveryRow> = live.chain(finished).filter(has_state).collect();
            rows.sort_by_key(|row| std::cmp::Reverse(row.id));
            Ok(page(rows.into_iter(), from, limit, |row| row.id.0))
        })
    }

    fn delivery(&self, scope: ScopeId, id: DeliveryId) -> Fut<'_, Result<Option<DeliveryRow>, StoreError>> {
        Box::pin(async move {
            let state = self.state();
            let live = state.live.get(&id).filter(|row| row.scope == scope).map(|row| state.live_row(row));
            let finished =
                || state.finished.get(&id).filter(|f| f.row.scope == scope).map(|f| state.finished_row(f));
            Ok(live.or_else(finished))
        })
    }

    fn attempts(&self, scope: ScopeId, id: DeliveryId) -> Fut<'_, Result<Vec<AttemptRow>, StoreError>> {
        Box::pin(async move {
            let state = self.state();
            let live = state.live.get(&id).map(|row| row.scope);
            let finished = state.finished.get(&id);
            if live.or(finished.map(|f| f.row.scope)) != Some(scope) {
                return Ok(Vec::new());
            }
            let last = finished.and_then(|f| f.last.as_ref());
            let mut attempts: Vec<&AttemptRecord> =
                state.attempts.get(&id).into_iter().flatten().chain(last).collect();
            attempts.sort_by_key(|attempt| (attempt.started_at, attempt.id));
            Ok(attempts.into_iter().map(attempt_row).collect())
        })
    }

    fn retry(
        &self,
        _actor: Actor,
        scope: ScopeId,
        id: DeliveryId,
        fresh: DeliveryId,
    ) -> Fut<'_, Result<DeliveryId, AgainRefused>> {
        let now = self.clock().now();
        Box::pin(async move { self.state().retry(scope, id, fresh, now) })
    }

    fn apply(&self, _actor: Actor, applied: Applied) -> Fut<'_, Result<(), StoreError>> {
        let now = self.clock().now();
        Box::pin(async move {
            self.state().apply(applied, now);
            Ok(())
        })
    }

    fn revision(&self, scope: ScopeId) -> Fut<'_, Result<Option<Digest>, StoreError>> {
        Box::pin(async move { Ok(self.state().revisions.get(&scope).copied()) })
    }

    fn admin_key(&self, scope: ScopeId) -> Fut<'_, Result<Option<Digest>, StoreError>> {
        Box::pin(async move { Ok(self.state().admin_keys.get(&scope).copied()) })
    }

    fn make_admin_key(
        &self,
        _actor: Actor,
        scope: ScopeId,
        hash: Digest,
    ) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let mut state = self.state();
            let is_new = !state.admin_keys.contains_key(&scope);
            state.admin_keys.entry(scope).or_insert(hash);
            Ok(is_new)
        })
    }
}

impl State {
    fn retry(
        &mut self,
        scope: ScopeId,
        id: DeliveryId,
        fresh: DeliveryId,
        now: Millis,
    ) -> Result<DeliveryId, AgainRefused> {
        if let Some(live) = self.live.get_mut(&id).filter(|live| live.scope == scope) {
            if live.lease.is_some() {
                return Err(AgainRefused::InFlight(id));
            }
            live.due = Some(now);
            live.plugin_tries = live.plugin_tries.min(1);
            return Ok(id);
        }
        let finished = self.finished.get_mut(&id).filter(|finished| finished.row.scope == scope);
        let finished = finished.ok_or(AgainRefused::Unknown(id))?;
        if finished.end != End::DeadLettered {
            return Err(AgainRefused::NotFailed(id, finished.end.word()));
        }
        if let Some(by) = finished.resolved_by {
            return Err(AgainRefused::Resolved(id, by));
        }
        finished.resolved_by = Some(fresh);
        if let Some(kept) = self.kept.remove(&id) {
            self.kept.insert(fresh, kept);
        }
        let row = Live {
            id: fresh,
            due: Some(now),
            attempts: 0,
            plugin_tries: 0,
            lost: 0,
            lease: None,
            held_for: None,
            replay_of: Some(id),
            ..finished.row.clone()
        };
        self.live.insert(fresh, row);
        Ok(fresh)
    }

    fn apply(&mut self, applied: Applied, now: Millis) {
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
            let before = self.plugins.insert((applied.scope, name), component.digest);
            self.components.entry(component.digest).or_insert(component.bytes);
            if before.is_some_and(|before| before != component.digest) {
                self.repair(applied.scope, plugin, now);
            }
        }
    }

    fn name(&self, id: NameId) -> String {
        self.names.get(&id).map(|(_, slug)| slug.clone()).unwrap_or_default()
    }

    fn listed(&self, event: &Event) -> EventRow {
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

    fn live_row(&self, live: &Live) -> DeliveryRow {
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

    fn finished_row(&self, finished: &Finished) -> DeliveryRow {
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

/// Tells by an id when its row was born.
fn is_between(id: i64, since: Option<Millis>, until: Option<Millis>) -> bool {
    since.is_none_or(|since| id >= first_id(since)) && until.is_none_or(|until| id < first_id(until))
}

fn gist(attempt: &AttemptRecord) -> LastAttempt {
    LastAttempt {
        outcome: attempt.word.text().to_owned(),
        status: attempt.status,
        detail: attempt.detail.clone(),
    }
}

fn attempt_row(attempt: &AttemptRecord) -> AttemptRow {
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
fn page<T>(rows: impl Iterator<Item = T>, from: Option<Cursor>, limit: u32, id: fn(&T) -> i64) -> Page<T> {
    let mut below = rows.filter(|row| from.is_none_or(|from| id(row) < from.0));
    let rows: Vec<T> = below.by_ref().take(limit as usize).collect();
    let next = below.next().and_then(|_| rows.last().map(|last| Cursor(id(last))));
    Page { rows, next }
}
