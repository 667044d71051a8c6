//! One delivery, one attempt: render -> sign -> send -> decide -> settle. Nothing here holds a
//! transaction or a connection of the store while a plugin runs or a receiver thinks.

mod render;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hookgate_core::breaker::{Change, Sign};
use hookgate_core::decide::{DeadReason, Policy, Tried, Verdict, decide};
use hookgate_core::delivery::{End, Kept, Leased};
use hookgate_core::destination::{Destination, Unaddressed};
use hookgate_core::limits;
use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::Outcome;
use hookgate_core::render::Rendered;
use hookgate_core::topology::Topology;
use hookgate_core::word::{AttemptId, Headers, Kind, Millis, NameId, SendId, Slug};
use hookgate_ports::{AttemptRecord, Keep, Settle, Settled, StoreError, To};

use crate::Engine;
use crate::gate::Permit;

/// What one attempt came to, before anybody decides about it.
struct Attempt {
    rendered: Option<Rendered>,
    outcome: Outcome,
    started_at: Millis,
    took: Duration,
}

/// Pauses between repeats of a settle whose store does not answer; the last one repeats.
const SETTLE_AGAIN: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(5)];

impl Engine {
    /// Tries a delivery once and settles what it came to. Returns when its row is no longer ours; the
    /// permit goes back before that, when the request has ended.
    ///
    /// Not cancel-safe: dropped before the settle, the delivery is given back by upkeep or by leaving.
    pub(crate) async fn deliver(self: &Arc<Engine>, leased: Leased, mut permit: Permit) {
        let topology = self.current.of(leased.lane.scope);
        let destination = leased.destination.and_then(|destination| topology.destination(destination));
        let Some(destination) = destination.map(Arc::clone) else {
            // Its name left the configuration between permit and here: it waits for the name to return.
            return self.give_back(&leased).await;
        };
        let attempt = self.attempt(&leased, &topology, &destination, &mut permit).await;
        self.note_sign(&leased, &destination, &attempt.outcome);
        drop(permit);
        let verdict = self.verdict(&leased, &topology, &destination, &attempt.outcome);
        self.record(&leased, &destination, &attempt, &verdict);
        self.settle(&leased, attempt, verdict).await;
    }

    async fn attempt(
        &self,
        leased: &Leased,
        topology: &Topology,
        destination: &Destination,
        permit: &mut Permit,
    ) -> Attempt {
        let started_at = self.ports.clock.now();
        let began = self.ports.clock.monotonic();
        let (rendered, outcome) = match self.rendered(leased, topology, destination).await {
            Ok(rendered) => {
                let outcome = self.sent(leased, destination, &rendered, started_at, permit).await;
                (Some(rendered), outcome)
            }
            Err(outcome) => (None, outcome),
        };
        let took = self.ports.clock.monotonic().saturating_sub(began);
        Attempt { rendered, outcome, started_at, took }
    }

    /// Renders a delivery. A suspect renders alone, and what it rendered is kept before it is sent: a
    /// death while it waits for its receiver then says nothing about its plugins.
    async fn rendered(
        &self,
        leased: &Leased,
        topology: &Topology,
        destination: &Destination,
    ) -> Result<Rendered, Outcome> {
        if leased.lost < limits::LOST_SUSPECT {
            let _together = self.renders.read().await;
            return self.render(leased, topology, destination).await;
        }
        let rendered = self.render_alone(leased, topology, destination).await;
        self.suspect_in_hand.store(false, Ordering::Relaxed);
        self.gate.discover_now();
        rendered
    }

    async fn render_alone(
        &self,
        leased: &Leased,
        topology: &Topology,
        destination: &Destination,
    ) -> Result<Rendered, Outcome> {
        let _alone = self.renders.write().await;
        if let Ok(Some(Kept::Rendered(kept))) = self.ports.queue.kept(leased.id).await {
            return Ok(kept);
        }
        let rendered = self.render(leased, topology, destination).await?;
        let kept = Kept::Rendered(rendered.clone());
        let keep = Keep { delivery: leased.id, lease: leased.lease, kept };
        if let Err(error) = self.ports.queue.keep(keep).await {
            tracing::warn!(delivery.id = %leased.id, %error, "a suspect's message was not kept; it is sent all the same");
        }
        Ok(rendered)
    }

    async fn sent(
        &self,
        leased: &Leased,
        destination: &Destination,
        rendered: &Rendered,
        now: Millis,
        permit: &mut Permit,
    ) -> Outcome {
        match OutboundRequest::signed(rendered, destination, &leased.event, &leased.message, now) {
            Ok(signed) => {
                permit.spend();
                self.ports.transport.send(signed.request).await
            }
            Err(why @ (Unaddressed::Missing(_) | Unaddressed::OtherPath(_))) => {
                Outcome::Declined(why.to_string())
            }
            Err(why @ (Unaddressed::NotAUrl(_) | Unaddressed::OtherOrigin(_))) => {
                Outcome::Misconfigured(format!("{}: {why}", destination.name))
            }
        }
    }

    /// Tells the breaker what the attempt says of the receiver.
    fn note_sign(&self, leased: &Leased, destination: &Destination, outcome: &Outcome) {
        let Some(policy) = &destination.breaker else { return };
        match self.gate.note_sign(leased.lane, policy, Sign::of(outcome)) {
            Some(Change::Opened) => tracing::warn!(
                destination = %destination.name,
                "{}: its breaker opened after {} failures in a row, the next try is in {:?}",
                destination.name, policy.failures, policy.open
            ),
            Some(Change::Closed) => {
                tracing::info!(destination = %destination.name, "{}: its breaker closed", destination.name);
            }
            None => {}
        }
    }

    fn verdict(
        &self,
        leased: &Leased,
        topology: &Topology,
        destination: &Destination,
        outcome: &Outcome,
    ) -> Verdict {
        let on_plugin_failure =
            topology.route(leased.route).map(|route| route.on_plugin_failure).unwrap_or_default();
        let tried = Tried {
            attempt: NonZeroU32::MIN.saturating_add(leased.attempts),
            plugin_tries: leased.plugin_tries,
            outcome,
            age: self.ports.clock.now().since(leased.event.received_at),
            now: self.ports.clock.now(),
        };
        decide(&tried, &Policy { retry: &destination.retry, on_plugin_failure }, self.chance())
    }

    /// Writes what the attempt came to, again and again until the store answers: the token makes a
    /// second one harmless, and an attempt that was made must not be made twice for want of a note.
    async fn settle(&self, leased: &Leased, attempt: Attempt, verdict: Verdict) {
        let settle = self.settling(leased, attempt, verdict);
        let delay = match settle.to {
            To::Retry(delay) | To::RetryPlugin(delay) => Some(delay),
            To::Hold { .. } | To::Finished { .. } | To::Split { .. } => None,
        };
        for pause in SETTLE_AGAIN.iter().chain(std::iter::repeat(&SETTLE_AGAIN[3])) {
            match self.ports.queue.settle(settle.clone()).await {
                Ok(Settled::Done) => {
                    if delay.is_some_and(|delay| delay < limits::LOOK_EVERY) {
                        self.gate.discover_now();
                    }
                    return;
                }
                // Whoever holds it now settles it; what we sent arrives under the same message id.
                Ok(Settled::LeaseLost) | Err(StoreError::Ended) => {
                    tracing::warn!(delivery.id = %leased.id, "a settle came late: somebody else holds the delivery");
                    return;
                }
                Err(StoreError::Refused(why)) => {
                    tracing::error!(delivery.id = %leased.id, error = %why, "the store refuses a settle; the delivery is taken again");
                    self.unknown.store(true, Ordering::Relaxed);
                    return;
                }
                Err(error @ (StoreError::Busy { .. } | StoreError::Unknown(_) | StoreError::Down(_))) => {
                    tracing::warn!(delivery.id = %leased.id, %error, "a settle is repeated");
                    tokio::time::sleep(*pause).await;
                }
            }
        }
    }

    fn settling(&self, leased: &Leased, attempt: Attempt, verdict: Verdict) -> Settle {
        let Attempt { rendered, outcome, started_at, took } = attempt;
        let finished = |end, reason| To::Finished { end, reason };
        let mut detail = outcome.detail();
        let to = match verdict {
            Verdict::Delivered => finished(End::Delivered, None),
            Verdict::Retry(delay) => To::Retry(delay),
            Verdict::RetryPlugin(delay) => To::RetryPlugin(delay),
            Verdict::Hold => To::Hold { plugin: plugin_of(leased, &outcome) },
            Verdict::Dead(reason) => finished(End::DeadLettered, Some(reason)),
            Verdict::Skipped(reason) => {
                detail = reason;
                finished(End::Skipped, None)
            }
            Verdict::Split => finished(End::Split, None),
        };
        let record = AttemptRecord {
            id: AttemptId(self.mint()),
            send: SendId(self.mint()),
            started_at,
            took,
            word: outcome.word(),
            status: outcome.status(),
            detail,
            made_by: rendered.as_ref().map(|rendered| rendered.made_by.clone()).unwrap_or_default(),
            rendered,
            sent: Headers::new(),
            answer: outcome.answer().map(|answer| (answer.headers.clone(), answer.body.clone())),
        };
        Settle { delivery: leased.id, lease: leased.lease, attempt: record, to }
    }

    async fn give_back(&self, leased: &Leased) {
        if let Err(error) = self.ports.queue.release(vec![(leased.id, leased.lease)]).await {
            self.unknown.store(true, Ordering::Relaxed);
            tracing::warn!(delivery.id = %leased.id, %error, "giving a delivery back failed; upkeep will");
        }
    }

    /// One wide line and the counters. The attempt's row is the record, so a success is for developers.
    fn record(&self, leased: &Leased, destination: &Destination, attempt: &Attempt, verdict: &Verdict) {
        self.metrics.attempted(destination, &attempt.outcome, verdict, attempt.took);
        let (outcome, status) = (attempt.outcome.word().text(), attempt.outcome.status());
        let took_ms = u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX);
        let number = leased.attempts.saturating_add(1);
        let then = consequence(verdict);
        if matches!(verdict, Verdict::Delivered | Verdict::Skipped(_)) {
            tracing::debug!(
                event.id = %leased.event.id, delivery.id = %leased.id, destination = %destination.name,
                attempt = number, outcome, status, took_ms, "{}: {outcome}, {then}", destination.name
            );
        } else {
            tracing::info!(
                event.id = %leased.event.id, delivery.id = %leased.id, destination = %destination.name,
                attempt = number, outcome, status, took_ms,
                "{}: {}, {then}", destination.name, attempt.outcome.detail()
            );
        }
    }
}

/// Returns the plugin whose crash ended a render: what a held delivery waits for.
fn plugin_of(leased: &Leased, outcome: &Outcome) -> Option<NameId> {
    let Outcome::Crashed { plugin, .. } = outcome else { return None };
    let plugin = Slug::parse(plugin).ok()?;
    Some(NameId::of(leased.lane.scope, Kind::Plugin, &plugin))
}

fn consequence(verdict: &Verdict) -> String {
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
