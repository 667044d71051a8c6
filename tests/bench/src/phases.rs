//! What one round does with one running system: idle, paced, saturated, and saturated with events no
//! route takes. Each phase has event numbers of its own, and ends when every accepted event has arrived
//! or nothing moves any more.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::task::JoinSet;

use crate::event::{EventKind, EventMaker};
use crate::gateway::{Running, SOURCE_SECRET};
use crate::ledger::{Faults, Ledger};
use crate::load::{self, Answers, Load, Pace};
use crate::process;
use crate::report::figure::Figure;
use crate::signing::Key;
use crate::sink::Sink;
use crate::spread::percentile_ms;

/// The pace of the latency phase, as in the goals.
const PACED_PER_SECOND: u32 = 50;

/// An idle system has settled after this time.
const SETTLE: Duration = Duration::from_secs(1);

/// A system that delivers nothing for this long delivers nothing more.
const STILL: Duration = Duration::from_secs(5);

/// No backlog is waited for longer.
const DRAIN_MAX: Duration = Duration::from_secs(60);

/// More than any system here accepts a second; a ledger has room for it, 24 bytes each.
const EVENTS_PER_SECOND_MAX: u64 = 60_000;

/// So many numbers lie between the first ones of two phases; a pull request's number stays below 2^53.
pub(crate) const NUMBERS_PER_PHASE: u64 = 1 << 32;

/// How long the phases last and how hard they press.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Plan {
    /// Seconds each phase is measured.
    pub(crate) window_s: u64,
    /// Seconds before that, not measured.
    pub(crate) warm_up_s: u64,
    /// Senders where a phase saturates.
    pub(crate) senders: u32,
}

/// What one round found.
#[derive(Debug, Default, serde::Serialize)]
pub(crate) struct Found {
    /// The figures.
    pub(crate) figures: BTreeMap<Figure, f64>,
    /// Answers by status, over all phases; 0 stands for none.
    pub(crate) answers: BTreeMap<u16, u64>,
    /// What must be zero, over all phases.
    pub(crate) faults: Faults,
    /// Paced events that were sent late: a busy machine, not a slow system.
    pub(crate) late: u64,
}

/// What all phases of a run share.
pub(crate) struct Stage {
    sink: Arc<Sink>,
    plan: Plan,
    phases: u64,
}

impl Stage {
    /// Prepares phases that deliver to `sink`.
    pub(crate) fn new(sink: Arc<Sink>, plan: Plan) -> Self {
        Self { sink, plan, phases: 0 }
    }

    /// Runs all phases against `running`.
    ///
    /// # Errors
    /// The system died or accepted nothing; the error ends with its log.
    pub(crate) async fn run(&mut self, running: &Running) -> Result<Found> {
        let mut found = Found::default();
        tokio::time::sleep(SETTLE).await;
        found.note(Figure::RssIdleMib, mib(running.child.read()?.rss_kib));
        self.paced(running, &mut found).await?;
        self.saturated(running, &mut found).await?;
        self.accept_only(running, &mut found).await?;
        Ok(found)
    }

    async fn paced(&mut self, running: &Running, found: &mut Found) -> Result<()> {
        let phase = self.open(running, EventKind::Routed, Pace::Fixed { per_second: PACED_PER_SECOND })?;
        let ledger = Arc::clone(&phase.ledger);
        let measured = phase.send(running).await?;
        found.add(&ledger, &measured.answers, Arrivals::Expected);
        let skip = self.plan.warm_up_s * u64::from(PACED_PER_SECOND);
        let mut times = ledger.arrival_times(usize::try_from(skip)?);
        for (figure, share) in [(Figure::ArrivalP50Ms, 0.5), (Figure::ArrivalP99Ms, 0.99)] {
            let time = percentile_ms(&mut times, share).context("no paced event arrived")?;
            found.note(figure, time);
        }
        Ok(())
    }

    async fn saturated(&mut self, running: &Running, found: &mut Found) -> Result<()> {
        let phase = self.open(running, EventKind::Routed, self.saturate())?;
        let ledger = Arc::clone(&phase.ledger);
        let measured = phase.send(running).await?;
        found.add(&ledger, &measured.answers, Arrivals::Expected);
        found.note(Figure::AcceptedPerS, measured.accepted_per_s);
        found.note(Figure::DeliveredPerS, measured.arrived_per_s);
        found.note(Figure::CpuUs, measured.cpu_us);
        found.note(Figure::BenchCpuUs, measured.bench_cpu_us);
        found.note(Figure::WrittenKib, measured.written_kib);
        found.note(Figure::RssSaturatedMib, mib(measured.rss_kib));
        found.note(Figure::RssPeakMib, mib(measured.rss_peak_kib));
        found.note(Figure::DrainS, measured.drain.as_secs_f64());
        Ok(())
    }

    async fn accept_only(&mut self, running: &Running, found: &mut Found) -> Result<()> {
        let phase = self.open(running, EventKind::Unrouted, self.saturate())?;
        let ledger = Arc::clone(&phase.ledger);
        let mut measured = phase.send(running).await?;
        found.add(&ledger, &measured.answers, Arrivals::None);
        found.note(Figure::AcceptOnlyPerS, measured.accepted_per_s);
        found.note(Figure::AcceptOnlyCpuUs, measured.cpu_us);
        let p99 = percentile_ms(&mut measured.answers.times, 0.99).context("nothing was accepted")?;
        found.note(Figure::AcceptOnlyP99Ms, p99);
        Ok(())
    }

    fn saturate(&self) -> Pace {
        Pace::Saturate { senders: self.plan.senders }
    }

    /// Opens the next phase and turns the sink to it.
    fn open(&mut self, running: &Running, kind: EventKind, pace: Pace) -> Result<Phase> {
        let first = self.phases * NUMBERS_PER_PHASE + 1;
        self.phases += 1;
        let seconds = self.plan.window_s + self.plan.warm_up_s;
        let ledger = Arc::new(Ledger::new(first, usize::try_from(seconds * EVENTS_PER_SECOND_MAX)?));
        self.sink.turn_to(Arc::clone(&ledger));
        let uri = format!("http://{}/in/github", running.address).parse()?;
        // Every system starts with an empty database, and the phases on it differ in their numbers.
        let events = EventMaker::new(uri, Key::github(SOURCE_SECRET)?, kind, std::process::id());
        Ok(Phase { target: running.address, events: Arc::new(events), pace, kind, plan: self.plan, ledger })
    }
}

struct Phase {
    target: SocketAddr,
    events: Arc<EventMaker>,
    pace: Pace,
    kind: EventKind,
    plan: Plan,
    ledger: Arc<Ledger>,
}

struct Measured {
    answers: Answers,
    accepted_per_s: f64,
    arrived_per_s: f64,
    /// Per accepted event, until the backlog was gone.
    cpu_us: f64,
    bench_cpu_us: f64,
    written_kib: f64,
    /// At the end of the window.
    rss_kib: u64,
    rss_peak_kib: u64,
    /// From the end of the load until the last arrival.
    drain: Duration,
}

impl Phase {
    /// Sends the phase's load, measures the rates after the warm-up, and waits for the backlog.
    async fn send(self, running: &Running) -> Result<Measured> {
        let (child_before, bench_before) = (running.child.read()?, process::read_self()?);
        let window = Duration::from_secs(self.plan.window_s);
        let mut sending = JoinSet::new();
        sending.spawn(load::send(Load {
            target: self.target,
            events: self.events,
            pace: self.pace,
            window: Duration::from_secs(self.plan.warm_up_s) + window,
            ledger: Arc::clone(&self.ledger),
        }));
        tokio::time::sleep(Duration::from_secs(self.plan.warm_up_s)).await;
        let (start, accepted, arrived) = (Instant::now(), self.ledger.accepted(), self.ledger.arrived());
        tokio::time::sleep(window).await;
        let elapsed_s = start.elapsed().as_secs_f64();
        let accepted_per_s = (self.ledger.accepted() - accepted) as f64 / elapsed_s;
        let arrived_per_s = (self.ledger.arrived() - arrived) as f64 / elapsed_s;
        let at_end = running.child.read()?;

        let answers = sending.join_next().await.context("the load was not started")???;
        let drain = match self.kind {
            EventKind::Routed => drained(&self.ledger).await,
            EventKind::Unrouted => Duration::ZERO,
        };
        let (child_after, bench_after) = (running.child.read()?, process::read_self()?);
        let events = self.ledger.accepted() as f64;
        if events < 1.0 {
            let failure = answers.first_failure.as_deref().unwrap_or("no request failed");
            bail!("nothing was accepted: {:?}, {failure}\n{}", answers.by_status, running.child.log_end());
        }
        Ok(Measured {
            answers,
            accepted_per_s,
            arrived_per_s,
            cpu_us: (child_after.cpu - child_before.cpu).as_secs_f64() * 1e6 / events,
            bench_cpu_us: (bench_after.cpu - bench_before.cpu).as_secs_f64() * 1e6 / events,
            written_kib: (child_after.written_bytes - child_before.written_bytes) as f64 / 1024.0 / events,
            rss_kib: at_end.rss_kib,
            rss_peak_kib: at_end.rss_peak_kib,
            drain,
        })
    }
}

/// Waits until every accepted event has arrived, or nothing moves; returns how long arrivals went on.
pub(crate) async fn drained(ledger: &Ledger) -> Duration {
    let start = Instant::now();
    let mut last = (ledger.arrived(), start);
    while ledger.arrived() < ledger.accepted() && last.1.elapsed() < STILL && start.elapsed() < DRAIN_MAX {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if ledger.arrived() > last.0 {
            last = (ledger.arrived(), Instant::now());
        }
    }
    // The last outcomes are still to be committed, and are part of what an event costs.
    tokio::time::sleep(Duration::from_millis(500)).await;
    last.1 - start
}

/// Whether the events of a phase are to reach the sink.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrivals {
    Expected,
    None,
}

impl Found {
    fn note(&mut self, figure: Figure, value: f64) {
        self.figures.insert(figure, value);
    }

    fn add(&mut self, ledger: &Ledger, answers: &Answers, arrivals: Arrivals) {
        for (status, count) in &answers.by_status {
            *self.answers.entry(*status).or_default() += count;
        }
        if answers.failed > 0 {
            *self.answers.entry(0).or_default() += answers.failed;
        }
        self.late += answers.late;
        let faults = ledger.faults();
        match arrivals {
            Arrivals::Expected => self.faults.undelivered += faults.undelivered,
            // What no route takes must not arrive at all.
            Arrivals::None => self.faults.strays += ledger.arrived(),
        }
        self.faults.duplicates += faults.duplicates;
        self.faults.strays += faults.strays;
        self.faults.bad_signatures += faults.bad_signatures;
    }
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
