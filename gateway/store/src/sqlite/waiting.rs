//! What waits for the writer: one queue for what must be written, one for what may be refused.
//!
//! Settles and their like are written first and always have room: as many as there are, their callers
//! wait for it. Accepts are refused once the queue is full, its oldest one is too old, or the commit under way
//! takes too long: then those that wait behind it are refused as well, for nobody knows when it ends.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::word::DeliveryId;
use hookgate_ports::{Clock, StoreError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::Metrics;
use super::unit::Unit;

/// The two queues.
pub(super) struct Waiting {
    queues: Mutex<Queues>,
    arrived: Notify,
    room: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

#[derive(Default)]
struct Queues {
    first: VecDeque<(Unit, OwnedSemaphorePermit)>,
    accepts: VecDeque<(Unit, Duration)>,
    is_stopped: bool,
    /// Since when the commit under way is being written.
    writing_since: Option<Duration>,
    /// A moving average over commits.
    seconds_per_unit: f64,
}

impl Waiting {
    pub(super) fn new(clock: Arc<dyn Clock>, metrics: Metrics) -> Waiting {
        let room = Arc::new(Semaphore::new(limits::WRITER_QUEUE_MAX));
        Waiting { queues: Mutex::default(), arrived: Notify::new(), room, clock, metrics }
    }

    /// Queues an accept.
    ///
    /// # Errors
    /// `Busy`: too much waits, or too long. `Down`: the store is closed.
    pub(super) fn accept(&self, unit: Unit) -> Result<(), StoreError> {
        let now = self.clock.monotonic();
        let mut queues = self.queues();
        if queues.is_stopped {
            return Err(closed());
        }
        let oldest = queues.oldest(now);
        if oldest > limits::ACCEPT_WAIT_MAX || queues.accepts.len() >= limits::WRITER_QUEUE_MAX {
            queues.refuse_old(now, &self.metrics);
            return Err(StoreError::Busy { retry_after: queues.drain_time(oldest) });
        }
        queues.accepts.push_back((unit, now));
        drop(queues);
        self.metrics.waiting.inc();
        self.arrived.notify_one();
        Ok(())
    }

    /// Queues anything else, once there is room.
    ///
    /// # Errors
    /// `Down`: the store is closed.
    pub(super) async fn first(&self, unit: Unit) -> Result<(), StoreError> {
        let permit = Arc::clone(&self.room).acquire_owned().await.map_err(|_| closed())?;
        let mut queues = self.queues();
        if queues.is_stopped {
            return Err(closed());
        }
        queues.first.push_back((unit, permit));
        drop(queues);
        self.metrics.waiting.inc();
        self.arrived.notify_one();
        Ok(())
    }

    /// Returns what the next commit writes, waiting for it if need be; none: stopped, and all is written.
    ///
    /// Cancel-safe.
    pub(super) async fn next(&self) -> Option<Vec<Unit>> {
        loop {
            let (batch, is_stopped) = self.gather();
            if !batch.is_empty() {
                return Some(batch);
            }
            if is_stopped {
                return None;
            }
            self.arrived.notified().await;
        }
    }

    /// Refuses accepts that wait too long already. The writer does so before each commit; this is for when it
    /// is stuck in one.
    pub(super) fn refuse_stale(&self) {
        self.queues().refuse_old(self.clock.monotonic(), &self.metrics);
    }

    /// Refuses what comes from now on; what waits is still written.
    pub(super) fn stop(&self) {
        self.queues().is_stopped = true;
        self.room.close();
        self.arrived.notify_one();
    }

    /// Notes how long a commit of so many units took.
    pub(super) fn committed(&self, units: usize, took: Duration) {
        let mut queues = self.queues();
        queues.writing_since = None;
        let latest = took.as_secs_f64() / units.max(1) as f64;
        queues.seconds_per_unit += (latest - queues.seconds_per_unit) * 0.1;
    }

    fn gather(&self) -> (Vec<Unit>, bool) {
        let now = self.clock.monotonic();
        let mut queues = self.queues();
        queues.refuse_old(now, &self.metrics);
        let mut gathered = Gathered::default();
        queues.gather_first(&mut gathered);
        if !gathered.is_alone {
            queues.gather_accepts(&mut gathered);
        }
        if !gathered.units.is_empty() {
            queues.writing_since = Some(now);
        }
        let units = i64::try_from(gathered.units.len()).unwrap_or(i64::MAX);
        self.metrics.waiting.dec_by(units);
        (gathered.units, queues.is_stopped)
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        // A panic between two pushes leaves nothing half done.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queues {
    /// How long the oldest accept has waited, or the commit under way has taken if that is longer.
    fn oldest(&self, now: Duration) -> Duration {
        let waits = self.accepts.front().map(|(_, since)| *since);
        let since = waits.into_iter().chain(self.writing_since).min();
        since.map_or(Duration::ZERO, |since| now.saturating_sub(since))
    }

    /// Refuses accepts that waited too long, and drops those that nobody waits for any more.
    fn refuse_old(&mut self, now: Duration, metrics: &Metrics) {
        while let Some((unit, since)) = self.accepts.front() {
            let waited = now.saturating_sub(*since);
            if waited <= limits::ACCEPT_WAIT_MAX && !unit.is_abandoned() {
                return;
            }
            let retry_after = self.drain_time(waited);
            if let Some((unit, _)) = self.accepts.pop_front() {
                unit.fail(StoreError::Busy { retry_after });
            }
            metrics.waiting.dec();
        }
    }

    fn gather_first(&mut self, gathered: &mut Gathered) {
        // Half a commit stays free for accepts that wait, so that settles cannot starve them.
        let units_max =
            if self.accepts.is_empty() { limits::COMMIT_UNITS_MAX } else { limits::COMMIT_UNITS_MAX / 2 };
        while let Some((unit, _)) = self.first.front() {
            if !gathered.has_room_for(unit, units_max) {
                return;
            }
            gathered.units.extend(self.first.pop_front().map(|(unit, _)| unit));
        }
    }

    fn gather_accepts(&mut self, gathered: &mut Gathered) {
        while let Some((unit, _)) = self.accepts.front() {
            if !gathered.has_room_for(unit, limits::COMMIT_UNITS_MAX) {
                return;
            }
            gathered.units.extend(self.accepts.pop_front().map(|(unit, _)| unit));
        }
    }

    /// The measured time that the queue needs to drain, at least as long as its oldest one has waited.
    fn drain_time(&self, oldest: Duration) -> Duration {
        let waiting = (self.first.len() + self.accepts.len()) as f64;
        let measured =
            Duration::try_from_secs_f64(waiting * self.seconds_per_unit).unwrap_or(limits::ACCEPT_WAIT_MAX);
        measured.max(oldest)
    }
}

/// What the next commit writes, so far.
#[derive(Default)]
struct Gathered {
    units: Vec<Unit>,
    bytes: usize,
    touched: HashSet<DeliveryId>,
    has_take: bool,
    is_alone: bool,
}

impl Gathered {
    /// Tells whether one more unit may share the commit, and notes that it does.
    fn has_room_for(&mut self, unit: &Unit, units_max: usize) -> bool {
        let is_first = self.units.is_empty();
        let is_script = matches!(unit, Unit::Script(..));
        let is_take = matches!(unit, Unit::Take(..));
        let bytes = self.bytes + unit.bytes();
        let fits = self.units.len() < units_max && bytes <= limits::COMMIT_BYTES_MAX;
        // A script goes alone; two takes would find the same rows; a large unit goes alone if it must.
        let must_wait = self.is_alone || is_script || (is_take && self.has_take) || !fits;
        if (must_wait && !is_first) || !unit.claims(&mut self.touched) {
            return false;
        }
        self.bytes = bytes;
        self.has_take |= is_take;
        self.is_alone |= is_script;
        true
    }
}

fn closed() -> StoreError {
    StoreError::Down("the store is closed".into())
}

#[cfg(test)]
#[path = "waiting_tests.rs"]
mod tests;
