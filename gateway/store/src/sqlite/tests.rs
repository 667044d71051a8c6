//! What holds of SQLite alone: statements, crossings, the writer under bad luck, the lock, the schema.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use hookgate_core::delivery::Owner;
use hookgate_core::event::{Accepted, Dedupe};
use hookgate_core::limits;
use hookgate_core::word::Scope;
use hookgate_ports::doubles::VirtualClock;
use hookgate_ports::{Accept, EventFilter, Intake, Journal, Queue, StoreError, Upkeep};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor, Row, SqlSafeStr, SqliteConnection};
use tokio::task::JoinHandle;

use super::commit::{Sections, count};
use super::unit::Section;
use super::*;
use crate::conformance::{Entries, File};

struct Opened {
    file: File,
    clock: VirtualClock,
    metrics: Metrics,
    sqlite: Arc<Sqlite>,
    writer: JoinHandle<()>,
}

async fn open() -> Opened {
    let (file, clock, metrics) = (File::new(), VirtualClock::default(), Metrics::default());
    let options =
        OpenOptions { metrics: metrics.clone(), ..OpenOptions::new(file.path(), Arc::new(clock.clone())) };
    let (sqlite, writer) = Sqlite::open(options).await.unwrap();
    Opened { file, clock, metrics, sqlite, writer: tokio::spawn(writer) }
}

/// A connection with the schema and the writer's scratch tables.
async fn connection(file: &File) -> SqliteConnection {
    let mut conn = SqliteConnectOptions::new().filename(file.path()).connect().await.unwrap();
    conn.execute(include_str!("sql/scratch.sql")).await.unwrap();
    conn
}

/// Every statement, by the name of its file.
fn statements() -> Vec<(String, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite/sql");
    let mut statements = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("-- "), "{name}.sql: says on top which index serves it");
        let code: String =
            text.lines().filter(|line| !line.starts_with("--")).flat_map(|line| [line, "\n"]).collect();
        let parts: Vec<&str> = code.split(";\n").map(str::trim).filter(|part| !part.is_empty()).collect();
        assert_eq!(parts.len(), count(&text), "{name}.sql: a statement ends its line");
        statements.extend(parts.into_iter().map(|part| (name.clone(), part.to_owned())));
    }
    statements
}

#[tokio::test]
async fn every_statement_is_prepared() {
    let opened = open().await;
    let mut conn = connection(&opened.file).await;

    for (name, statement) in statements().into_iter().filter(|(name, _)| name != "scratch") {
        let prepared = conn.prepare(sqlx::AssertSqlSafe(statement).into_sql_str()).await;

        assert!(prepared.is_ok(), "{name}.sql: {}", prepared.err().unwrap());
    }
}

#[tokio::test]
async fn no_statement_reads_a_whole_table_but_those_that_say_so() {
    let opened = open().await;
    let mut conn = connection(&opened.file).await;
    let says_so = ["depth", "enter", "leave", "release_unknown"];

    for (name, statement) in
        statements().into_iter().filter(|(name, _)| !says_so.contains(&name.as_str()) && name != "scratch")
    {
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("explain query plan {statement}")))
            .fetch_all(&mut conn)
            .await
            .unwrap();

        for row in plan {
            let step: String = row.get(3);
            let large = ["delivery", "d", "q", "event", "e", "finished", "f", "attempt", "a", "dedupe"];
            let reads_all = large.iter().any(|table| step == format!("SCAN {table}"));
            // `f` of forget.sql is a scratch table of one row.
            assert!(!reads_all || name == "forget", "{name}.sql: {step}\n{statement}");
        }
    }
}

#[tokio::test]
async fn a_commit_is_one_crossing_however_many_share_it() {
    let opened = open().await;
    let owner = opened.sqlite.enter().await.unwrap().owner;
    let entries = Entries::new(&opened.clock);
    let (before, commits) = (opened.metrics.crossings(), opened.metrics.commits());

    let accepts = (0..50).map(|_| opened.sqlite.accept(Accept { owner, entries: vec![entries.plain()] }));
    let answers = futures_util::future::join_all(accepts).await;

    assert!(answers.iter().all(|answer| *answer == Ok(vec![Accepted::New])));
    let (crossings, commits) = (opened.metrics.crossings() - before, opened.metrics.commits() - commits);
    assert_eq!(crossings, commits);
    assert!(commits <= 2, "{commits} commits for 50 units that came at once");
}

#[tokio::test]
async fn a_bad_unit_stands_alone_with_its_error() {
    let opened = open().await;
    let owner = opened.sqlite.enter().await.unwrap().owner;
    let entries = Entries::new(&opened.clock);
    let stored = entries.plain();
    opened.sqlite.accept(Accept { owner, entries: vec![stored.clone()] }).await.unwrap();

    let units = (0..40).map(|n| if n == 23 { stored.clone() } else { entries.keyed() });
    let accepts = units.map(|entry| opened.sqlite.accept(Accept { owner, entries: vec![entry] }));
    let answers = futures_util::future::join_all(accepts).await;

    for (n, answer) in answers.into_iter().enumerate() {
        if n == 23 {
            assert!(
                matches!(&answer, Err(StoreError::Refused(text)) if text.contains("event.id")),
                "{answer:?}"
            );
        } else {
            assert_eq!(answer, Ok(vec![Accepted::New]), "unit {n}");
        }
    }
}

#[tokio::test]
async fn equal_keys_are_folded_anew_in_every_half_of_a_commit() {
    let opened = open().await;
    let owner = opened.sqlite.enter().await.unwrap().owner;
    let entries = Entries::new(&opened.clock);
    let stored = entries.plain();
    opened.sqlite.accept(Accept { owner, entries: vec![stored.clone()] }).await.unwrap();
    let keyed = |n: i64| {
        let mut entry = entries.plain();
        entry.event.dedupe = Some(Dedupe { key: [7; 16], fingerprint: n % 2, window_hours: 24 });
        entry
    };
    // The first of the equal ones is in a unit that is refused: the next one is the first then.
    let refused = Accept { owner, entries: vec![keyed(0), stored] };
    let units: Vec<Accept> =
        std::iter::once(refused).chain((1..40).map(|n| Accept { owner, entries: vec![keyed(n)] })).collect();
    let first = units[1].entries[0].event.content.id;

    let accepts = units.into_iter().map(|unit| opened.sqlite.accept(unit));
    let answers = futures_util::future::join_all(accepts).await;

    assert!(matches!(answers[0], Err(StoreError::Refused(_))), "{:?}", answers[0]);
    assert_eq!(answers[1], Ok(vec![Accepted::New]));
    for (n, answer) in answers.into_iter().enumerate().skip(2) {
        assert_eq!(answer, Ok(vec![Accepted::Duplicate { of: first, same_body: n % 2 == 1 }]), "unit {n}");
    }
}

#[tokio::test]
async fn a_writer_that_is_stuck_means_busy() {
    let (file, clock) = (File::new(), VirtualClock::default());
    let options = OpenOptions::new(file.path(), Arc::new(clock.clone()));
    // Nobody runs the writer.
    let (sqlite, writer) = Sqlite::open(options).await.unwrap();
    let entries = Entries::new(&clock);
    let unit = || Accept { owner: Owner(0), entries: vec![entries.plain()] };
    let mut first = Box::pin(sqlite.accept(unit()));
    assert!((&mut first).now_or_never().is_none());

    clock.advance(limits::ACCEPT_WAIT_MAX + Duration::from_millis(1));
    let refused = sqlite.accept(unit()).await;

    assert!(
        matches!(refused, Err(StoreError::Busy { retry_after }) if retry_after > limits::ACCEPT_WAIT_MAX),
        "{refused:?}"
    );
    sqlite.stop();
    writer.await;
    assert!(matches!(first.await, Err(StoreError::Busy { .. })), "it waited too long: it is not written");
}

#[tokio::test]
async fn a_full_queue_means_busy_and_settles_still_have_room() {
    let (file, clock) = (File::new(), VirtualClock::default());
    let (sqlite, writer) =
        Sqlite::open(OpenOptions::new(file.path(), Arc::new(clock.clone()))).await.unwrap();
    let entries = Entries::new(&clock);
    let unit = || Accept { owner: Owner(0), entries: vec![entries.plain()] };
    let mut waiting: Vec<_> = (0..limits::WRITER_QUEUE_MAX).map(|_| sqlite.accept(unit())).collect();
    for accept in &mut waiting {
        assert!(accept.now_or_never().is_none());
    }

    assert!(matches!(sqlite.accept(unit()).await, Err(StoreError::Busy { .. })));
    let mut settled = sqlite.settle(entries.settle());
    assert!((&mut settled).now_or_never().is_none());

    sqlite.stop();
    writer.await;
    assert_eq!(settled.await, Ok(hookgate_ports::Settled::LeaseLost));
    let answers = futures_util::future::join_all(waiting).await;
    assert!(
        answers.iter().all(|answer| *answer == Ok(vec![Accepted::New])),
        "what waits is written before the end"
    );
    assert!(matches!(sqlite.accept(unit()).await, Err(StoreError::Down(_))));
}

#[tokio::test]
async fn callers_that_go_away_leave_the_writer_healthy() {
    let opened = open().await;
    let entries = Entries::new(&opened.clock);
    let unit = || Accept { owner: Owner(0), entries: vec![entries.plain()] };

    for _ in 0..200 {
        let mut accept = opened.sqlite.accept(unit());
        assert!((&mut accept).now_or_never().is_none());
        drop(accept);
        tokio::task::yield_now().await;
    }

    assert_eq!(opened.sqlite.accept(unit()).await, Ok(vec![Accepted::New]));
    opened.sqlite.stop();
    opened.writer.await.unwrap();
}

/// Sends the writer's connection a text of the test's own.
async fn tell(sqlite: &Sqlite, sql: &'static str) -> Vec<SqliteRow> {
    sqlite.script(vec![Text { sql, args: Vec::new() }], Then::Nothing).await.unwrap()
}

#[tokio::test]
async fn a_full_disk_means_down_until_there_is_room() {
    let opened = open().await;
    let sqlite = &opened.sqlite;
    let owner = sqlite.enter().await.unwrap().owner;
    let entries = Entries::new(&opened.clock);
    let large = || Accept { owner, entries: vec![entries.of_bytes(1 << 20)] };
    let small = entries.planned(hookgate_core::delivery::Birth::Pending);
    let id = small.event.content.id;
    sqlite.accept(Accept { owner, entries: vec![small] }).await.unwrap();

    tell(sqlite, "pragma max_page_count = 200").await;
    let mut refused = Ok(Vec::new());
    for _ in 0..3 {
        refused = sqlite.accept(large()).await;
    }

    assert!(matches!(&refused, Err(StoreError::Down(why)) if why.contains("full")), "{refused:?}");
    assert!(
        sqlite.event(Scope::default_scope().id(), id).await.unwrap().is_some(),
        "what was there is there"
    );
    assert_eq!(sqlite.ping().await, Ok(()));
    tell(sqlite, "pragma max_page_count = 100000").await;
    assert_eq!(sqlite.accept(large()).await, Ok(vec![Accepted::New]));
}

#[tokio::test]
async fn a_disk_that_only_reads_means_down_and_nothing_is_written() {
    let opened = open().await;
    let sqlite = &opened.sqlite;
    let owner = sqlite.enter().await.unwrap().owner;
    let entries = Entries::new(&opened.clock);
    tell(sqlite, "pragma query_only = 1").await;

    let accepted = sqlite.accept(Accept { owner, entries: vec![entries.keyed()] }).await;
    let tidied = sqlite.tally(vec![]).await;
    let left = sqlite.leave(owner).await;

    assert!(matches!(&accepted, Err(StoreError::Down(why)) if why.contains("readonly")), "{accepted:?}");
    assert_eq!(tidied, Ok(()), "there was nothing to write");
    assert!(matches!(left, Err(StoreError::Down(_))), "{left:?}");
    let scope = Scope::default_scope().id();
    let listed = sqlite.events(scope, EventFilter::default(), None, 9).await.unwrap();
    assert_eq!((sqlite.ping().await, listed.rows.len()), (Ok(()), 0), "it still answers");
}

#[tokio::test]
async fn a_second_process_is_refused_and_told_who_has_it() {
    let opened = open().await;

    let options = OpenOptions::new(opened.file.path(), Arc::new(opened.clock.clone()));
    let refused = Sqlite::open(options).await.err().unwrap();

    assert!(refused.to_string().ends_with(&format!("(process {})", std::process::id())), "{refused}");
    opened.sqlite.stop();
    opened.writer.await.unwrap();
    let options = OpenOptions::new(opened.file.path(), Arc::new(opened.clock.clone()));
    assert!(Sqlite::open(options).await.is_ok(), "the lock goes with its process");
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let opened = open().await;
    opened.sqlite.stop();
    opened.writer.await.unwrap();
    let mut conn = SqliteConnectOptions::new().filename(opened.file.path()).connect().await.unwrap();
    conn.execute("pragma user_version = 77").await.unwrap();

    let refused = Sqlite::open(OpenOptions::new(opened.file.path(), Arc::new(opened.clock.clone())))
        .await
        .err()
        .unwrap();

    assert!(
        refused.to_string().contains("its schema is version 77, this release knows up to 1"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_database_is_made_as_it_was_measured_best() {
    let opened = open().await;
    let mut conn = connection(&opened.file).await;

    for (pragma, expected) in [("page_size", "8192"), ("auto_vacuum", "2"), ("journal_mode", "wal")] {
        let row = conn.fetch_one(sqlx::AssertSqlSafe(format!("pragma {pragma}"))).await.unwrap();
        let found =
            row.try_get::<String, _>(0).or_else(|_| row.try_get::<i64, _>(0).map(|n| n.to_string())).unwrap();
        assert_eq!(found, expected, "{pragma}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_with_its_name() {
    let (file, clock) = (File::new(), VirtualClock::default());
    std::fs::write(file.path(), vec![b'x'; 5000]).unwrap();

    let refused = Sqlite::open(OpenOptions::new(file.path(), Arc::new(clock))).await.err().unwrap();

    assert!(matches!(&refused, OpenError::Database { path, .. } if *path == file.path()), "{refused}");
}

#[tokio::test]
async fn tidying_under_load_keeps_the_log_bounded() {
    let opened = open().await;
    let entries = Entries::new(&opened.clock);
    for _ in 0..40 {
        let body = vec![entries.of_bytes(1 << 20)];
        opened.sqlite.accept(Accept { owner: Owner(0), entries: body }).await.unwrap();
        opened.sqlite.tidy().await.unwrap();
    }

    let wal = std::fs::metadata(opened.file.path().with_extension("db-wal")).unwrap().len();
    assert!(wal < 8 << 20, "{wal} bytes");
}

#[test]
fn suspects_are_what_the_limit_says_in_every_text() {
    let suspect = format!("lost >= {}", limits::LOST_SUSPECT);

    let (index, take) = (include_str!("migrations/0000_first.sql"), include_str!("sql/take.sql"));

    assert!(index.contains(&format!("and {suspect};")));
    assert!(take.contains(&format!("q.{suspect}")));
    assert!(take.contains(&format!("q.lost < {}", limits::LOST_SUSPECT)));
}

#[test]
fn every_commit_text_begins_and_commits() {
    for number in 0..Sections::SETS {
        let text = Sections::of(number).text();

        assert!(text.sql.starts_with("begin immediate;\n") && text.sql.ends_with("\ncommit;"));
        assert_eq!(text.statements, count(&text.sql));
    }
    let mut accept = Sections::default();
    accept.add(Section::Accept);
    assert_eq!(accept.text().statements, 4);
}
