//! The command line: without a subcommand everything runs but `backlog`; `bare`, `sink` and `load` are parts,
//! for a look at one of them and for the processes a run starts.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};
use http::Uri;
use tokio::net::TcpListener;

use crate::beside::{self, Trouble};
use crate::event::{EventKind, EventMaker};
use crate::ledger::Ledger;
use crate::load::{self, Load, Pace};
use crate::machine::Machine;
use crate::phases::Plan;
use crate::poster::ClientKind;
use crate::report::Report;
use crate::rounds::{self, Rounds};
use crate::signing::Key;
use crate::sink::Sink;
use crate::spread::percentile_ms;
use crate::{backlog, bare, child, client, plugins, process};

/// Clients differ by more than any round's noise after 10 s.
const CLIENT_WINDOW_S_MAX: u64 = 10;

/// Thousands of calls of the slowest case.
const PLUGIN_WINDOW_S_MAX: u64 = 2;

/// What shows a spread at all.
const ROUNDS: u32 = 3;

/// A claim about latency is a ratio of medians of so many.
const BESIDE_ROUNDS: u32 = 5;

/// A load by hand ends after so many events: 100 MB of ledger.
const EVENTS_MAX: usize = 4_000_000;

/// Hookgate's benchmarks. Without a subcommand everything runs and one report is printed.
#[derive(Parser)]
#[command(name = "hookgate-bench")]
struct Cli {
    #[command(subcommand)]
    command: Option<Part>,
    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
struct Options {
    /// Windows of 5 s and one of 1 s to warm up: figures to look at, not to publish
    #[arg(long, global = true)]
    quick: bool,
    /// Seconds each phase is measured
    #[arg(long, global = true, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=600))]
    window_s: u64,
    /// Rounds, systems taking turns in each [default: 3, and 5 where one is compared beside another's trouble]
    #[arg(long, global = true, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: Option<u32>,
    /// Senders where a phase saturates
    #[arg(long, global = true, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    senders: u32,
    /// Client the bare loop delivers with
    #[arg(long, global = true, value_enum, default_value = "raw")]
    bare_client: ClientKind,
    /// Gateway binary [default: hookgate beside this program]
    #[arg(long, global = true)]
    gateway: Option<PathBuf>,
    /// Where databases go, on a real disk [default: bench-data beside this program]
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
    /// Write everything found to this file
    #[arg(long, global = true)]
    json: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Part {
    /// Measure bare loop and gateway only
    Run,
    /// Compare the HTTP clients only
    Client,
    /// Compare plugin calls with native code only
    Plugins,
    /// Compare healthy destinations without and beside one that hangs only
    Hanging(beside::Hanging),
    /// Compare a control route without and beside hostile plugins only
    Hostile,
    /// Time looks and takes of the store while a million deliveries wait
    Backlog(backlog::Options),
    /// Run the bare loop until standard input closes
    Bare(bare::Options),
    /// Run the sink until standard input closes
    Sink(SinkOptions),
    /// Send signed GitHub webhooks to a loopback address
    Load(LoadOptions),
}

#[derive(Args)]
struct SinkOptions {
    /// Address to listen at
    #[arg(long)]
    listen: SocketAddr,
    /// Secret that deliveries are signed with
    #[arg(long, env = "SINK_SECRET", hide_env_values = true)]
    sink_secret: String,
}

#[derive(Args)]
struct LoadOptions {
    /// Where to send, such as <http://127.0.0.1:8080/in/github>
    #[arg(long)]
    url: Uri,
    /// Events a second; without it as fast as the senders can
    #[arg(long)]
    per_second: Option<u32>,
    /// Secret of the source
    #[arg(long, env = "GITHUB_WEBHOOK_SECRET", hide_env_values = true)]
    source_secret: String,
}

/// Reads the command line and runs what it says. A signal ends it, and with it every child process.
pub(crate) fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            code = run(cli) => code,
            _ = interrupt.recv() => bail!("interrupted"),
            _ = terminate.recv() => bail!("terminated"),
        }
    })
}

async fn run(Cli { command, options }: Cli) -> Result<ExitCode> {
    match command {
        None => {
            let troubles = [Trouble::Hanging(beside::Hanging::default()), Trouble::Hostile];
            let subjects = [Subject::Loop, Subject::Clients, Subject::Plugins];
            measure(&options, &[&subjects[..], &troubles.map(Subject::Beside)].concat()).await
        }
        Some(Part::Run) => measure(&options, &[Subject::Loop]).await,
        Some(Part::Client) => measure(&options, &[Subject::Clients]).await,
        Some(Part::Plugins) => measure(&options, &[Subject::Plugins]).await,
        Some(Part::Hanging(of)) => measure(&options, &[Subject::Beside(Trouble::Hanging(of))]).await,
        Some(Part::Hostile) => measure(&options, &[Subject::Beside(Trouble::Hostile)]).await,
        Some(Part::Backlog(of)) => backlog::run(&of, &options.directory()?).await.map(|()| ExitCode::SUCCESS),
        Some(Part::Bare(options)) => bare::run(options).await.map(|()| ExitCode::SUCCESS),
        Some(Part::Sink(options)) => sink(options).await.map(|()| ExitCode::SUCCESS),
        Some(Part::Load(load)) => send(load, &options).await.map(|()| ExitCode::SUCCESS),
    }
}

/// What a report can be about.
#[derive(Clone, Copy)]
enum Subject {
    /// Bare loop and gateway.
    Loop,
    /// The HTTP clients.
    Clients,
    /// Calls of plugins.
    Plugins,
    /// Others beside somebody's trouble.
    Beside(Trouble),
}

async fn measure(options: &Options, subjects: &[Subject]) -> Result<ExitCode> {
    let (plan, directory) = (options.plan(), options.directory()?);
    let machine = Machine::look(&directory)?;
    let mut report =
        Report { machine, plan, outcome: None, clients: None, plugins: None, beside: Vec::new() };
    let rounds = options.rounds.unwrap_or(ROUNDS);
    for subject in subjects {
        match subject {
            Subject::Loop => report.outcome = Some(rounds::run(&options.rounds_in(&directory)?).await?),
            Subject::Clients => {
                let window = Duration::from_secs(plan.window_s.min(CLIENT_WINDOW_S_MAX));
                report.clients = Some(client::compare(rounds, window, &directory).await?);
            }
            Subject::Plugins => {
                let window = Duration::from_secs(plan.window_s.min(PLUGIN_WINDOW_S_MAX));
                report.plugins = Some(plugins::compare(rounds, window, &directory).await?);
            }
            Subject::Beside(trouble) => report.beside.extend(options.beside(&directory, *trouble).await?),
        }
    }
    report.print();
    if let Some(path) = &options.json {
        report.write(path)?;
    }
    Ok(if report.is_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Options {
    fn plan(&self) -> Plan {
        let (window_s, warm_up_s) = if self.quick { (5, 1) } else { (self.window_s, 3) };
        Plan { window_s, warm_up_s, senders: self.senders }
    }

    fn rounds_in(&self, directory: &Path) -> Result<Rounds> {
        let gateway = rounds::find_gateway(self.gateway.as_deref());
        if let (None, Some(named)) = (&gateway, &self.gateway) {
            bail!("no hookgate binary at {}", named.display());
        }
        Ok(Rounds {
            rounds: self.rounds.unwrap_or(ROUNDS),
            plan: self.plan(),
            client: self.bare_client,
            gateway,
            directory: directory.to_owned(),
        })
    }

    /// Compares, where the gateway's binary is.
    async fn beside(&self, directory: &Path, trouble: Trouble) -> Result<Option<beside::Outcome>> {
        let Rounds { gateway: Some(gateway), .. } = self.rounds_in(directory)? else {
            eprintln!("hookgate binary not built: nothing was compared beside somebody's trouble");
            return Ok(None);
        };
        let rounds = self.rounds.unwrap_or(BESIDE_ROUNDS);
        let setting = beside::Setting { rounds, plan: self.plan(), gateway: &gateway, directory };
        beside::run(&setting, trouble).await.map(Some)
    }

    /// Makes the directory of the databases.
    fn directory(&self) -> Result<PathBuf> {
        let directory = match &self.dir {
            Some(directory) => directory.clone(),
            None => std::env::current_exe()?.with_file_name("bench-data"),
        };
        std::fs::create_dir_all(&directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        // The gateway runs in a directory of its own choice.
        Ok(directory.canonicalize()?)
    }
}

async fn sink(options: SinkOptions) -> Result<()> {
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen at {}", options.listen))?;
    let sink = Sink::new(Key::standard_webhooks(&options.sink_secret)?);
    let served = tokio::select! {
        served = Arc::clone(&sink).serve(listener) => served,
        () = child::parent_gone() => Ok(()),
    };
    println!("{} received", sink.received());
    served
}

async fn send(load: LoadOptions, options: &Options) -> Result<()> {
    let target = loopback(&load.url)?;
    let plan = options.plan();
    let (key, window) = (Key::github(&load.source_secret)?, Duration::from_secs(plan.window_s));
    // The time of day keeps delivery ids apart from those of an earlier load on the same database.
    let nonce = u32::try_from(bare::now_ms() & i64::from(u32::MAX)).unwrap_or_default();
    let events = Arc::new(EventMaker::new(load.url, key, EventKind::Routed, nonce));
    let pace = match load.per_second {
        Some(per_second) => Pace::Fixed { per_second },
        None => Pace::Saturate { senders: plan.senders },
    };
    let ledger = Arc::new(Ledger::new(1, EVENTS_MAX));
    let mut answers = load::send(Load { target, events, pace, window, ledger }).await?;
    for (status, count) in &answers.by_status {
        println!("{count} x {status}");
    }
    if let Some(failure) = &answers.first_failure {
        println!("{} without an answer, the first: {failure}", answers.failed);
    }
    for share in [0.5, 0.99] {
        if let Some(time) = percentile_ms(&mut answers.times, share) {
            println!("answer p{:.0}: {time:.2} ms", share * 100.0);
        }
    }
    let cpu = process::read_self()?.cpu.as_secs_f64() * 1e6 / answers.times.len().max(1) as f64;
    println!("generator CPU per event: {cpu:.1} us");
    Ok(())
}

/// Takes the address out of a URL; anything but loopback is refused, for this is a load generator.
fn loopback(url: &Uri) -> Result<SocketAddr> {
    let authority = url.authority().with_context(|| format!("{url} has no host"))?;
    let host = authority.host().trim_matches(['[', ']']);
    let ip: IpAddr = host.parse().with_context(|| format!("{host} is no IP address"))?;
    ensure!(ip.is_loopback(), "{ip} is not a loopback address");
    Ok(SocketAddr::new(ip, authority.port_u16().unwrap_or(80)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_load_goes_to_loopback_only() {
        for (url, address) in [
            ("http://127.0.0.1:8080/in/github", Some("127.0.0.1:8080")),
            ("http://127.0.0.1/", Some("127.0.0.1:80")),
            ("http://[::1]:9/x", Some("[::1]:9")),
            ("http://192.0.2.1:8080/", None),
            ("http://localhost:8080/", None),
            ("/in/github", None),
        ] {
            let found = loopback(&url.parse().unwrap()).ok();
            assert_eq!(found.map(|found| found.to_string()).as_deref(), address, "{url}");
        }
    }

    #[test]
    fn a_quick_run_has_short_windows() {
        let plan = |words: &[&str]| Cli::try_parse_from(words).map(|cli| cli.options.plan().window_s).ok();

        assert_eq!(plan(&["bench"]), Some(30));
        assert_eq!(plan(&["bench", "run", "--quick"]), Some(5));
        assert_eq!(plan(&["bench", "--window-s", "9"]), Some(9));
        assert_eq!(plan(&["bench", "--rounds", "0"]), None);
    }
}
