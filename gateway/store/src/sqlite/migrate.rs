//! Brings a database's schema up to this release: forward only, each step in one transaction.
//!
//! The version stands in SQLite's own `user_version`: one more than the number of the last migration.

use sqlx::{Executor, Row, SqliteConnection};

use super::options::{OpenError, OpenOptions};

/// The steps, oldest first. Never edit one that was released.
const MIGRATIONS: &[&str] = &[concat!(
    "begin immediate;\n",
    include_str!("migrations/0000_first.sql"),
    "pragma user_version = 1;\ncommit;"
)];

/// Applies the steps that the database lacks.
pub(super) async fn migrate(conn: &mut SqliteConnection, options: &OpenOptions) -> Result<(), OpenError> {
    let row = conn.fetch_one("pragma user_version").await.map_err(|error| options.failed(error))?;
    let found: i64 = row.try_get(0).map_err(|error| options.failed(error))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let applied = usize::try_from(found).ok().filter(|applied| *applied <= MIGRATIONS.len());
    let Some(applied) = applied else {
        return Err(OpenError::Newer { path: options.path.clone(), found, known });
    };
    for step in &MIGRATIONS[applied..] {
        // After an error the transaction is still open; the connection is dropped with it.
        conn.execute(*step).await.map_err(|error| options.failed(error))?;
    }
    Ok(())
}
