//! The store ports on one SQLite file.
//!
//! One task writes ([`Sqlite::open`] returns it), over one connection, in commits that everybody shares;
//! read-only connections answer everything else. A lock beside the file keeps a second process out.

use std::sync::Arc;

use hookgate_ports::{Clock, StoreError};
use sqlx::SqliteConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqliteRow};
use tokio::sync::{Mutex, oneshot};

mod accepts;
mod again;
mod answers;
mod batch;
mod commit;
mod controls;
mod dedupe;
mod intake;
mod journal;
mod listing;
mod lock;
mod metrics;
mod migrate;
mod open;
mod options;
mod plugins;
mod queue;
mod read;
mod retention;
mod rows;
mod sql;
mod tally;
mod unit;
mod upkeep;
mod waiting;
mod writer;

#[cfg(test)]
mod tests;

pub use metrics::Metrics;
pub use options::{OpenError, OpenOptions, Synchronous};

use unit::{Reply, Script, Text, Then, Unit};
use waiting::Waiting;

/// A SQLite database as a store.
pub struct Sqlite {
    waiting: Arc<Waiting>,
    readers: SqlitePool,
    clock: Arc<dyn Clock>,
    /// Checkpoints while the writer writes.
    keeper: Mutex<Option<SqliteConnection>>,
    keeper_options: SqliteConnectOptions,
    /// The last count of live deliveries.
    counted: Mutex<Option<upkeep::Counted>>,
    /// How far retention has come.
    looked: retention::Looked,
}

impl Sqlite {
    /// Takes nothing more; what waits is still written, then the writer's future ends.
    pub fn stop(&self) {
        self.waiting.stop();
    }

    /// Hands the writer something that must be written, and waits for the answer.
    async fn write<T>(&self, unit: impl FnOnce(Reply<T>) -> Unit) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.waiting.first(unit(reply)).await?;
        answered(answer).await
    }

    /// Runs texts in a transaction of their own.
    async fn script(&self, texts: Vec<Text>, then: Then) -> Result<Vec<SqliteRow>, StoreError> {
        self.write(|reply| Unit::Script(Script { texts, then }, reply)).await
    }
}

/// Waits for the writer's answer. Its end without one leaves open what became of the unit.
async fn answered<T>(answer: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    answer.await.unwrap_or_else(|_| Err(StoreError::Unknown("the writer ended".into())))
}
