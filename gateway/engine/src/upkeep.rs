//! Upkeep: what has to be done from time to time, whether events come or not.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hookgate_core::limits;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::Engine;

/// Often enough that the write-ahead log stays small and a lost row waits no longer than a retry.
const EVERY: Duration = Duration::from_secs(2);

impl Engine {
    pub(crate) async fn keep_up(self: &Arc<Engine>, stop: CancellationToken, retention: Duration) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            self.give_back_unknown().await;
            self.flush_tally().await;
            if let Err(error) = self.ports.upkeep.tidy().await {
                tracing::warn!(%error, "upkeep of the store failed; trying again");
            }
            self.forget_old(retention).await;
            match self.ports.upkeep.depth().await {
                Ok(depth) => self.metrics.depth(depth),
                Err(error) => tracing::warn!(%error, "counting deliveries failed"),
            }
        }
    }

    async fn forget_old(&self, retention: Duration) {
        let scope = Engine::default_scope();
        match self.ports.upkeep.forget(scope, retention, limits::RETENTION_ROWS_MAX).await {
            Ok(0) => {}
            Ok(count) => tracing::debug!(count, "forgot {count} events that retention keeps no longer"),
            Err(error) => tracing::warn!(%error, "forgetting old events failed; trying again"),
        }
    }

    /// Gives rows back that are ours under tokens that nobody remembers.
    async fn give_back_unknown(&self) {
        if !self.unknown.swap(false, Ordering::Relaxed) {
            return;
        }
        let (noted, drawn_before) = self.notes.all(|| self.mint());
        match self.ports.queue.release_unknown(self.seat.owner, noted, drawn_before).await {
            Ok(0) => {}
            Ok(count) => {
                tracing::info!(
                    count,
                    "gave deliveries back that a statement with an unknown result had taken"
                );
                self.gate.discover_now();
            }
            Err(error) => {
                self.unknown.store(true, Ordering::Relaxed);
                tracing::warn!(%error, "giving deliveries back failed; trying again");
            }
        }
    }
}
