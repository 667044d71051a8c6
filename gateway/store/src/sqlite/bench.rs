//! What an event costs, to be read by people: `cargo test -p hookgate-store -- --ignored --nocapture figure`;
//! `FIGURE` names one of them, `FIGURE_SECONDS` says how long.
//!
//! Asserts nothing: a figure is of its machine and its hour.

#![expect(
    clippy::disallowed_methods,
    reason = "a figure is of the real clock, and of what its caller asks for"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use hookgate_core::delivery::{Birth, Lease, Owner};
use hookgate_core::event::{Content, Parts};
use hookgate_core::render::Rendered;
use hookgate_core::word::{AttemptId, DeliveryId, EventId, Millis, Token};
use hookgate_ports::doubles::VirtualClock;
use hookgate_ports::{Accept, Clock, Entry, Intake, Queue, Settle, Settled, Upkeep};

use super::{Metrics, OpenOptions, Sqlite};
use crate::conformance::{Entries, File};

const BODY_BYTES: usize = 2048;
const CALLERS: usize = 32;

struct RealClock(Instant);

impl Clock for RealClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Millis(i64::try_from(since.as_millis()).unwrap())
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn entropy(&self) -> u64 {
        7
    }
}

/// CPU time of this process, of all its threads.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> =
        stat.rsplit(") ").next().unwrap_or_default().split(' ').map(|f| f.parse().unwrap_or(0)).collect();
    // utime and stime, in ticks of 10 ms.
    Duration::from_millis(fields.get(11..13).map_or(0, |times| times.iter().sum::<u64>() * 10))
}

/// Bytes that this process sent to disks.
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")?.parse().ok()).unwrap_or(0)
}

/// What one caller does over and over.
#[derive(Clone, Copy)]
enum Life {
    AcceptOnly,
    Whole,
}

async fn run(name: &str, life: Life, is_keyed: bool, hours: i64, seconds: u64) {
    if std::env::var("FIGURE").is_ok_and(|wanted| wanted != name) {
        return;
    }
    let (file, metrics) = (File::new(), Metrics::default());
    let clock = Arc::new(RealClock(Instant::now()));
    let options = OpenOptions { metrics: metrics.clone(), ..OpenOptions::new(file.path(), clock.clone()) };
    let (empty, writer) = Sqlite::open(options.clone()).await.unwrap();
    empty.stop();
    writer.await;
    fill(&file, hours).await;
    let (store, writer) = Sqlite::open(options).await.unwrap();
    let writer = tokio::spawn(writer);
    let owner = store.enter().await.unwrap().owner;
    let entries = Arc::new(Template::new(&Entries::new(&VirtualClock::new(clock.now(), 1)), owner, is_keyed));
    let done = Arc::new(AtomicU64::new(0));
    let (cpu_before, written_before, commits_before) = (cpu(), written(), metrics.commits());
    let began = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let (store, entries, done) = (store.clone(), entries.clone(), done.clone());
            tokio::spawn(async move {
                while began.elapsed() < Duration::from_secs(seconds) {
                    once(&store, &entries, owner, life).await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let tidier = tokio::spawn({
        let store = store.clone();
        async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                store.tidy().await.unwrap();
            }
        }
    });
    for caller in callers {
        caller.await.unwrap();
    }
    let took = began.elapsed().as_secs_f64();
    let events = done.load(Ordering::Relaxed) as f64;
    let spent = (cpu() - cpu_before).as_secs_f64();
    let commits = (metrics.commits() - commits_before) as f64;
    println!(
        "{name}: {:.0} events/s, {:.1} us CPU, {:.1} units/commit, {:.1} KB written an event",
        events / took,
        spent * 1e6 / events,
        events * if matches!(life, Life::Whole) { 2.0 } else { 1.0 } / commits,
        (written() - written_before) as f64 / 1024.0 / events,
    );
    tidier.abort();
    store.stop();
    writer.await.unwrap();
}

/// An event, its delivery and its settle, copied over and over: what a gateway does around the store costs
/// nothing here.
struct Template {
    entry: Entry,
    lease: Lease,
    settle: Settle,
    count: AtomicI64,
}

impl Template {
    fn new(entries: &Entries, owner: Owner, is_keyed: bool) -> Template {
        let (entry, lease) = entries.born_taken(owner, BODY_BYTES, is_keyed);
        let mut settle = entries.delivered(entry.deliveries[0].id, lease);
        let body = entry.event.content.body.clone();
        settle.attempt.rendered =
            settle.attempt.rendered.map(|rendered| Rendered { body, is_event_body: true, ..rendered });
        let count = AtomicI64::new(entry.event.content.id.0 + (1 << 30));
        Template { entry, lease, settle, count }
    }

    /// Returns copies under new ids, as a minter draws them, and a new key.
    fn next(&self) -> (Entry, Settle) {
        let id = self.count.fetch_add(4, Ordering::Relaxed);
        let (mut entry, mut settle) = (self.entry.clone(), self.settle.clone());
        let lease = Lease { token: Token(id + 3), ..self.lease };
        let content = &entry.event.content;
        entry.event.content = Arc::new(Content::new(Parts {
            id: EventId(id),
            source: content.source.clone(),
            event_type: content.event_type.clone(),
            subject: content.subject.clone(),
            order_key: None,
            received_at: content.received_at,
            headers: content.headers.clone(),
            body: content.body.clone(),
        }));
        if let Some(dedupe) = &mut entry.event.dedupe {
            // Two odd constants spread the keys as a hash would.
            let spread = (id as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            dedupe.key = (spread ^ spread >> 64).to_be_bytes();
        }
        let delivery = &mut entry.deliveries[0];
        (delivery.id, delivery.event, delivery.birth) =
            (DeliveryId(id + 1), EventId(id), Birth::Taken(lease));
        (settle.delivery, settle.lease, settle.attempt.id) = (DeliveryId(id + 1), lease, AttemptId(id + 2));
        (entry, settle)
    }
}

async fn once(store: &Sqlite, template: &Template, owner: Owner, life: Life) {
    let (entry, settle) = template.next();
    store.accept(Accept { owner, entries: vec![entry] }).await.unwrap();
    match life {
        Life::AcceptOnly => {}
        Life::Whole => assert_eq!(store.settle(settle).await, Ok(Settled::Done)),
    }
}

/// Puts keys of earlier hours into the database, 20,000 an hour.
async fn fill(file: &File, hours: i64) {
    use sqlx::{ConnectOptions, Executor};
    let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(file.path()).connect().await.unwrap();
    for hour in 1..=hours {
        let text = format!(
            "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) \
             insert into dedupe select unixepoch() / 3600 - {hour}, 1, 2, randomblob(16), 3, i from n"
        );
        conn.execute(sqlx::AssertSqlSafe(text)).await.unwrap();
    }
}

#[test]
#[ignore = "a figure, not a fact"]
fn figure_of_an_event() {
    let seconds = std::env::var("FIGURE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(5);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        run("accept only", Life::AcceptOnly, false, 0, seconds).await;
        run("whole life", Life::Whole, false, 0, seconds).await;
        run("whole life, keyed", Life::Whole, true, 0, seconds).await;
        run("whole life, keyed, 24 hours found at start", Life::Whole, true, 24, seconds).await;
    });
}
