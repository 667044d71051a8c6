//! What happened, by minute: adding it up, showing it, forgetting it.

use hookgate_core::limits;
use hookgate_core::word::{Millis, NameId, ScopeId};
use hookgate_ports::{StatRow, Stats, StatsBy, StoreError, TallyRow};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

use super::Sqlite;
use super::rows::Rows;
use super::sql::{Arg, down};
use super::unit::{Text, Then};

/// Rows of one transaction, added or forgotten: some milliseconds of the writer's time.
const ROWS_PER_COMMIT: usize = 5_000;

const MINUTE_MS: i64 = 60_000;

impl Sqlite {
    pub(super) async fn add_up(&self, rows: Vec<TallyRow>) -> Result<(), StoreError> {
        for some in rows.chunks(ROWS_PER_COMMIT) {
            let mut args = Rows::default();
            let name = |name: Option<NameId>| name.map_or(0, |name| name.0);
            let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            for row in some {
                args.row()
                    .int(minute(row.at))
                    .int(row.scope.0)
                    .int(name(row.source))
                    .int(name(row.route))
                    .int(name(row.destination))
                    .int(name(row.plugin))
                    .text(&row.outcome)
                    .int(number(row.n))
                    .int(number(row.took_ms));
            }
            let text = Text { sql: include_str!("sql/tally.sql"), args: vec![Arg::Text(args.finish())] };
            self.script(vec![text], Then::Nothing).await?;
        }
        Ok(())
    }

    pub(super) async fn sums(
        &self,
        scope: ScopeId,
        from: Millis,
        to: Millis,
        by: StatsBy,
    ) -> Result<Stats, StoreError> {
        let query = sqlx::query(include_str!("sql/stats.sql"))
            .bind(scope.0)
            .bind(minute(from))
            .bind(minute(to))
            .bind(match by {
                StatsBy::Nothing => 0,
                StatsBy::Source => 1,
                StatsBy::Route => 2,
                StatsBy::Destination => 3,
                StatsBy::Plugin => 4,
            })
            .bind(limits::TALLY_ROWS_MAX);
        let mut stats = Stats { rows: Vec::new(), next: None };
        for row in query.fetch_all(&self.readers).await.map_err(down)? {
            let at: i64 = row.try_get(1).map_err(down)?;
            match row.try_get::<i64, _>(0).map_err(down)? {
                1 => stats.rows.push(sum(&row).map_err(down)?),
                _ => stats.next = (at < minute(to)).then_some(Millis(at * MINUTE_MS)),
            }
        }
        Ok(stats)
    }

    /// Forgets statistics that are older than [`limits::TALLY_KEPT`], some at a time.
    pub(super) async fn forget_tally(&self) -> Result<(), StoreError> {
        let kept = Millis(self.clock.now().0.saturating_sub(Millis(0).after(limits::TALLY_KEPT).0));
        let query = sqlx::query(include_str!("sql/tally_oldest.sql"));
        let row = query.fetch_one(&self.readers).await.map_err(down)?;
        let oldest: Option<i64> = row.try_get(0).map_err(down)?;
        if oldest.is_none_or(|oldest| oldest >= minute(kept)) {
            return Ok(());
        }
        let rows = i64::try_from(ROWS_PER_COMMIT).unwrap_or(i64::MAX);
        let args = vec![Arg::Int(minute(kept)), Arg::Int(rows)];
        let text = Text { sql: include_str!("sql/tally_forget.sql"), args };
        self.script(vec![text], Then::Nothing).await.map(drop)
    }
}

fn minute(at: Millis) -> i64 {
    at.0.div_euclid(MINUTE_MS)
}

fn sum(row: &SqliteRow) -> Result<StatRow, Error> {
    Ok(StatRow {
        minute: Millis(row.try_get::<i64, _>(1)? * MINUTE_MS),
        name: row.try_get(2)?,
        outcome: row.try_get(3)?,
        n: row.try_get::<i64, _>(4)?.unsigned_abs(),
        took_ms: row.try_get::<i64, _>(5)?.unsigned_abs(),
    })
}
