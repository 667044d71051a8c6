//! A clock that a test moves: nothing in it is real, and the same seed rolls the same dice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookgate_core::word::Millis;

use crate::Clock;

/// A [`Clock`] that stands still until it is told to move. Clones are the same clock.
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<Hands>);

#[derive(Debug)]
struct Hands {
    time: Mutex<Time>,
    dice: AtomicU64,
}

#[derive(Debug, Clone, Copy)]
struct Time {
    wall: Millis,
    monotonic: Duration,
}

impl VirtualClock {
    /// Starts a clock at `wall`, its monotonic time at zero, its dice seeded with `seed`.
    pub fn new(wall: Millis, seed: u64) -> VirtualClock {
        let time = Mutex::new(Time { wall, monotonic: Duration::ZERO });
        VirtualClock(Arc::new(Hands { time, dice: AtomicU64::new(seed) }))
    }

    /// Lets `duration` pass, on the wall and monotonically.
    pub fn advance(&self, duration: Duration) {
        self.change(|time| {
            time.wall = time.wall.after(duration);
            time.monotonic = time.monotonic.saturating_add(duration);
        });
    }

    /// Steps the wall clock to `wall`, forwards or back; no time passes.
    pub fn step_to(&self, wall: Millis) {
        self.change(|time| time.wall = wall);
    }

    fn change(&self, change: impl FnOnce(&mut Time)) {
        change(&mut self.0.time.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn time(&self) -> Time {
        *self.0.time.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for VirtualClock {
    /// Starts at 2026-01-01T00:00:00Z with the seed 1.
    fn default() -> VirtualClock {
        VirtualClock::new(Millis(1_767_225_600_000), 1)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Millis {
        self.time().wall
    }

    fn monotonic(&self) -> Duration {
        self.time().monotonic
    }

    /// SplitMix64 (Steele, Lea and Flood, 2014): one addition and three mixes for any seed.
    fn entropy(&self) -> u64 {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.dice.fetch_add(GOLDEN, Ordering::Relaxed).wrapping_add(GOLDEN);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_when_told_to() {
        let clock = VirtualClock::new(Millis(1000), 7);
        let same = clock.clone();

        clock.advance(Duration::from_millis(250));

        assert_eq!((same.now(), same.monotonic()), (Millis(1250), Duration::from_millis(250)));
    }

    #[test]
    fn a_step_of_the_wall_clock_leaves_the_monotonic_one_alone() {
        let clock = VirtualClock::new(Millis(1000), 7);
        clock.advance(Duration::from_secs(1));

        clock.step_to(Millis(10));

        assert_eq!((clock.now(), clock.monotonic()), (Millis(10), Duration::from_secs(1)));
    }

    #[test]
    fn the_dice_are_splitmix64s() {
        let clock = VirtualClock::new(Millis(0), 1_234_567);

        let rolled: Vec<u64> = (0..3).map(|_| clock.entropy()).collect();

        assert_eq!(rolled, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }
}
