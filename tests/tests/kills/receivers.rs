//! Three receivers: one that fails by a pattern, one that hangs by a pattern, and one that is well. Each
//! pattern follows from the event and from how often its message came, never from luck: what is not refused
//! for good is taken after three failures at most, whatever else happens.

use std::collections::HashMap;
use std::time::Duration;

use hookgate_tests::{Behaviour, RECEIVER_SECRET, Received, Receiver};

use super::cast::{Case, End, LARGE, RAW, SUMMARY};
use super::judge::number;
use crate::setup::destination;

/// Requests that each destination may have on the wire.
const CONCURRENCY: u64 = 16;

/// Three failures by pattern, and some more that only a busy machine can cause.
pub(super) const ATTEMPTS: u64 = 7;

const SLOW: Duration = Duration::from_millis(150);

/// The receivers of the three routes.
pub(super) struct Receivers {
    failing: Receiver,
    well: Receiver,
    hanging: Receiver,
}

impl Receivers {
    /// Starts all three.
    pub(super) async fn start() -> Receivers {
        let (failing, well, hanging) = (
            Receiver::start(RECEIVER_SECRET).await,
            Receiver::start(RECEIVER_SECRET).await,
            Receiver::start(RECEIVER_SECRET).await,
        );
        failing.behave(by_turn(RAW, fails));
        well.behave(by_turn(SUMMARY, is_well));
        hanging.behave(by_turn(LARGE, hangs));
        Receivers { failing, well, hanging }
    }

    /// Returns their destinations. Of the one that hangs 3 s are waited for: more than a request that is answered
    /// takes beside a compiler, and short enough for all its attempts.
    pub(super) fn config(&self) -> String {
        let policy = |timeout: &str| {
            format!(
                "concurrency = {CONCURRENCY}\ntimeout = \"{timeout}\"\n\
                 retry = {{ schedule = [\"100ms\", \"200ms\", \"500ms\", \"1s\"], attempts = {ATTEMPTS} }}"
            )
        };
        destination(RAW, &self.failing.url("/raw"), &policy("15s"))
            + &destination(SUMMARY, &self.well.url("/summary"), &policy("15s"))
            + &destination(LARGE, &self.hanging.url("/large"), &policy("3s"))
    }

    /// Returns all that arrived.
    pub(super) fn all(&self) -> Vec<Received> {
        [&self.failing, &self.well, &self.hanging].iter().flat_map(|receiver| receiver.all()).collect()
    }
}

/// Asks `choose` with the event, how it ends here, and how often its message came before.
fn by_turn(
    destination: &'static str,
    choose: fn(u64, End, u32) -> Behaviour,
) -> impl FnMut(&Received) -> Behaviour {
    let mut came: HashMap<String, u32> = HashMap::new();
    move |received| {
        let turns = came.entry(received.message().to_owned()).or_default();
        let turn = *turns;
        *turns += 1;
        let number = number(&received.body);
        choose(number, Case(number).end(destination), turn)
    }
}

fn fails(number: u64, end: End, turn: u32) -> Behaviour {
    match (end, turn) {
        (End::Refused, _) => Behaviour::Answer(503),
        (_, 0) if number.is_multiple_of(7) => Behaviour::Answer(500),
        (_, 0 | 1) if number.is_multiple_of(11) => Behaviour::Reset,
        (_, 0..=2) if number.is_multiple_of(29) => Behaviour::Close,
        _ if number.is_multiple_of(13) => Behaviour::Slow(SLOW, 200),
        _ => Behaviour::Answer(200),
    }
}

fn is_well(number: u64, _: End, _: u32) -> Behaviour {
    if number.is_multiple_of(13) { Behaviour::Slow(SLOW, 204) } else { Behaviour::Answer(204) }
}

fn hangs(number: u64, end: End, turn: u32) -> Behaviour {
    match (end, turn) {
        (End::Hung, _) => Behaviour::Hang,
        (_, 0) if number.is_multiple_of(40) => Behaviour::Hang,
        _ => Behaviour::Answer(200),
    }
}
