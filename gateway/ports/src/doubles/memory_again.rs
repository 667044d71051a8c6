//! What sending again does to the memory store.

use hookgate_core::delivery::End;
use hookgate_core::limits;
use hookgate_core::word::{DeliveryId, Millis, ScopeId};

use super::memory_rows::{fits, is_of};
use super::memory_state::{Live, State};
use crate::{AgainRefused, Cursor, DeliveryFilter, DeliveryState, RetriedMany};

impl State {
    pub(super) fn retry(
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

    pub(super) fn retry_all(
        &mut self,
        scope: ScopeId,
        filter: &DeliveryFilter,
        from: Option<Cursor>,
        fresh: &[DeliveryId],
        now: Millis,
    ) -> RetriedMany {
        let is_meant = |row: &Live| {
            row.scope == scope && is_of(row, filter) && from.is_none_or(|from| row.id.0 > from.0)
        };
        let mut meant: Vec<DeliveryId> = match filter.state {
            None | Some(DeliveryState::Finished(End::DeadLettered)) => {
                let dead = self
                    .finished
                    .values()
                    .filter(|f| f.end == End::DeadLettered && f.resolved_by.is_none() && is_meant(&f.row));
                dead.filter(|f| fits(&self.finished_row(f), filter)).map(|f| f.row.id).collect()
            }
            Some(DeliveryState::Held) => {
                let held = |live: &&Live| live.lease.is_none() && live.due.is_none() && is_meant(live);
                let held = self.live.values().filter(held);
                held.filter(|live| fits(&self.live_row(live), filter)).map(|live| live.id).collect()
            }
            Some(DeliveryState::Pending | DeliveryState::InFlight | DeliveryState::Finished(_)) => Vec::new(),
        };
        let limit = fresh.len().min(limits::RETRIES_PER_CALL_MAX);
        let has_more = meant.len() > limit;
        meant.truncate(limit);
        let mut retried = 0;
        for (id, fresh) in meant.iter().zip(fresh) {
            retried += u64::from(self.retry(scope, *id, *fresh, now).is_ok());
        }
        let last = meant.last().map_or(from.unwrap_or(Cursor(-1)), |last| Cursor(last.0));
        RetriedMany { retried, next: has_more.then_some(last) }
    }
}
