//! Retention: forgets events of which nothing is live any more, oldest first, in small transactions.
//!
//! Where live events stand among the old ones, a look ends behind them and the next one goes on there, so
//! that a stuck delivery keeps its own event and no other. The place is remembered in memory only: a new
//! process begins at the oldest again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hookgate_core::word::{Millis, ScopeId, first_id};
use hookgate_ports::StoreError;
use sqlx::Row;

use super::Sqlite;
use super::sql::{Arg, down};
use super::unit::{Text, Then};

/// Events that one transaction looks at: some milliseconds of the writer's time.
const EVENTS_PER_COMMIT: i64 = 250;

/// Transactions of one call that delete nothing, because what they look at is live.
const LOOKS_IN_VAIN_MAX: u32 = 8;

/// Up to where events were looked at, of each scope.
#[derive(Default)]
pub(super) struct Looked(Mutex<HashMap<ScopeId, i64>>);

/// What one transaction came to.
struct Round {
    upto: i64,
    events: i64,
    deliveries: i64,
}

impl Looked {
    fn upto(&self, scope: ScopeId) -> i64 {
        self.places().get(&scope).copied().unwrap_or(-1)
    }

    fn note(&self, scope: ScopeId, upto: Option<i64>) {
        match upto {
            Some(upto) => drop(self.places().insert(scope, upto)),
            None => drop(self.places().remove(&scope)),
        }
    }

    fn places(&self) -> std::sync::MutexGuard<'_, HashMap<ScopeId, i64>> {
        // The map is whole after every statement, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sqlite {
    pub(super) async fn forget_events(
        &self,
        scope: ScopeId,
        older_than: Duration,
        rows_max: u32,
    ) -> Result<u64, StoreError> {
        let age_ms = i64::try_from(older_than.as_millis()).unwrap_or(i64::MAX);
        let before = first_id(Millis(self.clock.now().0.saturating_sub(age_ms)));
        let (mut events, mut rows, mut in_vain) = (0u64, 0i64, 0);
        while rows < i64::from(rows_max) && in_vain < LOOKS_IN_VAIN_MAX {
            let above = self.looked.upto(scope);
            if !self.has_events(above, before).await? {
                // That was the end: the next call begins at the oldest.
                self.looked.note(scope, None);
                break;
            }
            let round = self.forget_some(scope, above, before, i64::from(rows_max) - rows).await?;
            events += round.events.unsigned_abs();
            rows += round.events + round.deliveries;
            in_vain += u32::from(round.events == 0);
            self.looked.note(scope, Some(round.upto));
        }
        Ok(events)
    }

    /// Tells whether there is anything to look at: most calls find nothing, and trouble no writer.
    async fn has_events(&self, above: i64, before: i64) -> Result<bool, StoreError> {
        let query = sqlx::query(include_str!("sql/event_between.sql")).bind(above).bind(before);
        query.fetch_one(&self.readers).await.and_then(|row| row.try_get(0)).map_err(down)
    }

    async fn forget_some(
        &self,
        scope: ScopeId,
        above: i64,
        before: i64,
        rows_max: i64,
    ) -> Result<Round, StoreError> {
        let args = vec![
            Arg::Int(scope.0),
            Arg::Int(above),
            Arg::Int(before),
            Arg::Int(EVENTS_PER_COMMIT),
            Arg::Int(rows_max),
        ];
        let text = Text { sql: include_str!("sql/forget_events.sql"), args };
        let rows = self.script(vec![text], Then::Nothing).await?;
        let row = rows.first().ok_or_else(|| StoreError::Down("forgetting without an answer".into()))?;
        let count = |place: usize| row.try_get::<i64, _>(place).map_err(down);
        Ok(Round { upto: count(0)?, events: count(1)?, deliveries: count(2)? })
    }
}
