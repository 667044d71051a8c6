//! Log lines: for people on a terminal, JSON otherwise, through a bounded writer that never holds
//! anybody up and counts what it drops.

use std::io::IsTerminal;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

mod writer;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON otherwise
    Auto,
    /// For people
    Text,
    /// For programs
    Json,
}

/// Starts logging to stderr. `HOOKGATE_LOG` has filters such as `info,hookgate_engine=debug`.
pub(super) fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("HOOKGATE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let is_terminal = std::io::stderr().is_terminal();
    let as_text = match format {
        LogFormat::Auto => is_terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let lines = fmt::layer().with_writer(writer::Lines::start).with_target(false);
    let registry = tracing_subscriber::registry().with(filter);
    let started = if as_text {
        registry.with(lines.with_ansi(is_terminal).compact()).try_init()
    } else {
        registry.with(lines.json().flatten_event(true)).try_init()
    };
    if let Err(error) = started {
        eprintln!("logging was started before: {error}");
    }
}

/// Shows what plugins say, and nothing else, as plain lines on stderr: for commands that run one.
pub(crate) fn log_guests() {
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false).without_time();
    let guests = tracing_subscriber::registry().with(EnvFilter::new("off,plugin=debug"));
    if let Err(error) = guests.with(lines.with_ansi(false).compact()).try_init() {
        eprintln!("logging was started before: {error}");
    }
}
