//! The port of those who look after the store.

use std::time::Duration;

use hookgate_core::word::ScopeId;
use hookgate_ports::{Depth, Fut, StoreError, TallyRow, Upkeep};
use sqlx::{ConnectOptions, Row};

use super::dedupe::Hour;
use super::sql::{Arg, down};
use super::unit::{Text, Then};
use super::{Sqlite, sql};

/// Dedupe keys that one transaction forgets: some milliseconds of the writer's time.
const FORGOTTEN_PER_COMMIT: i64 = 5_000;

/// Transactions per call.
const FORGETTING_COMMITS_MAX: usize = 20;

/// Pages in the log from which the writer does the rest of a checkpoint itself: 32 MiB. Beside a steady
/// load the log would grow for ever, because the writer is always ahead and never begins it anew.
const LOG_PAGES_MAX: i64 = 4096;

impl Upkeep for Sqlite {
    fn ping(&self) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/ping.sql"));
            query.fetch_one(&self.readers).await.map(drop).map_err(down)
        })
    }

    fn depth(&self) -> Fut<'_, Result<Depth, StoreError>> {
        Box::pin(async move {
            let mut counted = self.counted.lock().await;
            let began = self.clock.monotonic();
            if let Some(last) = counted.as_ref().filter(|last| began < last.good_until) {
                return Ok(last.depth);
            }
            let depth = self.count().await?;
            let ended = self.clock.monotonic();
            let good_until = ended.saturating_add(ended.saturating_sub(began) * COUNTING_SHARE);
            *counted = Some(Counted { depth, good_until });
            Ok(depth)
        })
    }

    fn tidy(&self) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.waiting.refuse_stale();
            self.forget_keys().await?;
            self.forget_tally().await?;
            self.checkpoint().await
        })
    }

    fn forget(
        &self,
        scope: ScopeId,
        older_than: Duration,
        rows_max: u32,
    ) -> Fut<'_, Result<u64, StoreError>> {
        Box::pin(self.forget_events(scope, older_than, rows_max))
    }

    fn tally(&self, rows: Vec<TallyRow>) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(self.add_up(rows))
    }
}

/// Of the time between two counts one part in so many is spent counting: it reads the whole live table.
const COUNTING_SHARE: u32 = 50;

/// Counts, and until when they are good enough.
pub(super) struct Counted {
    depth: Depth,
    good_until: Duration,
}

impl Sqlite {
    async fn count(&self) -> Result<Depth, StoreError> {
        let row = sqlx::query(include_str!("sql/depth.sql")).fetch_one(&self.readers).await.map_err(down)?;
        let count = |place: usize| row.try_get::<i64, _>(place).map(i64::unsigned_abs).map_err(down);
        Ok(Depth { pending: count(0)?, in_flight: count(1)?, held: count(2)? })
    }

    /// Forgets dedupe keys that are older than the longest window that was ever asked for.
    async fn forget_keys(&self) -> Result<(), StoreError> {
        let row = sqlx::query(include_str!("sql/forgettable.sql"))
            .bind(Hour::of(self.clock.now()).0)
            .fetch_one(&self.readers)
            .await
            .map_err(down)?;
        let (oldest, kept): (Option<i64>, i64) =
            row.try_get(0).and_then(|oldest| Ok((oldest, row.try_get(1)?))).map_err(down)?;
        let Some(oldest) = oldest.filter(|oldest| *oldest < kept) else { return Ok(()) };
        tracing::debug!(oldest, kept, "forgetting dedupe keys of hours {oldest} to {kept}");
        for _ in 0..FORGETTING_COMMITS_MAX {
            let args = vec![Arg::Int(kept), Arg::Int(FORGOTTEN_PER_COMMIT)];
            let rows =
                self.script(vec![Text { sql: include_str!("sql/forget.sql"), args }], Then::Forgot).await?;
            let forgotten: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(down)?;
            if forgotten == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Moves the log into the database: beside the writer what it can, and between two commits the rest
    /// if that is much.
    async fn checkpoint(&self) -> Result<(), StoreError> {
        let mut keeper = self.keeper.lock().await;
        let mut conn = match keeper.take() {
            Some(conn) => conn,
            None => self.keeper_options.connect().await.map_err(down)?,
        };
        let text = "pragma wal_checkpoint(passive)";
        let rows = sql::cross(&mut conn, text, Vec::new(), None).await.map_err(|failed| failed.error)?;
        *keeper = Some(conn);
        let Some(row) = rows.first() else { return Ok(()) };
        let (log, moved): (i64, i64) =
            row.try_get(1).and_then(|log| Ok((log, row.try_get(2)?))).map_err(down)?;
        if log > LOG_PAGES_MAX && moved < log {
            self.script(Vec::new(), Then::Checkpointed).await?;
        }
        Ok(())
    }
}
