//! What a plugin call costs: a transform in a fresh sandbox per call against the same code native, with
//! bodies of 2 KB and 50 KB, one component hot and 64 in turn, on one thread and on two. Nothing but the
//! host is between the measuring loop and the guest.

mod calls;
mod component;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use calls::{Calls, Native, Sandboxed};

/// Threads that call at once.
const THREADS: [usize; 2] = [1, 2];

/// Components that take turns in the last case: more than a processor's caches hold.
const MANY: usize = 64;

/// The bodies: a usual webhook and a large one.
const BODY_BYTES: [usize; 2] = [2 << 10, 50 << 10];

/// How a transform was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// The code linked into this program.
    Native,
    /// One component, again and again.
    OneHot,
    /// 64 components in turn.
    ManyInTurn,
}

impl Way {
    const ALL: [Self; 3] = [Self::Native, Self::OneHot, Self::ManyInTurn];

    /// Returns its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::OneHot => "plugin, one hot",
            Self::ManyInTurn => "plugin, 64 in turn",
        }
    }
}

/// One case over the rounds.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Row {
    /// How it was called.
    pub(crate) way: Way,
    /// Size of the body.
    pub(crate) body_bytes: usize,
    /// Threads that called at once.
    pub(crate) threads: usize,
    /// Calls a second of all threads together, by round.
    pub(crate) per_s: Vec<f64>,
}

impl Row {
    /// Returns the time of one call on one of the threads, by round.
    pub(crate) fn call_us(&self) -> impl Iterator<Item = f64> {
        self.per_s.iter().map(|per_s| self.threads as f64 * 1e6 / per_s)
    }
}

/// Measures every case in every round, for `window` each. The component is compiled below `directory`.
///
/// # Errors
/// The component does not build or load, or a call fails.
pub(crate) async fn compare(rounds: u32, window: Duration, directory: &Path) -> Result<Vec<Row>> {
    eprintln!("building the plugin of the benchmark");
    let sandboxed = Sandboxed::load(&component::build(directory)?, MANY).await?;
    let mut rows = cases();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}: plugins");
        for row in &mut rows {
            let native = Native::new(row.body_bytes);
            let calls: &dyn Calls = match row.way {
                Way::Native => &native,
                Way::OneHot => &sandboxed.with(row.body_bytes, 1),
                Way::ManyInTurn => &sandboxed.with(row.body_bytes, MANY),
            };
            row.per_s.push(calls::measure(calls, row.threads, window)?);
        }
    }
    Ok(rows)
}

/// The cases, those that are compared next to each other.
fn cases() -> Vec<Row> {
    let mut rows = Vec::new();
    for body_bytes in BODY_BYTES {
        for way in Way::ALL {
            rows.extend(THREADS.map(|threads| Row { way, body_bytes, threads, per_s: Vec::new() }));
        }
    }
    rows
}
