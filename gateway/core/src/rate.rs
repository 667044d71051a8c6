//! Rates: how often something may happen, as a token bucket. Arithmetic only: the time is an argument,
//! a duration since a fixed moment that never steps back.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::limits;

/// How often something may happen, and how many of it at once after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// From one token to the next; rounded up, so that a rate is never exceeded.
    interval: Duration,
    burst: NonZeroU32,
}

/// What is left of a rate. A new one is full.
///
/// Kept as the moment at which it will be full again, so that it needs no timer and a bucket that
/// nobody asks costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    full_at: Duration,
}

impl Rate {
    /// Returns the rate of `count` in each `period`, with what comes in one second as its burst, at
    /// least one. None: slower than one in [`limits::RATE_INTERVAL_MAX`], or a period of nothing.
    pub fn new(count: NonZeroU32, period: Duration) -> Option<Rate> {
        let nanos = period.as_nanos().div_ceil(u128::from(count.get()));
        let interval = Duration::from_nanos(u64::try_from(nanos).ok()?);
        if interval.is_zero() || interval > limits::RATE_INTERVAL_MAX {
            return None;
        }
        let in_a_second = Duration::from_secs(1).as_nanos() / interval.as_nanos();
        let burst = u32::try_from(in_a_second).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
        Some(Rate { interval, burst })
    }

    /// Returns the same rate with another burst.
    pub fn with_burst(self, burst: NonZeroU32) -> Rate {
        Rate { burst, ..self }
    }

    /// Returns how many may happen at once after a pause.
    pub fn burst(&self) -> NonZeroU32 {
        self.burst
    }

    /// Returns the time from one to the next.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    fn capacity(&self) -> Duration {
        self.interval.saturating_mul(self.burst.get())
    }
}

impl Bucket {
    /// Takes up to `wanted` tokens and returns how many there were.
    pub fn take(&mut self, rate: &Rate, now: Duration, wanted: u32) -> u32 {
        let from = self.full_at.max(now);
        let room = (now + rate.capacity()).saturating_sub(from);
        let there = u32::try_from(room.as_nanos() / rate.interval.as_nanos()).unwrap_or(u32::MAX);
        let taken = there.min(wanted);
        if taken > 0 {
            self.full_at = from + rate.interval.saturating_mul(taken);
        }
        taken
    }

    /// Puts tokens back that were taken for nothing.
    pub fn give_back(&mut self, rate: &Rate, tokens: u32) {
        self.full_at = self.full_at.saturating_sub(rate.interval.saturating_mul(tokens));
    }

    /// Returns how long until there is a token; zero if there is one.
    pub fn wait(&self, rate: &Rate, now: Duration) -> Duration {
        // A rate that became slower with a configuration holds nobody longer than its own capacity.
        let full_in = self.full_at.saturating_sub(now).min(rate.capacity());
        (full_in + rate.interval).saturating_sub(rate.capacity())
    }

    /// Tells whether it is as good as new.
    pub fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn count(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).expect("rates are counted from 1")
    }

    fn per_second(number: u32) -> Rate {
        Rate::new(count(number), Duration::from_secs(1)).expect("a rate")
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_full_bucket_has_its_burst_and_then_one_each_interval() {
        let (rate, mut bucket) = (per_second(50), Bucket::default());
        let now = millis(1_000);

        assert_eq!(bucket.take(&rate, now, 200), 50, "what comes in a second");
        assert_eq!((bucket.take(&rate, now, 1), bucket.wait(&rate, now)), (0, millis(20)));
        assert_eq!(bucket.take(&rate, now + millis(19), 9), 0);
        assert_eq!(bucket.take(&rate, now + millis(20), 9), 1);
        assert_eq!(bucket.take(&rate, now + millis(60), 9), 2);
    }

    #[test]
    fn a_slow_rate_has_a_burst_of_one_unless_another_is_asked_for() {
        let rate = Rate::new(count(10), Duration::from_secs(60)).expect("a rate");
        let (mut bucket, now) = (Bucket::default(), millis(5));

        assert_eq!((rate.burst().get(), rate.interval()), (1, Duration::from_secs(6)));
        assert_eq!(bucket.take(&rate, now, 3), 1);
        assert_eq!(Bucket::default().take(&rate.with_burst(count(3)), now, 9), 3);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let (rate, mut bucket) = (per_second(2), Bucket::default());
        let now = millis(700);
        bucket.take(&rate, now, 2);

        bucket.give_back(&rate, 1);

        assert_eq!(bucket.take(&rate, now, 5), 1);
        bucket.give_back(&rate, 100);
        assert_eq!(bucket.take(&rate, now, 5), 2, "never more than the burst");
        assert!(!bucket.is_full(now) && bucket.is_full(now + Duration::from_secs(1)));
    }

    #[test]
    fn a_rate_that_became_slower_does_not_hold_longer_than_its_own_capacity() {
        let (fast, slow) = (per_second(1).with_burst(count(100)), per_second(1));
        let (mut bucket, now) = (Bucket::default(), millis(0));
        bucket.take(&fast, now, 100);

        assert_eq!(bucket.wait(&slow, now), Duration::from_secs(1));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        assert_eq!(Rate::new(count(1), Duration::ZERO), None);
        assert_eq!(Rate::new(count(1), Duration::from_secs(2 * 86_400)), None);
        assert!(Rate::new(count(u32::MAX), Duration::from_secs(1)).is_some());
    }

    proptest! {
        #[test]
        fn no_window_sees_more_than_burst_and_rate(
            number in 1u32..1_000, burst in 1u32..50,
            steps in proptest::collection::vec((0u64..50, 0u32..20), 1..200),
        ) {
            let rate = per_second(number).with_burst(count(burst));
            let (mut bucket, mut now) = (Bucket::default(), Duration::from_secs(3));
            let began = now;
            let mut taken = 0u64;

            for (pause, wanted) in steps {
                now += millis(pause);
                taken += u64::from(bucket.take(&rate, now, wanted));

                let allowed = u64::from(burst) + (now - began).as_millis() as u64 * u64::from(number) / 1_000;
                prop_assert!(taken <= allowed, "{taken} of {allowed}");
            }
        }

        #[test]
        fn after_its_wait_there_is_a_token_and_not_before(
            number in 1u32..1_000, burst in 1u32..50, wanted in 1u32..100, pause in 0u64..2_000,
        ) {
            let rate = per_second(number).with_burst(count(burst));
            let (mut bucket, mut now) = (Bucket::default(), Duration::from_secs(3));
            bucket.take(&rate, now, wanted);
            now += millis(pause);

            let wait = bucket.wait(&rate, now);

            prop_assert_eq!(bucket.clone().take(&rate, now + wait, 1), 1);
            if !wait.is_zero() {
                prop_assert_eq!(bucket.take(&rate, now + wait - Duration::from_nanos(1), 1), 0);
            }
        }
    }
}
