//! What somebody's trouble costs others: from post to arrival at a steady pace, of a gateway without the trouble
//! (twice, which shows the noise), and of one beside it. Of one round they follow each other, so that an hour in
//! which the machine is slow is slow for all.

mod hanging;
mod hostile;
mod house;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::event::{EventKind, EventMaker};
use crate::gateway::{SINK_SECRET, SOURCE_SECRET};
use crate::ledger::{Faults, Ledger};
use crate::load::{self, Load, Pace};
use crate::phases::{NUMBERS_PER_PHASE, Plan, drained};
use crate::signing::Key;
use crate::sink::Sink;
use crate::spread::percentile_ms;
use house::House;

pub(crate) use hanging::Options as Hanging;

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

/// Whose trouble it is.
#[derive(Clone, Copy)]
pub(crate) enum Trouble {
    /// A destination hangs before a backlog.
    Hanging(Hanging),
    /// Plugins do what they should not.
    Hostile,
}

/// In which circumstances the others are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Case {
    /// There is no trouble.
    Alone,
    /// The same once more.
    AloneAgain,
    /// There is.
    Beside,
    /// The same after a kill.
    AfterRestart,
    /// There is, and what keeps it down is undone again and again.
    Unbound,
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
    /// The trouble, in words.
    pub(crate) trouble: String,
    /// In the order of the cases.
    pub(crate) rows: Vec<Row>,
    /// What must be zero, over all windows.
    pub(crate) faults: Faults,
    /// Events that were sent late: a busy machine, not a slow system.
    pub(crate) late: u64,
}

impl Case {
    /// Returns its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Alone => "A: without",
            Self::AloneAgain => "A': the same again",
            Self::Beside => "B: beside it",
            Self::AfterRestart => "C: after a kill",
            Self::Unbound => "C: out of quarantine each second",
        }
    }
}

/// Runs all rounds.
///
/// # Errors
/// A gateway does not start, dies, or does not take what the trouble is made of.
pub(crate) async fn run(setting: &Setting<'_>, trouble: Trouble) -> Result<Outcome> {
    match trouble {
        Trouble::Hanging(options) => hanging::run(setting, options).await,
        Trouble::Hostile => hostile::run(setting).await,
    }
}

/// Where rounds are played: the sink that everybody but the trouble delivers to, and what was found.
struct Stage<'a> {
    setting: &'a Setting<'a>,
    sink: Arc<Sink>,
    /// The sink's `host:port`.
    sink_address: String,
    per_second: u32,
    windows: u64,
    outcome: Outcome,
    _serving: JoinSet<Result<()>>,
}

impl<'a> Stage<'a> {
    async fn set(setting: &'a Setting<'a>, trouble: String, cases: &[Case], per_second: u32) -> Result<Self> {
        let sink = Sink::new(Key::standard_webhooks(SINK_SECRET)?);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let sink_address = listener.local_addr()?.to_string();
        let mut serving = JoinSet::new();
        serving.spawn(Arc::clone(&sink).serve(listener));
        let rows = cases.iter().map(|case| Row { case: *case, rounds: Vec::new() }).collect();
        let outcome = Outcome { trouble, rows, faults: Faults::default(), late: 0 };
        Ok(Self { setting, sink, sink_address, per_second, windows: 0, outcome, _serving: serving })
    }

    async fn house(&self, config: &str) -> Result<House> {
        House::start(self.setting.gateway, self.setting.directory, config).await
    }

    /// Sends at the pace for one window, and notes how long each event took to arrive.
    async fn window(&mut self, case: Case, house: &House) -> Result<()> {
        let first = self.windows * NUMBERS_PER_PHASE + 1;
        self.windows += 1;
        let Plan { window_s, warm_up_s, .. } = self.setting.plan;
        let seconds = window_s + warm_up_s;
        let events_max = usize::try_from(seconds * u64::from(2 * self.per_second))?;
        let ledger = Arc::new(Ledger::new(first, events_max));
        self.sink.turn_to(Arc::clone(&ledger));
        let uri = format!("http://{}/in/github", house.address).parse()?;
        let events = EventMaker::new(uri, Key::github(SOURCE_SECRET)?, EventKind::Routed, std::process::id());
        let answers = load::send(Load {
            target: house.address,
            events: Arc::new(events),
            pace: Pace::Fixed { per_second: self.per_second },
            window: Duration::from_secs(seconds),
            ledger: Arc::clone(&ledger),
        })
        .await?;
        drained(&ledger).await;
        self.outcome.faults.add(&ledger.faults());
        self.outcome.late += answers.late;
        let skip = usize::try_from(warm_up_s * u64::from(self.per_second))?;
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

/// Returns a destination at the sink that is signed for.
fn healthy(name: &str, sink: &str) -> String {
    format!(
        "[destination.{name}.http]\nendpoint = \"http://{sink}/hook\"\n\
         sign.standard_webhooks = {{ secrets = [\"${{env:SINK_SECRET}}\"] }}\n\n"
    )
}
