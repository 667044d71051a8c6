//! Settling: what an attempt came to is written with its delivery, if it is still ours.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hookgate_core::decide::Verdict;
use hookgate_core::delivery::{End, Leased};
use hookgate_core::outcome::Outcome;
use hookgate_core::word::{AttemptId, Headers, Kind, NameId, SendId, Slug};
use hookgate_ports::{AttemptRecord, Settle, Settled, StoreError, To};

use super::{Attempt, Trying};
use crate::Engine;

/// Pauses between repeats of a settle whose store does not answer; the last one repeats.
const SETTLE_AGAIN: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(5)];

impl Engine {
    /// Writes what the attempt came to, again and again until the store answers: the token makes a
    /// second one harmless, and an attempt that was made must not be made twice for want of a note.
    pub(super) async fn settle(self: &Arc<Engine>, to: &Trying<'_>, attempt: Attempt, verdict: Verdict) {
        let leased = to.leased;
        if let (true, Verdict::Retry(_), Outcome::Judged { .. }, Some(rendered)) = (
            leased.has_kept || super::keep::is_suspect(leased),
            &verdict,
            &attempt.outcome,
            &attempt.rendered,
        ) {
            self.keep_rendered(leased, rendered.clone()).await;
        }
        let settle = self.settling(to, attempt, verdict);
        let soon = match &settle.to {
            To::Retry(delay) | To::RetryPlugin(delay) => *delay < hookgate_core::limits::LOOK_EVERY,
            To::Split { .. } => true,
            To::Hold { .. } | To::Finished { .. } => false,
        };
        for pause in SETTLE_AGAIN.iter().chain(std::iter::repeat(&SETTLE_AGAIN[3])) {
            match self.ports.queue.settle(settle.clone()).await {
                Ok(Settled::Done) => {
                    if soon {
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

    fn settling(&self, to: &Trying<'_>, attempt: Attempt, verdict: Verdict) -> Settle {
        let Attempt { outcome, rendered, sent, answer, children, started_at, took } = attempt;
        let finished = |end, reason| To::Finished { end, reason };
        let mut detail = outcome.detail();
        let succeeded = verdict == Verdict::Delivered;
        let becomes = match verdict {
            Verdict::Delivered => finished(End::Delivered, None),
            Verdict::Retry(delay) => To::Retry(delay),
            Verdict::RetryPlugin(delay) => To::RetryPlugin(delay),
            Verdict::Hold => To::Hold { plugin: plugin_of(to.leased, &outcome) },
            Verdict::Dead(reason) => finished(End::DeadLettered, Some(reason)),
            Verdict::Skipped(reason) => {
                detail = reason;
                finished(End::Skipped, None)
            }
            Verdict::Split => To::Split { children },
        };
        let made_by = rendered.as_ref().map(|rendered| rendered.made_by.clone()).unwrap_or_default();
        let keeps = to.destination.is_none_or(|destination| destination.keep.keeps(succeeded));
        let record = AttemptRecord {
            id: AttemptId(self.mint()),
            send: SendId(self.mint()),
            started_at,
            took,
            word: outcome.word(),
            status: outcome.status().or(answer.as_ref().map(|answer| answer.status)),
            detail,
            made_by,
            rendered: rendered.filter(|_| keeps),
            sent: if keeps { sent } else { Headers::new() },
            answer: answer.filter(|_| keeps).map(|answer| (answer.headers, answer.body)),
        };
        Settle { delivery: to.leased.id, lease: to.leased.lease, attempt: record, to: becomes }
    }

    pub(crate) async fn give_back(&self, leased: &Leased) {
        if let Err(error) = self.ports.queue.release(vec![(leased.id, leased.lease)]).await {
            self.unknown.store(true, Ordering::Relaxed);
            tracing::warn!(delivery.id = %leased.id, %error, "giving a delivery back failed; upkeep will");
        }
    }
}

/// Returns the plugin that ended a render: what a held delivery waits for.
pub(crate) fn plugin_of(leased: &Leased, outcome: &Outcome) -> Option<NameId> {
    let (Outcome::Crashed { plugin, .. } | Outcome::Quarantined { plugin, .. }) = outcome else {
        return None;
    };
    let plugin = Slug::parse(plugin).ok()?;
    Some(NameId::of(leased.lane.scope, Kind::Plugin, &plugin))
}
