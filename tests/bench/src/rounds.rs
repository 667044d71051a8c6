//! The runner: bare loop and gateway by turns, each round with fresh processes and fresh databases, so
//! that an hour in which the machine is slow is slow for both. Shares are taken round by round.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::gateway::{self, SINK_SECRET, System};
use crate::phases::{Found, Plan, Stage};
use crate::poster::ClientKind;
use crate::signing::Key;
use crate::sink::Sink;

/// What the rounds do.
pub(crate) struct Rounds {
    /// How many.
    pub(crate) rounds: u32,
    /// How long each phase, how many senders.
    pub(crate) plan: Plan,
    /// The client of the bare loop.
    pub(crate) client: ClientKind,
    /// The gateway's binary; without it only the bare loop runs.
    pub(crate) gateway: Option<PathBuf>,
    /// Where databases go.
    pub(crate) directory: PathBuf,
}

/// What the rounds found, by system and in order of the rounds.
#[derive(Default, serde::Serialize)]
pub(crate) struct Outcome {
    /// The bare loop's.
    pub(crate) bare: Vec<Found>,
    /// The gateway's; empty where it is not built.
    pub(crate) gateway: Vec<Found>,
}

/// Runs all rounds.
///
/// # Errors
/// A system does not start, dies, or accepts nothing.
pub(crate) async fn run(rounds: &Rounds) -> Result<Outcome> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let sink = Sink::new(Key::standard_webhooks(SINK_SECRET)?);
    let mut serving = JoinSet::new();
    serving.spawn(std::sync::Arc::clone(&sink).serve(listener));

    let mut stage = Stage::new(sink, rounds.plan);
    let mut outcome = Outcome::default();
    for round in 1..=rounds.rounds {
        for system in order(round, rounds) {
            eprintln!("round {round} of {}: {}", rounds.rounds, system.name());
            let running = gateway::start(&system, &rounds.directory, address).await?;
            let found =
                stage.run(&running).await.with_context(|| format!("round {round}: {}", system.name()))?;
            match system {
                System::Bare(_) => outcome.bare.push(found),
                System::Gateway(_) => outcome.gateway.push(found),
            }
        }
    }
    Ok(outcome)
}

/// Every other round the other system begins, so that neither always has the warmer machine.
fn order(round: u32, rounds: &Rounds) -> Vec<System> {
    let mut systems = vec![System::Bare(rounds.client)];
    systems.extend(rounds.gateway.clone().map(System::Gateway));
    if round.is_multiple_of(2) {
        systems.reverse();
    }
    systems
}

/// Finds the gateway's binary: the one named, else the one beside this program.
pub(crate) fn find_gateway(named: Option<&Path>) -> Option<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("hookgate"));
    named.map(Path::to_owned).or_else(beside).filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_take_turns_at_beginning() {
        let plan = Plan { window_s: 1, warm_up_s: 1, senders: 1 };
        let gateway = Some(PathBuf::from("hookgate"));
        let directory = PathBuf::new();
        let rounds = Rounds { rounds: 2, plan, client: ClientKind::Raw, gateway, directory };

        let names = |round| order(round, &rounds).iter().map(System::name).collect::<Vec<_>>();

        assert_eq!(names(1), ["bare loop", "hookgate"]);
        assert_eq!(names(2), ["hookgate", "bare loop"]);
    }

    #[test]
    fn a_gateway_that_is_not_there_is_not_found() {
        assert_eq!(find_gateway(Some(Path::new("/nowhere/hookgate"))), None);
    }
}
