//! The memory store as a journal.

use hookgate_core::control::{Control, Fact};
use hookgate_core::event::NewEvent;
use hookgate_core::word::{Actor, DeliveryId, Digest, EventId, Kind, Millis, NameId, ScopeId, Slug};

use super::memory::Memory;
use super::memory_rows::{attempt_row, fits, is_between, is_of, page};
use super::memory_state::Live;
use crate::{
    AgainRefused, Applied, AttemptRecord, AttemptRow, Component, Cursor, DeliveryFilter, DeliveryRow,
    EventFilter, EventRow, Fut, Journal, Page, PluginRefused, PluginRow, RetriedMany, Stats, StatsBy,
    StoreError, Uploaded,
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
            let is_meant = |row: &Live| row.scope == scope && is_of(row, &filter);
            let live = state.live.values().filter(|row| is_meant(row)).map(|row| state.live_row(row));
            let finished =
                state.finished.values().filter(|f| is_meant(&f.row)).map(|f| state.finished_row(f));
            let has_state =
                |row: &DeliveryRow| filter.state.is_none_or(|state| state == row.state) && fits(row, &filter);
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

    fn retry_all(
        &self,
        _actor: Actor,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        fresh: Vec<DeliveryId>,
    ) -> Fut<'_, Result<RetriedMany, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { Ok(self.state().retry_all(scope, &filter, from, &fresh, now)) })
    }

    fn pause(
        &self,
        actor: Actor,
        scope: ScopeId,
        (kind, subject): (Kind, NameId),
        reason: String,
    ) -> Fut<'_, Result<bool, StoreError>> {
        let since = self.clock().now();
        Box::pin(async move {
            let mut state = self.state();
            if state.names.get(&subject).is_none_or(|(of, _)| *of != kind) {
                return Ok(false);
            }
            let (fact, actor) = (Fact::Paused, actor.to_string());
            let paused = Control { scope, kind, subject, fact, reason, since, until: None, actor };
            state.controls.insert((scope, kind.word(), subject, fact.word()), paused);
            Ok(true)
        })
    }

    fn resume(
        &self,
        _actor: Actor,
        scope: ScopeId,
        (kind, subject): (Kind, NameId),
    ) -> Fut<'_, Result<Vec<Fact>, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move {
            let mut state = self.state();
            let mut facts = Fact::ALL.to_vec();
            facts.sort_by_key(|fact| fact.word());
            facts.retain(|fact| state.lift((scope, kind.word(), subject, fact.word()), now));
            Ok(facts)
        })
    }

    fn stats(
        &self,
        scope: ScopeId,
        from: Millis,
        to: Millis,
        by: StatsBy,
    ) -> Fut<'_, Result<Stats, StoreError>> {
        Box::pin(async move { Ok(self.state().sums(scope, from, to, by)) })
    }

    fn upload(
        &self,
        _actor: Actor,
        scope: ScopeId,
        component: Component,
        manifest: String,
    ) -> Fut<'_, Result<Uploaded, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { Ok(self.state().upload(scope, component, manifest, now)) })
    }

    fn plugins(&self, scope: ScopeId) -> Fut<'_, Result<Vec<PluginRow>, StoreError>> {
        Box::pin(async move { Ok(self.state().plugin_rows(scope)) })
    }

    fn activate(
        &self,
        _actor: Actor,
        scope: ScopeId,
        name: Slug,
        digest: Digest,
    ) -> Fut<'_, Result<(), PluginRefused>> {
        Box::pin(async move { self.state().activate(scope, &name, digest) })
    }

    fn remove_plugin(&self, _actor: Actor, scope: ScopeId, name: Slug) -> Fut<'_, Result<(), PluginRefused>> {
        Box::pin(async move { self.state().remove_plugin(scope, &name) })
    }

    fn component_of(
        &self,
        scope: ScopeId,
        name: Slug,
        version: Option<Digest>,
    ) -> Fut<'_, Result<Option<Component>, StoreError>> {
        Box::pin(async move { Ok(self.state().component_of(scope, &name, version)) })
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
