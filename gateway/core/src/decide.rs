//! What becomes of a delivery after an attempt. The one place: change a reaction here, with its test.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::outcome::{Answer, Outcome};
use crate::plugin::Judgement;
use crate::retry::{Reaction, RetryPolicy};
use crate::topology::OnPluginFailure;
use crate::word::{Headers, Millis};

/// An attempt that happened, and what it was of its delivery.
#[derive(Debug)]
pub struct Tried<'a> {
    /// Which attempt at the destination this was, the first one being 1.
    pub attempt: NonZeroU32,
    /// Crashes of plugins before this one since the last attempt at the destination.
    pub plugin_tries: u32,
    /// What became of it.
    pub outcome: &'a Outcome,
    /// How long ago the event was received.
    pub age: Duration,
    /// The store's time, for a Retry-After that is a date.
    pub now: Millis,
}

/// What the route and the destination want.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// The destination's.
    pub retry: &'a RetryPolicy,
    /// The route's.
    pub on_plugin_failure: OnPluginFailure,
}

/// What becomes of the delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It arrived.
    Delivered,
    /// It is tried again after this delay; the store adds its own clock.
    Retry(Duration),
    /// Its plugin is tried again after this delay; no attempt at the destination was made.
    RetryPlugin(Duration),
    /// It stays without a due time, until an operator retries it.
    Hold,
    /// It will not be tried again.
    Dead(DeadReason),
    /// A plugin says that there is nothing to send.
    Skipped(String),
    /// It became several deliveries.
    Split,
}

/// Why a delivery is a dead letter. The texts are stored: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeadReason {
    /// The last attempt that the policy allows failed.
    Exhausted,
    /// The policy says that this failure is not tried again.
    Final,
    /// The receiver says that it is gone for good.
    Gone,
    /// The address is not allowed.
    Blocked,
    /// The configuration cannot say where it goes.
    Misconfigured,
    /// A plugin said no.
    Declined,
    /// A plugin kept breaking, and the route wants no hold.
    PluginFailed,
    /// Nodes died with it too often.
    Abandoned,
}

impl DeadReason {
    /// Returns the text.
    pub fn text(self) -> &'static str {
        match self {
            DeadReason::Exhausted => "exhausted",
            DeadReason::Final => "final",
            DeadReason::Gone => "gone",
            DeadReason::Blocked => "blocked",
            DeadReason::Misconfigured => "misconfigured",
            DeadReason::Declined => "declined",
            DeadReason::PluginFailed => "plugin_failed",
            DeadReason::Abandoned => "abandoned",
        }
    }
}

/// A plugin's own short retry: a crash is a bug or a passing lack of room, and hours change neither.
const PLUGIN_RETRY: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];

/// Decides what becomes of a delivery. `entropy` is in 0.0..1.0.
pub fn decide(tried: &Tried<'_>, policy: &Policy<'_>, entropy: f64) -> Verdict {
    let again = |after: Option<Duration>| {
        let reaction = policy.retry.reaction(tried.outcome.word(), tried.outcome.status());
        match policy.retry.delay_after(tried.attempt, tried.age, after, entropy) {
            _ if reaction == Reaction::Final => Verdict::Dead(DeadReason::Final),
            Some(delay) => Verdict::Retry(delay),
            None => Verdict::Dead(DeadReason::Exhausted),
        }
    };
    let gone = || match policy.retry.reaction(tried.outcome.word(), tried.outcome.status()) {
        Reaction::Again => again(None),
        Reaction::Final | Reaction::Unsaid => Verdict::Dead(DeadReason::Gone),
    };
    let failed_plugin = || match policy.on_plugin_failure {
        OnPluginFailure::Hold => Verdict::Hold,
        OnPluginFailure::DeadLetter => Verdict::Dead(DeadReason::PluginFailed),
    };
    match tried.outcome {
        Outcome::Answered(answer) => match answer.status {
            200..=299 => Verdict::Delivered,
            410 => gone(),
            _ => again(retry_after(answer, tried.now)),
        },
        Outcome::Judged { answer, judgement } => match judgement {
            Judgement::Delivered => Verdict::Delivered,
            Judgement::Retry { after, .. } => again(after.or_else(|| retry_after(answer, tried.now))),
            Judgement::Declined(_) => Verdict::Dead(DeadReason::Declined),
            Judgement::Gone(_) => gone(),
        },
        Outcome::Unreachable { .. } => again(None),
        Outcome::Blocked { .. } => Verdict::Dead(DeadReason::Blocked),
        Outcome::Misconfigured(_) => Verdict::Dead(DeadReason::Misconfigured),
        Outcome::Declined(_) => Verdict::Dead(DeadReason::Declined),
        Outcome::Postponed { after, .. } => again(*after),
        Outcome::Skipped(reason) => Verdict::Skipped(reason.clone()),
        Outcome::Split(_) => Verdict::Split,
        Outcome::Quarantined { .. } => failed_plugin(),
        Outcome::Crashed { .. } => match PLUGIN_RETRY.get(tried.plugin_tries as usize) {
            Some(delay) => Verdict::RetryPlugin(*delay),
            None => failed_plugin(),
        },
    }
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. What is neither counts as absent.
fn retry_after(answer: &Answer, now: Millis) -> Option<Duration> {
    let text = header(&answer.headers, "retry-after")?;
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let date = crate::http_date::parse(&text)?;
    Some(date.since(now))
}

fn header(headers: &Headers, name: &str) -> Option<String> {
    headers.first_text(name).map(|text| text.trim().to_owned())
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
