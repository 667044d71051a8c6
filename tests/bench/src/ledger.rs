//! What became of each event of one phase: when it was sent, whether it was accepted, when it arrived.
//! One slot per event number, written by the load generator and the sink without locks. A phase has
//! numbers of its own, so that an arrival from an earlier phase is counted as a stray and no more.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The slots of one phase.
pub(crate) struct Ledger {
    first: u64,
    next: AtomicU64,
    origin: Instant,
    slots: Box<[Slot]>,
    accepted: AtomicU64,
    arrived: AtomicU64,
    duplicates: AtomicU64,
    strays: AtomicU64,
    bad_signatures: AtomicU64,
}

/// Nanoseconds since the ledger's origin, 0 where it has not happened.
#[derive(Default)]
struct Slot {
    sent_ns: AtomicU64,
    arrived_ns: AtomicU64,
    accepted: AtomicBool,
}

/// What must be zero in a run that is worth reading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Faults {
    /// Accepted with a 2xx and never seen by the sink.
    pub(crate) undelivered: u64,
    /// Arrivals beyond the first of an event.
    pub(crate) duplicates: u64,
    /// Arrivals that no slot knows.
    pub(crate) strays: u64,
    /// Signatures the sink looked at and refused.
    pub(crate) bad_signatures: u64,
}

impl Faults {
    /// Adds those of another phase.
    pub(crate) fn add(&mut self, other: &Self) {
        self.undelivered += other.undelivered;
        self.duplicates += other.duplicates;
        self.strays += other.strays;
        self.bad_signatures += other.bad_signatures;
    }
}

impl Ledger {
    /// Opens a ledger for the events `first..first + events_max`. `first` is 1 or more.
    pub(crate) fn new(first: u64, events_max: usize) -> Self {
        Self {
            first,
            next: AtomicU64::new(0),
            origin: Instant::now(),
            slots: (0..events_max).map(|_| Slot::default()).collect(),
            accepted: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            strays: AtomicU64::new(0),
            bad_signatures: AtomicU64::new(0),
        }
    }

    /// Draws the next event number; `None` when the ledger is full, which ends a load early.
    pub(crate) fn draw(&self) -> Option<u64> {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.slots.len() as u64).then(|| self.first + index)
    }

    /// Notes that event `number` goes on the wire now.
    pub(crate) fn send(&self, number: u64) {
        if let Some(slot) = self.slot(number) {
            slot.sent_ns.store(self.now_ns(), Ordering::Release);
        }
    }

    /// Notes a 2xx for event `number`.
    pub(crate) fn accept(&self, number: u64) {
        if let Some(slot) = self.slot(number) {
            slot.accepted.store(true, Ordering::Release);
            self.accepted.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that event `number` reached the sink.
    pub(crate) fn arrive(&self, number: Option<u64>) {
        let Some(slot) = number.and_then(|number| self.slot(number)) else {
            self.strays.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let first = slot.arrived_ns.compare_exchange(0, self.now_ns(), Ordering::AcqRel, Ordering::Relaxed);
        let counter = if first.is_ok() { &self.arrived } else { &self.duplicates };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a signature that does not verify.
    pub(crate) fn refuse_signature(&self) {
        self.bad_signatures.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many events were answered with a 2xx.
    pub(crate) fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Returns how many different events arrived.
    pub(crate) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Returns the time from send to arrival of each event that arrived, from event `skip` on.
    pub(crate) fn arrival_times(&self, skip: usize) -> Vec<Duration> {
        let times = self.slots.iter().skip(skip).filter_map(|slot| {
            let arrived_ns = slot.arrived_ns.load(Ordering::Acquire);
            let sent_ns = slot.sent_ns.load(Ordering::Acquire);
            (arrived_ns > 0).then(|| Duration::from_nanos(arrived_ns.saturating_sub(sent_ns)))
        });
        times.collect()
    }

    /// Counts what must be zero. Whether undelivered events are a fault is the caller's to know.
    pub(crate) fn faults(&self) -> Faults {
        let undelivered = |slot: &&Slot| {
            slot.accepted.load(Ordering::Acquire) && slot.arrived_ns.load(Ordering::Acquire) == 0
        };
        Faults {
            undelivered: self.slots.iter().filter(undelivered).count() as u64,
            duplicates: self.duplicates.load(Ordering::Relaxed),
            strays: self.strays.load(Ordering::Relaxed),
            bad_signatures: self.bad_signatures.load(Ordering::Relaxed),
        }
    }

    fn slot(&self, number: u64) -> Option<&Slot> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.slots.get(index)
    }

    /// Never 0, which says "not yet".
    fn now_ns(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_event_that_never_arrives_is_undelivered() {
        let ledger = Ledger::new(100, 3);
        for number in [ledger.draw(), ledger.draw(), ledger.draw()].into_iter().flatten() {
            ledger.send(number);
            ledger.accept(number);
        }

        ledger.arrive(Some(100));
        ledger.arrive(Some(102));

        assert_eq!((ledger.accepted(), ledger.arrived()), (3, 2));
        assert_eq!(ledger.faults(), Faults { undelivered: 1, ..Faults::default() });
        assert_eq!(ledger.arrival_times(0).len(), 2);
        assert_eq!(ledger.arrival_times(1).len(), 1);
    }

    #[test]
    fn a_second_arrival_is_a_duplicate_and_an_unknown_one_a_stray() {
        let ledger = Ledger::new(10, 2);

        for number in [Some(10), Some(10), Some(9), Some(12), None] {
            ledger.arrive(number);
        }

        assert_eq!(ledger.arrived(), 1);
        assert_eq!(ledger.faults(), Faults { duplicates: 1, strays: 3, ..Faults::default() });
    }

    #[test]
    fn a_full_ledger_draws_no_more() {
        let ledger = Ledger::new(1, 2);

        assert_eq!([ledger.draw(), ledger.draw(), ledger.draw()], [Some(1), Some(2), None]);
    }
}
