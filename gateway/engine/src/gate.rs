//! The gate: who may send now, and who is woken when that changes. The arithmetic is core's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hookgate_core::delivery::Lane;
use hookgate_core::limits;
use hookgate_core::permit::Permits;
use tokio::sync::Notify;

/// Gives out permits. Cheap to clone; every clone is the same gate.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    permits: Mutex<Permits>,
    look: Notify,
    discover: AtomicBool,
}

/// The right to send one delivery. Given back when dropped: when its request has ended.
pub(crate) struct Permit {
    gate: Gate,
    lane: Lane,
    bytes: u32,
}

impl Gate {
    pub(crate) fn new() -> Gate {
        let permits = Permits::new(limits::SENDS_MAX, limits::SEND_BYTES);
        Gate(Arc::new(Inner {
            permits: Mutex::new(permits),
            look: Notify::new(),
            discover: AtomicBool::new(true),
        }))
    }

    /// Takes a permit for a birth, or notes that the delivery will wait in the store.
    pub(crate) fn try_birth(&self, lane: Lane, concurrency: u32, bytes: u32) -> Option<Permit> {
        let taken = self.permits().try_birth(lane, concurrency, bytes);
        taken.then(|| Permit { gate: self.clone(), lane, bytes })
    }

    /// Takes up to `wanted` permits, whose bytes are not known yet.
    pub(crate) fn reserve(&self, lane: Lane, concurrency: u32, wanted: u32) -> Vec<Permit> {
        let granted = self.permits().reserve(lane, concurrency, wanted);
        (0..granted).map(|_| Permit { gate: self.clone(), lane, bytes: 0 }).collect()
    }

    /// Notes that due deliveries of the lane wait in the store, and looks for them.
    pub(crate) fn note_backlog(&self, lane: Lane) {
        self.permits().note_backlog(lane);
        self.look_now();
    }

    /// Notes that a look found no due delivery of the lane left.
    pub(crate) fn note_caught_up(&self, lane: Lane) {
        self.permits().note_caught_up(lane);
    }

    /// Returns the lanes with a known backlog.
    pub(crate) fn backlogged(&self) -> Vec<Lane> {
        self.permits().backlogged()
    }

    /// Returns how many more bytes may wait to be sent.
    pub(crate) fn bytes_free(&self) -> usize {
        self.permits().bytes_free()
    }

    /// Wakes whoever looks for due work.
    pub(crate) fn look_now(&self) {
        self.0.look.notify_one();
    }

    /// Wakes them to ask the store anew which lanes have due work.
    pub(crate) fn discover_now(&self) {
        self.0.discover.store(true, Ordering::Relaxed);
        self.look_now();
    }

    /// Tells, once, whether somebody asked for that.
    pub(crate) fn must_discover(&self) -> bool {
        self.0.discover.swap(false, Ordering::Relaxed)
    }

    /// Waits until somebody says that there is something to look for.
    pub(crate) async fn woken(&self) {
        self.0.look.notified().await;
    }

    fn permits(&self) -> MutexGuard<'_, Permits> {
        // Permits are whole after every statement, so a panic elsewhere does not spoil them.
        self.0.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Counts the bytes of a delivery that was taken under a reserved permit.
    pub(crate) fn charge(mut self, bytes: u32) -> Permit {
        self.gate.permits().charge(bytes);
        self.bytes = self.bytes.saturating_add(bytes);
        self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let (bytes_were_short, waited_for) = {
            let mut permits = self.gate.permits();
            let bytes_were_short = permits.bytes_free() < limits::BODY_BYTES_MAX;
            permits.give_back(self.lane, self.bytes);
            (bytes_were_short, permits.has_backlog(self.lane))
        };
        if bytes_were_short {
            // Any lane may have a delivery that was too large until now.
            self.gate.discover_now();
        } else if waited_for {
            self.gate.look_now();
        }
    }
}
