//! What a backlog costs: a store is filled with due deliveries, and at 1,000, 100,000 and all of them the
//! look for due lanes and the take are timed. Neither may grow with what waits, and memory may not either.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use clap::Args;
use hookgate_core::delivery::{Birth, Lane, NewDelivery, Owner};
use hookgate_core::event::{Content, NewEvent, Parts};
use hookgate_core::recipe::Recipe;
use hookgate_core::word::{
    DeliveryId, Digest, EventId, Headers, Kind, MessageId, Millis, Minter, NameId, Origin, Scope, ScopeId,
    Slug, Token,
};
use hookgate_ports::{Accept, Clock, Entry, Intake, Queue, Upkeep, Want};
use hookgate_store::{OpenOptions, Sqlite};
use tokio::task::JoinHandle;

use crate::process;
use crate::scratch::Scratch;
use crate::spread::percentile_ms;

/// Looks and takes timed at each size.
const ROUNDS: u32 = 200;

/// Deliveries that a take wants of each lane: what permits that came free in some milliseconds are.
const TAKEN_PER_LANE: u32 = 8;

/// Entries of one unit while filling: many, for filling is not what is measured.
const ENTRIES_PER_UNIT: usize = 100;

/// A body about as large as those of the other benchmarks.
const BODY_BYTES: usize = 1024;

#[derive(Args)]
pub(crate) struct Options {
    /// Due deliveries in the end
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    deliveries: u32,
    /// Lanes that they wait in
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    lanes: u32,
}

/// The real clock.
struct RealClock(Instant);

impl Clock for RealClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn entropy(&self) -> u64 {
        u64::from(self.0.elapsed().subsec_nanos())
    }
}

/// An open store, and what it is filled with.
struct Backlog {
    store: Arc<Sqlite>,
    writer: JoinHandle<()>,
    owner: Owner,
    minter: Minter,
    clock: Arc<dyn Clock>,
    scope: ScopeId,
    lanes: Vec<NameId>,
    body: Bytes,
}

/// Fills a store below `directory`, times it at each size, and starts it again.
pub(crate) async fn run(options: &Options, directory: &Path) -> Result<()> {
    let scratch = Scratch::new(directory)?;
    let file = scratch.path().join("backlog.db");
    let backlog = Backlog::open(&file, options.lanes).await?;
    let empty = process::read_self()?.rss_kib;
    println!(
        "{:>10} {:>12} {:>12} {:>12} {:>12} {:>10}",
        "due", "look us", "take us", "of each", "count ms", "RSS MiB"
    );
    let mut filled = 0;
    for size in [1_000, 100_000, options.deliveries] {
        if size > options.deliveries || size <= filled {
            continue;
        }
        backlog.fill(size - filled).await?;
        filled = size;
        backlog.measure(size).await?;
    }
    println!("resident: {:.1} MiB empty, {:.1} MiB full", mib(empty), mib(process::read_self()?.rss_kib));
    backlog.close().await?;
    let began = Instant::now();
    let again = Backlog::open(&file, options.lanes).await?;
    let lanes = again.store.due(512).await?.lanes.len();
    println!("start with {filled} due in {lanes} lanes: {:.2} s", began.elapsed().as_secs_f64());
    again.close().await
}

impl Backlog {
    async fn open(file: &Path, lanes: u32) -> Result<Backlog> {
        let clock: Arc<dyn Clock> = Arc::new(RealClock(Instant::now()));
        let (store, writer) = Sqlite::open(OpenOptions::new(file, Arc::clone(&clock))).await?;
        let writer = tokio::spawn(writer);
        let seat = store.enter().await?;
        let scope = Scope::default_scope().id();
        let slug = |nth: u32| Slug::parse(&format!("lane-{nth}")).context("a slug");
        let lane = |nth| slug(nth).map(|slug| NameId::of(scope, Kind::Destination, &slug));
        Ok(Backlog {
            store,
            writer,
            owner: seat.owner,
            minter: Minter::new(seat.owner.number(), seat.id_max),
            clock,
            scope,
            lanes: (0..lanes).map(lane).collect::<Result<_>>()?,
            body: Bytes::from(vec![b'x'; BODY_BYTES]),
        })
    }

    /// Accepts events with a delivery in each lane, until so many deliveries more wait.
    async fn fill(&self, deliveries: u32) -> Result<()> {
        let mut left = deliveries as usize;
        while left > 0 {
            let mut entries = Vec::with_capacity(ENTRIES_PER_UNIT);
            while left > 0 && entries.len() < ENTRIES_PER_UNIT {
                let lanes = &self.lanes[..self.lanes.len().min(left)];
                entries.push(self.entry(lanes));
                left -= lanes.len();
            }
            self.store.accept(Accept { owner: self.owner, entries }).await?;
            // As the gateway's upkeep does, or the log would hold all of it.
            self.store.tidy().await?;
        }
        Ok(())
    }

    async fn measure(&self, due: u32) -> Result<()> {
        let (mut looks, mut takes) = (Vec::new(), Vec::new());
        let mut taken_each = 0;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let lanes = self.store.due(512).await?.lanes;
            looks.push(began.elapsed());
            ensure!(!lanes.is_empty(), "nothing is due");
            let token = Token(self.id());
            let want = |id: &NameId| Want {
                lane: Lane { scope: self.scope, id: *id },
                count: TAKEN_PER_LANE,
                bytes: 32 << 20,
                token,
                suspects: false,
            };
            let began = Instant::now();
            let taken = self.store.take(self.owner, self.lanes.iter().map(want).collect()).await?;
            takes.push(began.elapsed());
            taken_each = taken.len() / self.lanes.len();
            let leases = taken.into_iter().map(|leased| (leased.id, leased.lease)).collect();
            self.store.release(leases).await?;
        }
        let began = Instant::now();
        self.store.depth().await?;
        let counting = began.elapsed();
        let micros = |times: &mut [Duration]| percentile_ms(times, 0.5).unwrap_or_default() * 1e3;
        println!(
            "{due:>10} {:>12.0} {:>12.0} {taken_each:>12} {:>12.1} {:>10.1}",
            micros(&mut looks),
            micros(&mut takes),
            counting.as_secs_f64() * 1e3,
            mib(process::read_self()?.rss_kib),
        );
        Ok(())
    }

    async fn close(self) -> Result<()> {
        self.store.leave(self.owner).await?;
        self.store.stop();
        self.writer.await.context("the writer did not end in order")
    }

    fn entry(&self, lanes: &[NameId]) -> Entry {
        let id = EventId(self.id());
        let content = Content::new(Parts {
            id,
            source: "bench".into(),
            event_type: "push".into(),
            subject: None,
            order_key: None,
            received_at: self.clock.now(),
            headers: Arc::new(Headers::new()),
            body: self.body.clone(),
        });
        let event = NewEvent {
            scope: self.scope,
            source: NameId(1),
            content: Arc::new(content),
            dedupe: None,
            origin: Origin::Http,
            revision: Digest::of(b"revision"),
            trace: None,
            hops: 0,
        };
        Entry { event, deliveries: lanes.iter().map(|lane| self.delivery(id, *lane)).collect() }
    }

    fn delivery(&self, event: EventId, lane: NameId) -> NewDelivery {
        let id = DeliveryId(self.id());
        NewDelivery {
            id,
            event,
            route: NameId(2),
            destination: Some(lane),
            lane: Lane { scope: self.scope, id: lane },
            recipe: Recipe::default().digest(),
            message: MessageId::of(id),
            bytes: BODY_BYTES as u32,
            parent: None,
            held: None,
            birth: Birth::Pending,
        }
    }

    fn id(&self) -> i64 {
        self.minter.next(self.clock.now())
    }
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
