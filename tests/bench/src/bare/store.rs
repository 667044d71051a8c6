//! The bare loop's store: one writer that commits what gathered while its last commit ran, settles and
//! accepts together, as one statement text with the small columns as JSON and all bodies in one blob.
//! One crossing into the database per commit is what makes group commits cheap with sqlx.

use std::fmt::Write as _;
use std::future::Future;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use bytes::Bytes;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor};
use tokio::sync::{mpsc, oneshot};

const SCHEMA: &str = include_str!("schema.sql");
const COMMIT: &str = include_str!("commit.sql");

/// Bytes of a page: 8 KB pages took 15 % less CPU than 4 KB ones for rows of 2 KB.
const PAGE_BYTES: u32 = 8192;

/// The log is carried over after this many pages (32 MiB), and then overwritten: that syncs twice as
/// fast as growing a file, and fewer checkpoints sync the database itself less often.
const CHECKPOINT_PAGES: u32 = 4096;

/// Writes that wait for the writer: more than all senders and deliveries of a run together.
const QUEUE_MAX: usize = 4096;

/// Writes in one commit; beyond some hundreds the sync is no longer what costs.
const COMMIT_MAX: usize = 512;

enum Write {
    Accept { event: NewEvent, received_at_ms: i64, done: oneshot::Sender<Result<()>> },
    Finish { id: i64, ended_at_ms: i64, status: u16 },
}

/// What is to be kept.
pub(crate) struct NewEvent {
    /// Unique.
    pub(crate) id: i64,
    /// The bytes as they came.
    pub(crate) body: Bytes,
    /// Whether it gets a pending row.
    pub(crate) routed: bool,
}

/// The way to the writer.
#[derive(Clone)]
pub(crate) struct Store(mpsc::Sender<Write>);

impl Store {
    /// Commits an event, with its pending row where it is routed; returns after the commit.
    ///
    /// # Errors
    /// The commit failed, or the writer has ended.
    pub(crate) async fn accept(&self, event: NewEvent) -> Result<()> {
        let (done, committed) = oneshot::channel();
        let write = Write::Accept { event, received_at_ms: now_ms(), done };
        self.0.send(write).await.map_err(|_| anyhow!("the writer has ended"))?;
        committed.await?
    }

    /// Replaces the pending row of event `id` by its attempt; returns before the commit.
    ///
    /// # Errors
    /// The writer has ended.
    pub(crate) async fn finish(&self, id: i64, ended_at_ms: i64, status: u16) -> Result<()> {
        let write = Write::Finish { id, ended_at_ms, status };
        self.0.send(write).await.map_err(|_| anyhow!("the writer has ended"))
    }
}

/// Makes the database at `path` and returns the store and its writer, to be spawned.
///
/// # Errors
/// The database cannot be made.
pub(crate) async fn open(path: &Path) -> Result<(Store, impl Future<Output = Result<()>> + use<>)> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE_BYTES)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .disable_statement_logging();
    let mut connection =
        options.connect().await.with_context(|| format!("cannot open {}", path.display()))?;
    connection.execute(SCHEMA).await.context("cannot make the tables")?;
    let (sender, receiver) = mpsc::channel(QUEUE_MAX);
    Ok((Store(sender), write_all(connection, receiver)))
}

/// Returns the time of day in milliseconds.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

async fn write_all(mut connection: SqliteConnection, mut writes: mpsc::Receiver<Write>) -> Result<()> {
    let mut gathered = Vec::with_capacity(COMMIT_MAX);
    while writes.recv_many(&mut gathered, COMMIT_MAX).await > 0 {
        let mut batch = Batch::default();
        for write in gathered.drain(..) {
            batch.add(write);
        }
        batch.commit(&mut connection).await?;
    }
    Ok(())
}

/// One commit in the making: rows as JSON arrays, bodies end to end.
#[derive(Default)]
struct Batch {
    accepts: String,
    finishes: String,
    bodies: Vec<u8>,
    waiting: Vec<oneshot::Sender<Result<()>>>,
}

impl Batch {
    fn add(&mut self, write: Write) {
        let written = match write {
            Write::Accept { event: NewEvent { id, body, routed }, received_at_ms, done } => {
                // SQL counts the bytes of a blob from 1.
                let offset = self.bodies.len() + 1;
                self.bodies.extend_from_slice(&body);
                self.waiting.push(done);
                let (length, pending) = (body.len(), u8::from(routed));
                write!(self.accepts, ",[{id},{received_at_ms},{offset},{length},{pending}]")
            }
            Write::Finish { id, ended_at_ms, status } => {
                write!(self.finishes, ",[{id},{ended_at_ms},{status}]")
            }
        };
        written.expect("a string takes whatever is written to it");
    }

    async fn commit(self, connection: &mut SqliteConnection) -> Result<()> {
        let query = sqlx::query(COMMIT)
            .bind(json_array(self.accepts))
            .bind(self.bodies)
            .bind(json_array(self.finishes));
        let committed = query.execute(&mut *connection).await;
        if committed.is_err() {
            // The transaction is still open wherever the text stopped; without one this is an error to ignore.
            connection.execute("rollback").await.ok();
        }
        for waiting in self.waiting {
            let told = committed.as_ref().map(|_| ()).map_err(|error| anyhow!("{error}"));
            // A sender that hung up does not wait for its answer.
            waiting.send(told).ok();
        }
        committed.map(|_| ()).context("a commit failed")
    }
}

/// Makes `,[…],[…]` an array.
fn json_array(mut rows: String) -> String {
    if rows.is_empty() {
        rows.push('[');
    } else {
        rows.replace_range(..1, "[");
    }
    rows.push(']');
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use sqlx::Row;
    use sqlx::sqlite::SqliteRow;

    async fn rows(path: &Path, sql: &'static str) -> Vec<SqliteRow> {
        let mut reader = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap();
        sqlx::query(sql).fetch_all(&mut reader).await.unwrap()
    }

    #[tokio::test]
    async fn an_accept_and_its_finish_are_committed_with_their_bytes() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let path = scratch.path().join("bare.db");
        let (store, writer) = open(&path).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(writer);

        let event = |id, body, routed| store.accept(NewEvent { id, body: Bytes::from_static(body), routed });
        let (one, two, three) =
            (event(1, b"{\"a\":1}", true), event(2, b"", true), event(3, b"\xff\x00b", false));
        let committed = tokio::join!(one, two, three);
        assert!(committed.0.is_ok() && committed.1.is_ok() && committed.2.is_ok());
        store.finish(2, 77, 204).await.unwrap();
        drop(store);
        tasks.join_next().await.unwrap().unwrap().unwrap();

        let events = rows(&path, "select body from event order by id").await;
        let bodies: Vec<Vec<u8>> = events.iter().map(|row| row.get("body")).collect();
        assert_eq!(bodies, [&b"{\"a\":1}"[..], b"", b"\xff\x00b"]);
        let pending = rows(&path, "select event from pending").await;
        assert_eq!(pending.iter().map(|row| row.get::<i64, _>("event")).collect::<Vec<_>>(), [1]);
        let attempts = rows(&path, "select event, ended_at_ms, status from attempt").await;
        assert_eq!(attempts.len(), 1);
        assert_eq!((attempts[0].get::<i64, _>("event"), attempts[0].get::<i64, _>("ended_at_ms")), (2, 77));
    }

    #[tokio::test]
    async fn a_failed_commit_accepts_nothing() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let path = scratch.path().join("bare.db");
        let (store, writer) = open(&path).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(writer);
        let event = || NewEvent { id: 1, body: Bytes::from_static(b"{}"), routed: true };

        store.accept(event()).await.unwrap();
        let again = store.accept(event()).await;

        assert!(again.is_err());
        assert!(tasks.join_next().await.unwrap().unwrap().is_err());
        assert_eq!(rows(&path, "select id from event").await.len(), 1);
    }

    #[test]
    fn rows_become_an_array() {
        for (rows, array) in [("", "[]"), (",[1]", "[[1]]"), (",[1],[2]", "[[1],[2]]")] {
            assert_eq!(json_array(rows.to_owned()), array);
        }
    }
}
