//! The writer: the one connection that changes the database, and the one task that owns it.
//!
//! It writes what gathered while the last commit ran, all of it in one crossing, and tells the callers.
//! After any error it rolls back and halves the batch, until the unit that is to blame stands alone.
//! A statement is never cancelled: the future is dropped only with the process.

use std::sync::Arc;

use hookgate_core::delivery::Owner;
use hookgate_core::event::NewEvent;
use hookgate_core::word::NameId;
use hookgate_ports::{Clock, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Connection, Executor, Row, SqliteConnection};

use super::Metrics;
use super::answers::{Done, answers};
use super::batch::{Batch, Moment};
use super::dedupe::{Buckets, Hour};
use super::lock::Lock;
use super::open;
use super::sql::{self, Arg, Failed};
use super::unit::{Script, Then, Unit};
use super::waiting::Waiting;

/// Bits of `pos` that count the commits of one opening: 8 years at 1,000 a second. The bits above them
/// count the openings, so that the number needs no write of its own.
const POS_BITS: u32 = 38;

/// Owns the connection and what is known only in memory.
pub(super) struct Writer {
    pub(super) waiting: Arc<Waiting>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Metrics,
    pub(super) options: SqliteConnectOptions,
    pub(super) conn: Option<SqliteConnection>,
    pub(super) pos: i64,
    pub(super) living: Option<Owner>,
    pub(super) buckets: Buckets,
    pub(super) dedupe_hours: i64,
    pub(super) _lock: Lock,
}

impl Writer {
    /// Returns the number before the first commit of an opening.
    pub(super) fn first_pos(openings: i64) -> i64 {
        openings << POS_BITS
    }

    /// Writes until the store is stopped and nothing waits.
    pub(super) async fn run(mut self) {
        while let Some(batch) = self.waiting.next().await {
            let began = self.clock.monotonic();
            let units = batch.len();
            self.write(batch).await;
            let took = self.clock.monotonic().saturating_sub(began);
            self.waiting.committed(units, took);
        }
        if let Some(conn) = self.conn.take()
            && let Err(error) = conn.close().await
        {
            tracing::warn!(%error, "the database did not close cleanly; the next start recovers it: {error}");
        }
    }

    /// Writes a batch, or halves of it.
    async fn write(&mut self, batch: Vec<Unit>) {
        let is_ended = |unit: &Unit| matches!(unit, Unit::Take(owner, _, _) if self.living != Some(*owner));
        let (ended, batch): (Vec<Unit>, Vec<Unit>) = batch.into_iter().partition(is_ended);
        ended.into_iter().for_each(|unit| unit.fail(StoreError::Ended));
        // Depth first, first half first: units stay in order.
        let mut parts = if batch.is_empty() { Vec::new() } else { vec![batch] };
        while let Some(mut part) = parts.pop() {
            match self.attempt(&part).await {
                Ok(done) => done.tell(part),
                Err(failed) => {
                    self.undo(failed.is_cut).await;
                    if failed.blames_a_unit && part.len() > 1 {
                        let rest = part.split_off(part.len() / 2);
                        parts.extend([rest, part]);
                    } else {
                        let units = part.len();
                        tracing::warn!(units, error = %failed.error, "{units} units were not written: {}", failed.error);
                        part.into_iter().for_each(|unit| unit.fail(failed.error.clone()));
                    }
                }
            }
        }
    }

    /// Writes units in one transaction.
    async fn attempt(&mut self, units: &[Unit]) -> Result<Done, Failed> {
        let now = self.clock.now();
        let began = self.clock.monotonic();
        self.pos += 1;
        self.buckets.turn(now);
        let done = if let [Unit::Script(script, _)] = units {
            self.script(script, now.0).await.map(Done::Script)?
        } else {
            self.widen(units).await?;
            let moment = Moment { now, pos: self.pos, living: self.living, buckets: &self.buckets };
            let batch = Batch::of(units, &moment);
            let text = batch.sections.text();
            let args = batch.args(&moment);
            // Before they are written: a key that the filter knows in vain costs a look, no more.
            self.buckets.wrote(keys(units));
            let rows = self.cross(&text.sql, args, Some(text.statements)).await?;
            Done::Hot(answers(&rows)?)
        };
        self.metrics.commits.inc();
        self.metrics.units.observe(units.len() as f64);
        self.metrics.seconds.observe(self.clock.monotonic().saturating_sub(began).as_secs_f64());
        Ok(done)
    }

    async fn script(&mut self, script: &Script, now: i64) -> Result<Vec<SqliteRow>, Failed> {
        if script.then == Then::Checkpointed {
            return self.cross("pragma wal_checkpoint(passive)", Vec::new(), None).await;
        }
        let mut rows = Vec::new();
        self.cross("begin immediate", Vec::new(), None).await?;
        for text in &script.texts {
            let mut args = vec![Arg::Int(now), Arg::Int(self.pos)];
            args.extend(text.args.iter().cloned());
            rows.extend(self.cross(text.sql, args, None).await?);
        }
        self.cross("commit", Vec::new(), Some(1)).await?;
        match script.then {
            Then::Nothing | Then::Checkpointed => {}
            Then::Entered => self.living = rows.first().and_then(|row| row.try_get(0).ok()).map(Owner),
            Then::Left(owner) => self.living = self.living.filter(|living| *living != owner),
            Then::Forgot => self.look_for_buckets().await?,
        }
        Ok(rows)
    }

    /// Notes a longer dedupe window before its first key is written. Rare: once per longer window.
    async fn widen(&mut self, units: &[Unit]) -> Result<(), Failed> {
        let windows =
            events(units).filter_map(|event| event.dedupe).map(|dedupe| i64::from(dedupe.window_hours));
        let hours = windows.max().unwrap_or(0);
        if hours > self.dedupe_hours {
            let args = vec![Arg::Null, Arg::Null, Arg::Int(hours)];
            self.cross(include_str!("sql/widen.sql"), args, None).await?;
            self.dedupe_hours = hours;
        }
        Ok(())
    }

    async fn look_for_buckets(&mut self) -> Result<(), Failed> {
        let rows = self.cross(include_str!("sql/buckets.sql"), Vec::new(), None).await?;
        let stored: Vec<Hour> = rows.iter().filter_map(|row| row.try_get(0).ok()).map(Hour).collect();
        self.buckets.retain(&stored);
        Ok(())
    }

    async fn cross(
        &mut self,
        sql: &'static str,
        args: Vec<Arg>,
        statements: Option<usize>,
    ) -> Result<Vec<SqliteRow>, Failed> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            // What was lost was lost before: nothing of this text is written yet.
            None => open::writer_connection(&self.options).await.map_err(|error| Failed {
                error: StoreError::Down(error.to_string()),
                blames_a_unit: false,
                is_cut: true,
            })?,
        };
        self.metrics.crossings.inc();
        let result = sql::cross(&mut conn, sql, args, statements).await;
        self.conn = Some(conn);
        result
    }

    /// Leaves the transaction that an error left open.
    async fn undo(&mut self, is_cut: bool) {
        let Some(mut conn) = self.conn.take() else { return };
        if is_cut {
            return;
        }
        // Some errors end the transaction themselves: then there is nothing to roll back, and SQLite says
        // so in an error of class 1. After any other one the connection is not to be trusted.
        let is_usable = match conn.execute("rollback").await {
            Ok(_) => true,
            Err(error) => sql::failed(&error, false).blames_a_unit,
        };
        self.conn = is_usable.then_some(conn);
    }
}

fn events(units: &[Unit]) -> impl Iterator<Item = &NewEvent> {
    units
        .iter()
        .flat_map(|unit| match unit {
            Unit::Accept(accept, _) => accept.entries.as_slice(),
            Unit::Settle(..) | Unit::Keep(..) | Unit::Release(..) | Unit::Take(..) | Unit::Script(..) => &[],
        })
        .map(|entry| &entry.event)
}

fn keys(units: &[Unit]) -> impl Iterator<Item = (NameId, &[u8; 16])> {
    events(units).filter_map(|event| event.dedupe.as_ref().map(|dedupe| (event.source, &dedupe.key)))
}
