//! Opening: the lock, the schema, the writer's connection and the readers.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Executor, Row, SqliteConnection};
use tokio::sync::Mutex;

use super::dedupe::{Buckets, Hour};
use super::lock::Lock;
use super::migrate::migrate;
use super::options::{OpenError, OpenOptions, Synchronous};
use super::retention::Looked;
use super::sql::Arg;
use super::waiting::Waiting;
use super::writer::Writer;
use super::{Sqlite, sql};

/// Larger pages write less per event: bodies are about 2 KB.
const PAGE_BYTES: u32 = 8192;

/// The write-ahead log is kept up to this: overwriting a file syncs twice as fast as growing it.
const WAL_BYTES_KEPT: &str = "268435456";

/// Where upkeep fails to, a commit checkpoints at this many pages: 256 MiB.
const CHECKPOINT_PAGES: &str = "32768";

/// Texts that a connection keeps prepared: the hot ones in the shapes that come up, some 100 KB each.
const STATEMENTS_KEPT: usize = 64;

/// Rows on their way from the driver's thread: a whole take, so that the writer never waits for a reader.
const ROWS_ON_THE_WAY: usize = 4096;

/// A page cache of 16 MiB for the writer, 4 MiB for each reader, in KiB as SQLite wants it.
const WRITER_CACHE: &str = "-16384";
const READER_CACHE: &str = "-4096";

impl Sqlite {
    /// Opens a database, made and migrated if need be. Returns it with its writer, which the caller
    /// spawns: nothing is written without it. It ends after [`Sqlite::stop`], once all is written.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        options: OpenOptions,
    ) -> Result<(Arc<Sqlite>, impl Future<Output = ()> + Send), OpenError> {
        let lock = Lock::take(&options)?;
        let write = write_options(&options);
        let mut conn = write.connect().await.map_err(|error| options.failed(error))?;
        migrate(&mut conn, &options).await?;
        scratch(&mut conn).await.map_err(|error| options.failed(error))?;
        let now = options.clock.now();
        let mut key = Vec::with_capacity(32);
        for _ in 0..4 {
            key.extend_from_slice(&options.clock.entropy().to_be_bytes());
        }
        let args = vec![Arg::Null, Arg::Null, Arg::Blob(key)];
        let rows = sql::cross(&mut conn, include_str!("sql/open.sql"), args, None)
            .await
            .map_err(|failed| options.failed(failed.error))?;
        let row = rows.first().ok_or_else(|| options.failed("no row in table installation"))?;
        let (openings, dedupe_hours): (i64, i64) = row
            .try_get(0)
            .and_then(|openings| Ok((openings, row.try_get(1)?)))
            .map_err(|error| options.failed(error))?;
        let hours = sql::cross(&mut conn, include_str!("sql/buckets.sql"), Vec::new(), None)
            .await
            .map_err(|failed| options.failed(failed.error))?;
        let hours = hours.iter().filter_map(|row| row.try_get(0).ok()).map(Hour);
        let buckets = Buckets::new(hours, now);
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers.max(1))
            // A page of the API waits no longer than its client would.
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .connect_with(read_options(&options))
            .await
            .map_err(|error| options.failed(error))?;
        let waiting = Arc::new(Waiting::new(Arc::clone(&options.clock), options.metrics.clone()));
        let writer = Writer {
            waiting: Arc::clone(&waiting),
            clock: Arc::clone(&options.clock),
            metrics: options.metrics.clone(),
            options: write.clone(),
            conn: Some(conn),
            pos: Writer::first_pos(openings),
            living: None,
            buckets,
            dedupe_hours,
            _lock: lock,
        };
        let store = Sqlite {
            waiting,
            readers: readers.clone(),
            clock: options.clock,
            keeper: Mutex::new(None),
            keeper_options: write,
            counted: Mutex::default(),
            looked: Looked::default(),
        };
        let run = async move {
            writer.run().await;
            readers.close().await;
        };
        Ok((Arc::new(store), run))
    }
}

/// Opens the writer's connection anew, after the driver lost it.
pub(super) async fn writer_connection(
    options: &SqliteConnectOptions,
) -> Result<SqliteConnection, sqlx::Error> {
    let mut conn = options.connect().await?;
    scratch(&mut conn).await?;
    Ok(conn)
}

async fn scratch(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    conn.execute(include_str!("sql/scratch.sql")).await.map(drop)
}

fn write_options(options: &OpenOptions) -> SqliteConnectOptions {
    let synchronous = match options.synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
    };
    common(options)
        .create_if_missing(true)
        // Page size and vacuum hold only if they are set before the first table.
        .page_size(PAGE_BYTES)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .pragma("journal_size_limit", WAL_BYTES_KEPT)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("temp_store", "memory")
        .pragma("cache_size", WRITER_CACHE)
        .row_buffer_size(ROWS_ON_THE_WAY)
        .thread_name(|_| "store-writer".to_owned())
}

fn read_options(options: &OpenOptions) -> SqliteConnectOptions {
    common(options)
        .read_only(true)
        .pragma("cache_size", READER_CACHE)
        .thread_name(|n| format!("store-reader-{n}"))
}

fn common(options: &OpenOptions) -> SqliteConnectOptions {
    let common = SqliteConnectOptions::new()
        .filename(&options.path)
        .statement_cache_capacity(STATEMENTS_KEPT)
        .disable_statement_logging();
    match &options.vfs {
        Some(vfs) => common.vfs(vfs.clone()),
        None => common,
    }
}
