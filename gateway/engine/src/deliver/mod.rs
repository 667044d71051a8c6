//! One delivery, one attempt: make -> send -> judge -> decide -> settle. Nothing here holds a
//! transaction or a connection of the store while a plugin runs or a receiver thinks.

mod connect;
mod keep;
mod make;
mod plugin;
mod send;
mod settle;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use hookgate_core::decide::{DeadReason, Policy, Tried, Verdict, decide};
use hookgate_core::delivery::{Lane, Leased, NewDelivery};
use hookgate_core::destination::Destination;
use hookgate_core::outcome::{Answer, Outcome};
use hookgate_core::render::Rendered;
use hookgate_core::topology::Topology;
use hookgate_core::word::{Headers, Millis};

use crate::Engine;
use crate::gate::Permit;
use make::Made;
pub(crate) use settle::plugin_of;

/// What one attempt works with.
pub(crate) struct Trying<'a> {
    leased: &'a Leased,
    topology: &'a Topology,
    /// None: a router has still to choose.
    destination: Option<&'a Destination>,
    started_at: Millis,
}

/// What one attempt came to, before anybody decides about it.
pub(crate) struct Attempt {
    pub(crate) outcome: Outcome,
    rendered: Option<Rendered>,
    sent: Headers,
    answer: Option<Answer>,
    /// What it split into.
    children: Vec<NewDelivery>,
    started_at: Millis,
    pub(crate) took: Duration,
}

impl Engine {
    /// Tries a delivery once and settles what it came to. Returns when its row is no longer ours; the
    /// permit goes back before that, when the request has ended.
    ///
    /// Not cancel-safe: dropped before the settle, the delivery is given back by upkeep or by leaving.
    pub(crate) async fn deliver(self: &Arc<Engine>, leased: Leased, mut permit: Permit) {
        let topology = self.current.of(leased.lane.scope);
        let destination = leased.destination.and_then(|id| topology.destination(id)).map(Arc::as_ref);
        if topology.terms(leased.lane.id).is_none() || leased.destination.is_some() && destination.is_none() {
            // Its name left the configuration between permit and here: it waits for the name to return.
            return self.give_back(&leased).await;
        }
        let started_at = self.ports.clock.now();
        let to = Trying { leased: &leased, topology: &topology, destination, started_at };
        let attempt = self.attempt(&to, &mut permit).await;
        let change = self.note_sign(&to, &attempt);
        drop(permit);
        let verdict = self.verdict(&to, &attempt.outcome);
        self.record(&to, &attempt, &verdict);
        self.hold_what_failed(&to, change, &verdict).await;
        self.settle(&to, attempt, verdict).await;
    }

    async fn attempt(&self, to: &Trying<'_>, permit: &mut Permit) -> Attempt {
        let began = self.ports.clock.monotonic();
        let mut attempt = Attempt {
            outcome: Outcome::Split(0),
            rendered: None,
            sent: Headers::new(),
            answer: None,
            children: Vec::new(),
            started_at: to.started_at,
            took: Duration::ZERO,
        };
        let outcome = self.tried(to, &mut attempt, permit).await;
        attempt.outcome = outcome.unwrap_or_else(|stopped| stopped);
        attempt.took = self.ports.clock.monotonic().saturating_sub(began);
        attempt
    }

    /// Makes the message, sends it, and asks its connector what the answer means. What is known on the way
    /// is noted in `attempt`.
    ///
    /// # Errors
    /// The outcome of an attempt that ended on the way: nothing was sent, no answer came, or nobody could
    /// say what the answer means.
    async fn tried(
        &self,
        to: &Trying<'_>,
        attempt: &mut Attempt,
        permit: &mut Permit,
    ) -> Result<Outcome, Outcome> {
        let (rendered, answer) = match self.made(to).await? {
            Made::Several(children) => {
                attempt.children = children;
                return Ok(Outcome::Split(attempt.children.len()));
            }
            Made::Message(rendered) => {
                let (sent, outcome) = self.sent(to, &rendered, permit).await?;
                attempt.sent = sent;
                attempt.rendered = Some(rendered.clone());
                let Outcome::Answered(answer) = outcome else { return Ok(outcome) };
                (rendered, answer)
            }
            Made::Answered { rendered, answer } => (rendered, answer),
        };
        attempt.rendered = Some(rendered.clone());
        attempt.answer = Some(answer.clone());
        self.judged(to, rendered, answer).await
    }

    fn verdict(&self, to: &Trying<'_>, outcome: &Outcome) -> Verdict {
        let leased = to.leased;
        let on_plugin_failure =
            to.topology.route(leased.route).map(|route| route.on_plugin_failure).unwrap_or_default();
        let now = self.ports.clock.now();
        let tried = Tried {
            attempt: NonZeroU32::MIN.saturating_add(leased.attempts),
            plugin_tries: leased.plugin_tries,
            outcome,
            age: now.since(leased.event.received_at),
            now,
        };
        let of_routes = Default::default();
        let retry = to.destination.map_or(&of_routes, |destination| &destination.retry);
        decide(&tried, &Policy { retry, on_plugin_failure }, self.chance())
    }

    /// One wide line and the counters. The attempt's row is the record, so a success is for developers.
    fn record(&self, to: &Trying<'_>, attempt: &Attempt, verdict: &Verdict) {
        self.metrics.attempted(to.name(), &attempt.outcome, verdict, attempt.took);
        self.tally_attempt(to.leased, &attempt.outcome, attempt.took);
        self.observe_attempt(to.leased, to.topology, attempt, verdict);
        let leased = to.leased;
        let (outcome, status) = (attempt.outcome.word().text(), attempt.outcome.status());
        let took_ms = u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX);
        let number = leased.attempts.saturating_add(1);
        let (name, then) = (to.name(), consequence(verdict));
        if matches!(verdict, Verdict::Delivered | Verdict::Skipped(_) | Verdict::Split) {
            tracing::debug!(
                event.id = %leased.event.id, delivery.id = %leased.id, destination = %name,
                attempt = number, outcome, status, took_ms, "{name}: {outcome}, {then}"
            );
        } else {
            tracing::info!(
                event.id = %leased.event.id, delivery.id = %leased.id, destination = %name,
                attempt = number, outcome, status, took_ms,
                "{name}: {}, {then}", attempt.outcome.detail()
            );
        }
    }
}

impl Trying<'_> {
    pub(crate) fn destination(&self) -> Option<&Destination> {
        self.destination
    }

    pub(crate) fn lane(&self) -> Lane {
        self.leased.lane
    }

    /// Returns the name of the destination, or of the route that has still to split.
    fn name(&self) -> &str {
        let of_route = || self.topology.route(self.leased.route).map_or("", |route| route.name.as_str());
        self.destination.map_or_else(of_route, |destination| destination.name.as_str())
    }
}

pub(crate) fn consequence(verdict: &Verdict) -> String {
    let in_time = |delay: &Duration| format!("{:.1} s", delay.as_secs_f64());
    match verdict {
        Verdict::Delivered => "delivered".into(),
        Verdict::Retry(delay) => format!("tried again in {}", in_time(delay)),
        Verdict::RetryPlugin(delay) => format!("its plugin is tried again in {}", in_time(delay)),
        Verdict::Hold => "held until it is retried or the plugin is repaired".into(),
        Verdict::Dead(DeadReason::Exhausted) => "that was the last attempt: dead-lettered".into(),
        Verdict::Dead(reason) => format!("dead-lettered: {}", reason.text()),
        Verdict::Skipped(_) => "skipped".into(),
        Verdict::Split => "split".into(),
    }
}
