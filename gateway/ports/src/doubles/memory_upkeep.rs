//! The memory store as upkeep: counting, adding up, forgetting.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::word::{DeliveryId, EventId, Millis, NameId, ScopeId, first_id};

use super::memory::{Call, Memory};
use super::memory_state::State;
use crate::{Depth, Fut, StatRow, Stats, StatsBy, StoreError, TallyRow, Upkeep};

/// Minute, scope, source, route, destination, plugin, outcome.
pub(super) type TallyKey =
    (i64, ScopeId, Option<NameId>, Option<NameId>, Option<NameId>, Option<NameId>, String);

const MINUTE_MS: i64 = 60_000;

impl Upkeep for Memory {
    fn ping(&self) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }

    fn depth(&self) -> Fut<'_, Result<Depth, StoreError>> {
        Box::pin(async {
            let state = self.state();
            let in_flight = state.live.values().filter(|live| live.lease.is_some()).count();
            let held = state.live.values().filter(|live| live.lease.is_none() && live.due.is_none()).count();
            let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            Ok(Depth {
                pending: count(state.live.len() - in_flight),
                in_flight: count(in_flight),
                held: count(held),
            })
        })
    }

    fn tidy(&self) -> Fut<'_, Result<(), StoreError>> {
        let now = self.clock().now();
        Box::pin(async move {
            let mut state = self.state();
            state.forget_keys(now);
            let kept = minute(Millis(now.0 - Millis(0).after(limits::TALLY_KEPT).0));
            state.tally.retain(|(minute, ..), _| *minute >= kept);
            Ok(())
        })
    }

    fn forget(
        &self,
        scope: ScopeId,
        older_than: Duration,
        rows_max: u32,
    ) -> Fut<'_, Result<u64, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { Ok(self.state().forget(scope, older_than, rows_max, now)) })
    }

    fn tally(&self, rows: Vec<TallyRow>) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.call(Call::Tally, |state| {
                for row in rows {
                    let TallyRow { at, scope, source, route, destination, plugin, outcome, n, took_ms } = row;
                    let key = (minute(at), scope, source, route, destination, plugin, outcome);
                    let sum = state.tally.entry(key).or_default();
                    *sum = (sum.0 + n, sum.1 + took_ms);
                }
                Ok(())
            })
        })
    }
}

impl State {
    fn forget(&mut self, scope: ScopeId, older_than: Duration, rows_max: u32, now: Millis) -> u64 {
        let age_ms = i64::try_from(older_than.as_millis()).unwrap_or(i64::MAX);
        let before = EventId(first_id(Millis(now.0.saturating_sub(age_ms))));
        let live: BTreeSet<EventId> = self.live.values().map(|live| live.event).collect();
        let is_meant = |id: &EventId| self.events[id].new.scope == scope && !live.contains(id);
        let old: Vec<EventId> = self.events.range(..before).map(|(id, _)| *id).filter(is_meant).collect();
        let (mut rows, mut events) = (0, 0);
        for id in old {
            if rows >= rows_max {
                break;
            }
            let of_event: Vec<DeliveryId> =
                self.finished.iter().filter(|(_, f)| f.row.event == id).map(|(id, _)| *id).collect();
            for delivery in &of_event {
                self.finished.remove(delivery);
                self.attempts.remove(delivery);
                self.kept.remove(delivery);
            }
            self.events.remove(&id);
            rows += 1 + u32::try_from(of_event.len()).unwrap_or(u32::MAX);
            events += 1;
        }
        events
    }

    pub(super) fn sums(&self, scope: ScopeId, from: Millis, to: Millis, by: StatsBy) -> Stats {
        let mut sums: BTreeMap<(i64, String, String), (u64, u64)> = BTreeMap::new();
        let (from, to) = (minute(from), minute(to));
        for ((minute, of, source, route, destination, plugin, outcome), (n, took)) in &self.tally {
            let name = match by {
                StatsBy::Nothing => Some(String::new()),
                StatsBy::Source => source.map(|id| self.name(id)),
                StatsBy::Route => route.map(|id| self.name(id)),
                StatsBy::Destination => destination.map(|id| self.name(id)),
                StatsBy::Plugin => plugin.map(|id| self.name(id)),
            };
            let Some(name) = name.filter(|_| *of == scope && (from..to).contains(minute)) else { continue };
            let sum = sums.entry((*minute, name, outcome.clone())).or_default();
            *sum = (sum.0 + n, sum.1 + took);
        }
        let row = |((minute, name, outcome), (n, took_ms))| StatRow {
            minute: Millis(minute * MINUTE_MS),
            name,
            outcome,
            n,
            took_ms,
        };
        Stats { rows: sums.into_iter().map(row).collect(), next: None }
    }
}

fn minute(at: Millis) -> i64 {
    at.0.div_euclid(MINUTE_MS)
}
