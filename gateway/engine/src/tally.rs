//! The tally: how often what happened, by minute and name, counted in memory and added to the store at every
//! upkeep and at the end. A process that dies loses what it counted since: statistics, no promise.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hookgate_core::delivery::Leased;
use hookgate_core::limits;
use hookgate_core::outcome::Outcome;
use hookgate_core::word::{Kind, Millis, NameId, ScopeId, Slug};
use hookgate_ports::{StoreError, TallyRow};

use crate::Engine;
use crate::deliver::plugin_of;

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    minute: i64,
    scope: ScopeId,
    source: Option<NameId>,
    route: Option<NameId>,
    destination: Option<NameId>,
    plugin: Option<NameId>,
    outcome: &'static str,
}

/// Counts since the last upkeep.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<HashMap<Key, (u64, u64)>>);

const MINUTE_MS: i64 = 60_000;

impl Tally {
    fn add(&self, key: Key, n: u64, took_ms: u64) {
        let mut counts = self.counts();
        // What a store that is down cannot take is not worth the memory.
        if counts.len() < limits::TALLY_WAITING_MAX || counts.contains_key(&key) {
            let count = counts.entry(key).or_default();
            count.0 += n;
            count.1 = count.1.saturating_add(took_ms);
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Key, (u64, u64)>> {
        // The map is whole after every statement, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Counts what became of a request at a source.
    pub(crate) fn tally_request(&self, scope: ScopeId, source: NameId, outcome: &'static str) {
        let key = Key {
            minute: self.ports.clock.now().0.div_euclid(MINUTE_MS),
            scope,
            source: Some(source),
            route: None,
            destination: None,
            plugin: None,
            outcome,
        };
        self.tally.add(key, 1, 0);
    }

    /// Counts what became of an attempt.
    pub(crate) fn tally_attempt(&self, leased: &Leased, outcome: &Outcome, took: Duration) {
        let scope = leased.lane.scope;
        let source = Slug::parse(&leased.event.source).ok();
        let key = Key {
            minute: self.ports.clock.now().0.div_euclid(MINUTE_MS),
            scope,
            source: source.map(|source| NameId::of(scope, Kind::Source, &source)),
            route: Some(leased.route),
            destination: leased.destination,
            plugin: plugin_of(leased, outcome),
            outcome: outcome.word().text(),
        };
        self.tally.add(key, 1, u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    }

    /// Adds the counts to the store. What it did not take waits for the next time; what it may have taken
    /// does not, or it would be counted twice.
    pub(crate) async fn flush_tally(&self) {
        let counts = std::mem::take(&mut *self.tally.counts());
        if counts.is_empty() {
            return;
        }
        let rows = counts.iter().map(|(key, (n, took_ms))| key.row(*n, *took_ms)).collect();
        match self.ports.upkeep.tally(rows).await {
            Ok(()) => {}
            Err(error @ (StoreError::Busy { .. } | StoreError::Down(_))) => {
                tracing::warn!(%error, "statistics were not written; trying again");
                counts.into_iter().for_each(|(key, (n, took_ms))| self.tally.add(key, n, took_ms));
            }
            Err(error @ (StoreError::Unknown(_) | StoreError::Refused(_) | StoreError::Ended)) => {
                tracing::warn!(%error, "statistics of some seconds may be lost");
            }
        }
    }
}

impl Key {
    fn row(&self, n: u64, took_ms: u64) -> TallyRow {
        TallyRow {
            at: Millis(self.minute * MINUTE_MS),
            scope: self.scope,
            source: self.source,
            route: self.route,
            destination: self.destination,
            plugin: self.plugin,
            outcome: self.outcome.to_owned(),
            n,
            took_ms,
        }
    }
}
