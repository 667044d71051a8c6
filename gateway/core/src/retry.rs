//! When a delivery is tried again: the delay after an attempt, and nothing else.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::limits;

/// When and how often a destination is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// The delays.
    pub schedule: Schedule,
    /// How many attempts there are in all, the first one included.
    pub attempts_max: NonZeroU32,
}

/// The delays between attempts.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// One delay after another; the last one repeats. Never empty.
    List(Vec<Duration>),
    /// Doubling from `base` to `cap`, plus up to `jitter` of itself.
    Backoff {
        /// After the first attempt.
        base: Duration,
        /// Never longer than this, jitter included.
        cap: Duration,
        /// 0.0 to 1.0.
        jitter: f64,
    },
}

/// Standard Webhooks 1.0, "Retries": at once, then after 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
const STANDARD_WEBHOOKS_SECONDS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

impl Default for RetryPolicy {
    fn default() -> RetryPolicy {
        RetryPolicy::list(STANDARD_WEBHOOKS_SECONDS.map(Duration::from_secs).to_vec())
    }
}

impl RetryPolicy {
    /// Returns the policy that follows a list once: one attempt, and one more after each delay.
    /// An empty list means that nothing is tried again.
    pub fn list(delays: Vec<Duration>) -> RetryPolicy {
        let retries =
            u32::try_from(delays.len()).unwrap_or(limits::ATTEMPTS_MAX).min(limits::ATTEMPTS_MAX - 1);
        let attempts_max = NonZeroU32::MIN.saturating_add(retries);
        RetryPolicy { schedule: Schedule::List(delays), attempts_max }
    }

    /// Returns the delay after attempt `attempt`, or none if that was the last one.
    ///
    /// `retry_after` is what the receiver asked for; it is honoured where it is longer than the
    /// policy's own delay. Nothing is longer than [`limits::RETRY_DELAY_MAX`]. `entropy` is in 0.0..1.0.
    pub fn delay_after(
        &self,
        attempt: NonZeroU32,
        retry_after: Option<Duration>,
        entropy: f64,
    ) -> Option<Duration> {
        if attempt >= self.attempts_max {
            return None;
        }
        let own = self.schedule.delay_after(attempt, entropy);
        Some(own.max(retry_after.unwrap_or_default()).min(limits::RETRY_DELAY_MAX))
    }
}

impl Schedule {
    /// Returns the delay after attempt `attempt`. Of a backoff it is in [base, cap] and at most
    /// `(1 + jitter)` of the doubled base; a list has no jitter.
    fn delay_after(&self, attempt: NonZeroU32, entropy: f64) -> Duration {
        let nth = attempt.get() - 1;
        match self {
            Schedule::List(delays) => {
                let nth = usize::try_from(nth).unwrap_or(usize::MAX);
                delays.get(nth).or(delays.last()).copied().unwrap_or_default()
            }
            Schedule::Backoff { base, cap, jitter } => {
                let doubled = base.saturating_mul(2u32.saturating_pow(nth)).min(*cap);
                doubled.mul_f64(1.0 + jitter.clamp(0.0, 1.0) * entropy.clamp(0.0, 1.0)).min(*cap)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nth(attempt: u32) -> NonZeroU32 {
        NonZeroU32::new(attempt).expect("attempts are counted from 1")
    }

    fn seconds(delays: &[u64]) -> Vec<Duration> {
        delays.iter().map(|s| Duration::from_secs(*s)).collect()
    }

    #[test]
    fn the_default_is_the_schedule_of_standard_webhooks() {
        let policy = RetryPolicy::default();

        let delays: Vec<_> = (1..=9).filter_map(|n| policy.delay_after(nth(n), None, 0.5)).collect();

        assert_eq!(delays, seconds(&[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]));
        assert_eq!(policy.delay_after(nth(10), None, 0.5), None);
    }

    #[test]
    fn a_list_that_is_too_short_repeats_its_last_entry() {
        let policy = RetryPolicy { schedule: Schedule::List(seconds(&[1, 7])), attempts_max: nth(5) };

        let delays: Vec<_> = (1..=5).map(|n| policy.delay_after(nth(n), None, 0.0)).collect();

        assert_eq!(delays[..4], seconds(&[1, 7, 7, 7]).into_iter().map(Some).collect::<Vec<_>>());
        assert_eq!(delays[4], None);
    }

    #[test]
    fn an_empty_list_tries_once() {
        assert_eq!(RetryPolicy::list(vec![]).delay_after(nth(1), None, 0.0), None);
    }

    #[test]
    fn retry_after_is_honoured_between_the_own_delay_and_the_maximum() {
        let policy = RetryPolicy::list(seconds(&[60]));
        let cases = [(10, 60), (60, 60), (90, 90), (30 * 86_400, 7 * 86_400)];

        for (asked, given) in cases {
            let delay = policy.delay_after(nth(1), Some(Duration::from_secs(asked)), 0.0);
            assert_eq!(delay, Some(Duration::from_secs(given)), "asked for {asked}");
        }
    }

    #[test]
    fn a_backoff_doubles_up_to_its_cap() {
        let schedule =
            Schedule::Backoff { base: Duration::from_secs(5), cap: Duration::from_secs(60), jitter: 0.0 };
        let policy = RetryPolicy { schedule, attempts_max: nth(100) };

        let delays: Vec<_> =
            [1, 2, 3, 4, 5, 99].iter().filter_map(|n| policy.delay_after(nth(*n), None, 0.9)).collect();

        assert_eq!(delays, seconds(&[5, 10, 20, 40, 60, 60]));
    }

    proptest! {
        #[test]
        fn a_delay_is_within_base_and_cap(
            base in 1u64..10_000, cap in 10_000u64..1_000_000, jitter in 0.0..1.0f64,
            attempt in 1u32..99, entropy in 0.0..1.0f64,
        ) {
            let (base, cap) = (Duration::from_millis(base), Duration::from_millis(cap));
            let policy = RetryPolicy { schedule: Schedule::Backoff { base, cap, jitter }, attempts_max: nth(100) };

            let delay = policy.delay_after(nth(attempt), None, entropy).expect("attempts are left");

            prop_assert!(delay >= base && delay <= cap);
        }

        #[test]
        fn a_later_attempt_never_waits_less(attempt in 1u32..98, jitter in 0.0..1.0f64) {
            let schedule = Schedule::Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(3_600), jitter };
            let policy = RetryPolicy { schedule, attempts_max: nth(100) };

            let (first, second) = (policy.delay_after(nth(attempt), None, 0.3), policy.delay_after(nth(attempt + 1), None, 0.3));

            prop_assert!(second >= first);
        }
    }
}
