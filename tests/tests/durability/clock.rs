//! The store's clock in these tests: time passes as it does, chance comes from a seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hookgate_core::word::Millis;
use hookgate_ports::Clock;
use hookgate_tests::Dice;

/// 2026-01-01T00:00:00Z.
const BEGIN: Millis = Millis(1_767_225_600_000);

pub(super) struct SeededClock {
    begun: Instant,
    dice: Dice,
    rolls: AtomicU64,
}

impl SeededClock {
    pub(super) fn new(dice: Dice) -> SeededClock {
        SeededClock { begun: Instant::now(), dice, rolls: AtomicU64::new(0) }
    }
}

impl Clock for SeededClock {
    fn now(&self) -> Millis {
        BEGIN.after(self.begun.elapsed())
    }

    fn monotonic(&self) -> Duration {
        self.begun.elapsed()
    }

    fn entropy(&self) -> u64 {
        self.dice.part(self.rolls.fetch_add(1, Ordering::Relaxed)).roll()
    }
}
