//! Two kinds of providers at once: one redelivers until it hears a 2xx, one tries once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hookgate_tests::{Heard, PullRequests, Sender, within};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::cast::Case;

/// Connections at once.
const CONNECTIONS: usize = 16;

/// Between two deliveries of the same event; a real provider waits minutes.
const AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Between two events of one connection: with all of them 400 events a second, so that a life between two kills
/// is long enough for retries.
const PAUSE: Duration = Duration::from_millis(40);

/// Something is wrong if so long not one more event is begun.
const LIMIT: Duration = Duration::from_secs(120);

/// What was heard of each event, first to last, by its number.
pub(super) type HeardOf = BTreeMap<u64, Vec<Heard>>;

/// Sends events and knows whether the gateway is there.
pub(super) struct Provider {
    sender: Sender,
    hook: PullRequests,
    events: u64,
    next: AtomicU64,
    begun: watch::Sender<u64>,
    up: watch::Sender<bool>,
}

impl Provider {
    /// Has `events` to send, numbered from 1.
    pub(super) fn new(url: &str, hook: PullRequests, events: u64) -> Provider {
        Provider {
            sender: Sender::new(url),
            hook,
            events,
            next: AtomicU64::new(1),
            begun: watch::Sender::new(0),
            up: watch::Sender::new(true),
        }
    }

    /// Says whether it makes sense to call.
    pub(super) fn is_up(&self, is_up: bool) {
        self.up.send_replace(is_up);
    }

    /// Waits until so many events were begun.
    pub(super) async fn begun(&self, count: u64) {
        let mut begun = self.begun.subscribe();
        let reached = within("the senders go on", LIMIT, begun.wait_for(|begun| *begun >= count)).await;
        assert!(reached.is_ok(), "the provider outlives its senders");
    }

    /// Sends all events and returns what was heard.
    pub(super) fn send_all(provider: &Arc<Provider>) -> JoinHandle<HeardOf> {
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let provider = Arc::clone(provider);
            connections.spawn(async move {
                let mut heard = HeardOf::new();
                while let Some(number) = provider.draw() {
                    heard.insert(number, provider.send(number).await);
                    tokio::time::sleep(PAUSE).await;
                }
                heard
            });
        }
        tokio::spawn(async move {
            let mut all = HeardOf::new();
            for heard in connections.join_all().await {
                all.extend(heard);
            }
            all
        })
    }

    fn draw(&self) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number <= self.events).then_some(number)
    }

    async fn send(&self, number: u64) -> Vec<Heard> {
        let mut up = self.up.subscribe();
        let event = Case(number).signed(&self.hook);
        let mut heard = Vec::new();
        loop {
            assert!(up.wait_for(|is_up| *is_up).await.is_ok(), "the provider outlives its senders");
            if heard.is_empty() {
                self.begun.send_modify(|begun| *begun += 1);
            }
            heard.push(self.sender.send(&event).await);
            let is_taken = matches!(heard.last(), Some(Heard::Accepted { .. }));
            // GitHub tries once, most others again: odd numbers are GitHub's.
            if is_taken || number % 2 == 1 {
                return heard;
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }
}
