//! The command line: offline commands use the libraries, online ones the admin API, and none of them
//! opens a running gateway's database.

/// Prints a line. A reader that has gone, such as `head`, is no mistake.
macro_rules! say {
    ($($line:tt)*) => { crate::cli::print_line(format_args!($($line)*)) };
}

mod check;
mod client;
mod controls;
mod deliveries;
mod events;
mod exit;
mod init;
mod plugin;
mod reload;
mod retry;
mod send;
mod stats;
mod table;
mod tail;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub(crate) use check::bad_config;
pub(crate) use exit::Exit;

use crate::app;

/// One binary between systems that send webhooks and systems that receive them.
#[derive(Parser)]
#[command(name = "hookgate", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway
    Serve(Serve),
    /// Write a commented configuration to begin with
    Init(Init),
    /// Check a configuration and print every mistake in it
    Check(Check),
    /// Let a running gateway read its configuration again
    Reload(Online),
    /// List events, or show one
    Events(Events),
    /// List deliveries, or show one with its attempts
    Deliveries(Deliveries),
    /// Look on: every event, refusal and attempt as it happens
    Tail(tail::Tail),
    /// Show how often what happened, by destination, route, source or plugin
    Stats(stats::Stats),
    /// Publish an event of your own
    Send(send::Send),
    /// Send deliveries again: dead letters, held and waiting ones
    Retry(Retry),
    /// List what is held: paused, disabled, behind an open breaker, in quarantine
    Controls(Online),
    /// Hold a destination's deliveries until it is resumed
    Pause(Pause),
    /// Let a destination or a plugin go on, whatever held it
    Resume(Resume),
    /// Make plugins, try them, look into them
    #[command(subcommand)]
    Plugin(plugin::Plugin),
}

/// Where the configuration is.
#[derive(Args)]
pub(crate) struct Serve {
    /// The configuration file
    #[arg(short, long, default_value = "hookgate.toml", env = "HOOKGATE_CONFIG")]
    pub(crate) config: PathBuf,
    /// How log lines look: text for people, json for programs
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) log: app::LogFormat,
}

#[derive(Args)]
struct Init {
    /// The file to write
    #[arg(default_value = "hookgate.toml")]
    path: PathBuf,
}

#[derive(Args)]
struct Check {
    /// The configuration file
    #[arg(short, long, default_value = "hookgate.toml", env = "HOOKGATE_CONFIG")]
    config: PathBuf,
    /// Do not look up ${env:…} and ${file:…}: for machines that have no secrets
    #[arg(long)]
    no_secrets: bool,
    /// Let the running gateway check it, with its secrets and what was uploaded to it
    #[arg(long, conflicts_with = "no_secrets")]
    online: bool,
    #[command(flatten)]
    access: Online,
}

/// How to reach a running gateway.
#[derive(Args, Clone)]
struct Online {
    /// The admin API
    #[arg(long, env = "HOOKGATE_URL", default_value = "http://127.0.0.1:8081")]
    url: String,
    /// The admin key
    #[arg(long, env = "HOOKGATE_ADMIN_KEY", hide_env_values = true, default_value = "")]
    admin_key: String,
    /// Print JSON, as the API answers it
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Events {
    /// Show this event whole
    id: Option<String>,
    /// Say of each route why it takes the event, or not
    #[arg(long, requires = "id")]
    why: bool,
    /// Only of this source
    #[arg(long)]
    source: Option<String>,
    /// Only of this type
    #[arg(long = "type")]
    event_type: Option<String>,
    /// Rows
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    #[command(flatten)]
    online: Online,
}

/// Deliveries by what they are.
#[derive(Args)]
struct Which {
    /// Only to this destination
    #[arg(long)]
    destination: Option<String>,
    /// Only by this route
    #[arg(long)]
    route: Option<String>,
    /// Only of events of this type
    #[arg(long = "type")]
    event_type: Option<String>,
    /// Only dead letters with this reason, such as exhausted
    #[arg(long)]
    reason: Option<String>,
    /// Only those born then or later, such as 2026-01-31T12:00:00Z
    #[arg(long)]
    since: Option<String>,
    /// Only those born before
    #[arg(long)]
    until: Option<String>,
}

impl Which {
    /// Returns the query parameters of the API.
    fn query(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("destination", self.destination.as_deref()),
            ("route", self.route.as_deref()),
            ("type", self.event_type.as_deref()),
            ("reason", self.reason.as_deref()),
            ("since", self.since.as_deref()),
            ("until", self.until.as_deref()),
        ]
    }

    fn is_empty(&self) -> bool {
        self.query().iter().all(|(_, value)| value.is_none())
    }
}

#[derive(Args)]
struct Deliveries {
    /// Show this delivery with its attempts
    id: Option<String>,
    /// Only of this event
    #[arg(long)]
    event: Option<String>,
    #[command(flatten)]
    which: Which,
    /// Only in this state: pending, held, in_flight, delivered, dead_lettered, skipped, split, cancelled
    #[arg(long)]
    state: Option<String>,
    /// Rows
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
    #[command(flatten)]
    online: Online,
}

#[derive(Args)]
struct Retry {
    /// Deliveries, as `hookgate deliveries` lists them
    ids: Vec<String>,
    /// Every dead letter that the filters fit; without one every dead letter there is
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    online: Online,
}

#[derive(Args)]
struct Pause {
    /// The destination's name
    destination: String,
    /// Why, for whoever looks
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    online: Online,
}

#[derive(Args)]
struct Resume {
    /// The destination's name
    name: String,
    /// It is a plugin's name
    #[arg(long)]
    plugin: bool,
    #[command(flatten)]
    online: Online,
}

/// Reads the command line and runs the command. Returns the exit code of conventions: 0 done, 1 failed,
/// 2 usage, 69 unreachable, 75 try again, 77 not allowed, 78 bad configuration.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(serve) => app::serve(serve),
        Command::Init(init) => init::run(&init.path),
        Command::Check(check) => check::run(check),
        Command::Reload(online) => client::online(online, reload::run),
        Command::Events(events) => events::run(events),
        Command::Deliveries(deliveries) => deliveries::run(deliveries),
        Command::Tail(tail) => tail::run(tail),
        Command::Stats(stats) => stats::run(stats),
        Command::Send(send) => send::run(send),
        Command::Retry(retry) => retry::run(retry),
        Command::Controls(online) => controls::list(online),
        Command::Pause(pause) => controls::pause(pause),
        Command::Resume(resume) => controls::resume(resume),
        Command::Plugin(plugin) => plugin::run(plugin),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}

fn print_line(line: std::fmt::Arguments<'_>) {
    // Nobody is left to be told that nobody reads.
    let _gone = writeln!(std::io::stdout().lock(), "{line}").is_err();
}
