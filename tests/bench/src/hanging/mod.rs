//! What a destination that hangs costs twenty others: from post to arrival at a steady pace, of a gateway
//! where nothing waits (twice, which shows the noise), of one where 100,000 deliveries that are older wait
//! for the one that hangs, and of that one after a kill. Of one round they follow each other, so that an
//! hour in which the machine is slow is slow for all.

mod house;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::event::{EventKind, EventMaker};
use crate::gateway::{SINK_SECRET, SOURCE_SECRET};
use crate::ledger::{Faults, Ledger};
use crate::load::{self, Load, Pace};
use crate::phases::{NUMBERS_PER_PHASE, Plan, drained};
use crate::serve::{empty, serve};
use crate::signing::Key;
use crate::sink::Sink;
use crate::spread::percentile_ms;
use house::House;

/// Five events a second for each of the healthy destinations: far from saturated, so that what is seen is
/// waiting and not work.
const PER_SECOND: u32 = 100;

/// So long the destination that hangs takes to answer.
const HANGS: Duration = Duration::from_secs(30);

/// Its permits, by default: when so many requests are there it gets no more.
const PERMITS: u64 = 32;

/// A backlog of a million is found by then.
const FOUND_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Deliveries that wait for the destination that hangs
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    pub(crate) waiting: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { waiting: 100_000 }
    }
}

/// What all rounds share.
pub(crate) struct Setting<'a> {
    /// How many rounds.
    pub(crate) rounds: u32,
    /// How long each window.
    pub(crate) plan: Plan,
    /// The gateway's binary.
    pub(crate) gateway: &'a Path,
    /// Where databases go.
    pub(crate) directory: &'a Path,
}

/// In which circumstances the healthy destinations are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Case {
    /// Nothing waits.
    Alone,
    /// The same once more.
    AloneAgain,
    /// The backlog waits, and 32 of it hang.
    Beside,
    /// The same after a kill.
    AfterRestart,
}

/// What one window found.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Times {
    /// From post to arrival, median.
    pub(crate) p50_ms: f64,
    /// The same, 99th percentile.
    pub(crate) p99_ms: f64,
    /// The longest of all.
    pub(crate) longest_ms: f64,
    /// Resident memory of the gateway in the end.
    pub(crate) rss_mib: f64,
}

/// One case over the rounds.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Row {
    /// Which.
    pub(crate) case: Case,
    /// By round.
    pub(crate) rounds: Vec<Times>,
}

/// What all rounds found.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Outcome {
    /// How many deliveries waited.
    pub(crate) waiting: u32,
    /// In the order of [`Case::ALL`].
    pub(crate) rows: Vec<Row>,
    /// What must be zero, over all windows.
    pub(crate) faults: Faults,
    /// Events that were sent late: a busy machine, not a slow system.
    pub(crate) late: u64,
}

impl Case {
    /// All of them, as a table lists them.
    pub(crate) const ALL: [Self; 4] = [Self::Alone, Self::AloneAgain, Self::Beside, Self::AfterRestart];

    /// Returns its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alone => "A: nothing waits",
            Self::AloneAgain => "A': the same again",
            Self::Beside => "B: beside the backlog",
            Self::AfterRestart => "C: after a kill",
        }
    }
}

/// Runs all rounds.
///
/// # Errors
/// A gateway does not start, dies, or does not take the backlog.
pub(crate) async fn run(setting: &Setting<'_>, options: Options) -> Result<Outcome> {
    let sink = Sink::new(Key::standard_webhooks(SINK_SECRET)?);
    let (healthy, hanging) =
        (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    let (sink_address, hanging_address) = (healthy.local_addr()?, hanging.local_addr()?);
    let hung = Arc::new(watch::Sender::new(0));
    let mut serving = JoinSet::new();
    serving.spawn(Arc::clone(&sink).serve(healthy));
    serving.spawn(hang(hanging, Arc::clone(&hung)));
    let rows = Case::ALL.map(|case| Row { case, rounds: Vec::new() });
    let outcome = Outcome { waiting: options.waiting, rows: rows.into(), faults: Faults::default(), late: 0 };
    let stage = Stage {
        sink,
        plan: setting.plan,
        binary: setting.gateway.to_owned(),
        directory: setting.directory.to_owned(),
        addresses: (sink_address, hanging_address),
        hung,
        windows: 0,
        outcome,
    };
    stage.play(setting.rounds).await
}

/// Reads each request, counts it, and answers it late.
async fn hang(listener: TcpListener, hung: Arc<watch::Sender<u64>>) -> Result<()> {
    let answer = move |_| {
        let hung = Arc::clone(&hung);
        async move {
            hung.send_modify(|count| *count += 1);
            tokio::time::sleep(HANGS).await;
            empty(StatusCode::NO_CONTENT)
        }
    };
    Ok(serve(listener, answer).await?)
}

struct Stage {
    sink: Arc<Sink>,
    plan: Plan,
    binary: PathBuf,
    directory: PathBuf,
    /// Of the sink, and of what hangs.
    addresses: (SocketAddr, SocketAddr),
    /// How many requests hung in all.
    hung: Arc<watch::Sender<u64>>,
    windows: u64,
    outcome: Outcome,
}

impl Stage {
    async fn play(mut self, rounds: u32) -> Result<Outcome> {
        for round in 1..=rounds {
            eprintln!("round {round} of {rounds}: one destination hangs");
            self.round().await.with_context(|| format!("round {round}: one destination hangs"))?;
        }
        Ok(self.outcome)
    }

    /// The order is A, B, A', C: between both pairs lies as much time, and nothing waits anywhere during A'.
    async fn round(&mut self) -> Result<()> {
        let plain = self.house().await?;
        self.window(Case::Alone, &plain).await?;
        let mut full = self.house().await?;
        let before = *self.hung.borrow();
        full.fill(self.outcome.waiting).await?;
        self.hangs(before + PERMITS).await?;
        self.window(Case::Beside, &full).await?;
        full.kill();
        self.window(Case::AloneAgain, &plain).await?;
        let before = *self.hung.borrow();
        full.start_again().await?;
        self.hangs(before + PERMITS).await?;
        self.window(Case::AfterRestart, &full).await
    }

    async fn house(&self) -> Result<House> {
        House::start(&self.binary, &self.directory, self.addresses.0, self.addresses.1).await
    }

    /// Waits until so many requests hung.
    async fn hangs(&self, count: u64) -> Result<()> {
        let mut hung = self.hung.subscribe();
        let reached = hung.wait_for(|hung| *hung >= count);
        tokio::time::timeout(FOUND_TIMEOUT, reached).await.context("the backlog was not taken up")??;
        Ok(())
    }

    /// Sends at the pace for one window, and notes how long each event took to arrive.
    async fn window(&mut self, case: Case, house: &House) -> Result<()> {
        let first = self.windows * NUMBERS_PER_PHASE + 1;
        self.windows += 1;
        let Plan { window_s, warm_up_s, .. } = self.plan;
        let seconds = window_s + warm_up_s;
        let ledger = Arc::new(Ledger::new(first, usize::try_from(seconds * u64::from(2 * PER_SECOND))?));
        self.sink.turn_to(Arc::clone(&ledger));
        let uri = format!("http://{}/in/github", house.address).parse()?;
        let events = EventMaker::new(uri, Key::github(SOURCE_SECRET)?, EventKind::Routed, std::process::id());
        let answers = load::send(Load {
            target: house.address,
            events: Arc::new(events),
            pace: Pace::Fixed { per_second: PER_SECOND },
            window: Duration::from_secs(seconds),
            ledger: Arc::clone(&ledger),
        })
        .await?;
        drained(&ledger).await;
        let faults = ledger.faults();
        self.outcome.faults.add(&faults);
        self.outcome.late += answers.late;
        let skip = usize::try_from(warm_up_s * u64::from(PER_SECOND))?;
        let mut times = ledger.arrival_times(skip);
        let mut at = |share| percentile_ms(&mut times, share).context("no event arrived");
        let (p50_ms, p99_ms, longest_ms) = (at(0.5)?, at(0.99)?, at(1.0)?);
        let rss_mib = house.read()?.rss_kib as f64 / 1024.0;
        let row =
            self.outcome.rows.iter_mut().find(|row| row.case == case).context("every case has a row")?;
        row.rounds.push(Times { p50_ms, p99_ms, longest_ms, rss_mib });
        Ok(())
    }
}
