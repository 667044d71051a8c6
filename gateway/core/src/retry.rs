//! When a delivery is tried again: after which failures, and the delay after an attempt.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::limits;
use crate::outcome::{Reach, Word};

/// When and how often a destination is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// The delays.
    pub schedule: Schedule,
    /// How many attempts there are in all, the first one included.
    pub attempts_max: NonZeroU32,
    /// No attempt begins later than this after the event was received; none: `attempts_max` alone counts.
    pub age_max: Option<Duration>,
    /// Only these failures are tried again; none: all that are not final.
    pub retry_on: Option<Vec<Failure>>,
    /// These are not tried again.
    pub final_on: Vec<Failure>,
}

/// Failures of an attempt, as a policy names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// An answer with this status.
    Status(u16),
    /// An answer whose status begins with this digit: 5 of `5xx`.
    Class(u8),
    /// Any answer that is no success.
    Refused,
    /// An answer that the destination is gone: 410, or in its connector's words.
    Gone,
    /// No answer, wherever it failed.
    Unreachable,
    /// No answer, and it failed here.
    UnreachableAt(Reach),
    /// A plugin asked for later.
    Postponed,
}

/// What a policy says of one failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Try again.
    Again,
    /// Never again.
    Final,
    /// Nothing special: the failure's own meaning counts.
    Unsaid,
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
        RetryPolicy { schedule: Schedule::List(delays), attempts_max, ..RetryPolicy::only_once() }
    }

    fn only_once() -> RetryPolicy {
        RetryPolicy {
            schedule: Schedule::List(Vec::new()),
            attempts_max: NonZeroU32::MIN,
            age_max: None,
            retry_on: None,
            final_on: Vec::new(),
        }
    }

    /// Returns what the policy says of a failure. What it names as final is final; where it lists what is
    /// tried again, everything else is final.
    pub fn reaction(&self, word: Word, status: Option<u16>) -> Reaction {
        let names = |failures: &[Failure]| failures.iter().any(|failure| failure.is(word, status));
        match &self.retry_on {
            _ if names(&self.final_on) => Reaction::Final,
            Some(listed) if names(listed) => Reaction::Again,
            // That a destination is gone is more than a failure: only naming it makes it one.
            Some(_) if word != Word::Gone => Reaction::Final,
            Some(_) | None => Reaction::Unsaid,
        }
    }

    /// Returns the delay after attempt `attempt` of a delivery that is `age` old, or none if that was the
    /// last one.
    ///
    /// `retry_after` is what the receiver asked for; it is honoured where it is longer than the
    /// policy's own delay. Nothing is longer than [`limits::RETRY_DELAY_MAX`]. `entropy` is in 0.0..1.0.
    pub fn delay_after(
        &self,
        attempt: NonZeroU32,
        age: Duration,
        retry_after: Option<Duration>,
        entropy: f64,
    ) -> Option<Duration> {
        if attempt >= self.attempts_max {
            return None;
        }
        let own = self.schedule.delay_after(attempt, entropy);
        let delay = own.max(retry_after.unwrap_or_default()).min(limits::RETRY_DELAY_MAX);
        let in_time = self.age_max.is_none_or(|age_max| age.saturating_add(delay) <= age_max);
        in_time.then_some(delay)
    }
}

impl Failure {
    /// Words that a policy may name failures by.
    pub const WORDS: [(&str, Failure); 9] = [
        ("refused", Failure::Refused),
        ("gone", Failure::Gone),
        ("unreachable", Failure::Unreachable),
        ("unreachable_dns", Failure::UnreachableAt(Reach::Dns)),
        ("unreachable_connect", Failure::UnreachableAt(Reach::Connect)),
        ("unreachable_tls", Failure::UnreachableAt(Reach::Tls)),
        ("unreachable_timeout", Failure::UnreachableAt(Reach::Timeout)),
        ("unreachable_reset", Failure::UnreachableAt(Reach::Reset)),
        ("postponed", Failure::Postponed),
    ];

    /// Reads one of [`Failure::WORDS`], a class such as `5xx` or a status such as `503`; of those that are
    /// failures: 3xx to 5xx, and 1xx.
    pub fn parse(text: &str) -> Option<Failure> {
        if let Some((_, failure)) = Failure::WORDS.iter().find(|(word, _)| *word == text) {
            return Some(*failure);
        }
        match text.strip_suffix("xx") {
            Some(digit) => digit.parse().ok().filter(|d| matches!(d, 1 | 3..=5)).map(Failure::Class),
            None => text.parse().ok().and_then(Failure::of_status),
        }
    }

    /// Returns the failure of an answer with this status; none of a success or of what is no status.
    pub fn of_status(status: u16) -> Option<Failure> {
        matches!(status, 100..=199 | 300..=599).then_some(Failure::Status(status))
    }

    fn is(self, word: Word, status: Option<u16>) -> bool {
        match self {
            Failure::Status(wanted) => status == Some(wanted),
            Failure::Class(digit) => status.is_some_and(|status| status / 100 == u16::from(digit)),
            Failure::Refused => word == Word::Refused,
            Failure::Gone => word == Word::Gone,
            Failure::Unreachable => matches!(word, Word::Unreachable(_)),
            Failure::UnreachableAt(reach) => word == Word::Unreachable(reach),
            Failure::Postponed => word == Word::Postponed,
        }
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

    const YOUNG: Duration = Duration::ZERO;

    fn nth(attempt: u32) -> NonZeroU32 {
        NonZeroU32::new(attempt).expect("attempts are counted from 1")
    }

    fn seconds(delays: &[u64]) -> Vec<Duration> {
        delays.iter().map(|s| Duration::from_secs(*s)).collect()
    }

    #[test]
    fn the_default_is_the_schedule_of_standard_webhooks() {
        let policy = RetryPolicy::default();

        let delays: Vec<_> = (1..=9).filter_map(|n| policy.delay_after(nth(n), YOUNG, None, 0.5)).collect();

        assert_eq!(delays, seconds(&[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]));
        assert_eq!(policy.delay_after(nth(10), YOUNG, None, 0.5), None);
    }

    #[test]
    fn a_list_that_is_too_short_repeats_its_last_entry() {
        let policy = RetryPolicy { attempts_max: nth(5), ..RetryPolicy::list(seconds(&[1, 7])) };

        let delays: Vec<_> = (1..=5).map(|n| policy.delay_after(nth(n), YOUNG, None, 0.0)).collect();

        assert_eq!(delays[..4], seconds(&[1, 7, 7, 7]).into_iter().map(Some).collect::<Vec<_>>());
        assert_eq!(delays[4], None);
    }

    #[test]
    fn an_empty_list_tries_once() {
        assert_eq!(RetryPolicy::list(vec![]).delay_after(nth(1), YOUNG, None, 0.0), None);
    }

    #[test]
    fn retry_after_is_honoured_between_the_own_delay_and_the_maximum() {
        let policy = RetryPolicy::list(seconds(&[60]));
        let cases = [(10, 60), (60, 60), (90, 90), (30 * 86_400, 7 * 86_400)];

        for (asked, given) in cases {
            let delay = policy.delay_after(nth(1), YOUNG, Some(Duration::from_secs(asked)), 0.0);
            assert_eq!(delay, Some(Duration::from_secs(given)), "asked for {asked}");
        }
    }

    #[test]
    fn a_backoff_doubles_up_to_its_cap() {
        let schedule =
            Schedule::Backoff { base: Duration::from_secs(5), cap: Duration::from_secs(60), jitter: 0.0 };
        let policy = RetryPolicy { schedule, attempts_max: nth(100), ..RetryPolicy::default() };

        let delays: Vec<_> = [1, 2, 3, 4, 5, 99]
            .iter()
            .filter_map(|n| policy.delay_after(nth(*n), YOUNG, None, 0.9))
            .collect();

        assert_eq!(delays, seconds(&[5, 10, 20, 40, 60, 60]));
    }

    #[test]
    fn what_would_be_tried_too_late_is_not_tried() {
        let policy =
            RetryPolicy { age_max: Some(Duration::from_secs(100)), ..RetryPolicy::list(seconds(&[10, 10])) };
        let after = |age, asked: u64| {
            policy.delay_after(nth(1), Duration::from_secs(age), Some(Duration::from_secs(asked)), 0.0)
        };

        assert_eq!(after(90, 0), Some(Duration::from_secs(10)), "just in time");
        assert_eq!(after(91, 0), None);
        assert_eq!(after(50, 51), None, "a Retry-After does not make it younger");
        assert_eq!(policy.delay_after(nth(1), Duration::MAX, None, 0.0), None);
    }

    #[test]
    fn failures_are_named_by_status_class_and_word() {
        let cases = [
            ("503", Some(Failure::Status(503))),
            ("5xx", Some(Failure::Class(5))),
            ("unreachable", Some(Failure::Unreachable)),
            ("unreachable_tls", Some(Failure::UnreachableAt(Reach::Tls))),
            ("gone", Some(Failure::Gone)),
            ("2xx", None),
            ("200", None),
            ("6xx", None),
            ("600", None),
            ("99", None),
            ("xx", None),
            ("crashed_trap", None),
            ("", None),
        ];
        for (text, failure) in cases {
            assert_eq!(Failure::parse(text), failure, "{text}");
        }
    }

    #[test]
    fn a_policy_says_which_failures_are_tried_again() {
        let named = |texts: &[&str]| -> Vec<Failure> {
            texts.iter().map(|text| Failure::parse(text).expect("a failure")).collect()
        };
        let policy = |retry_on: Option<&[&str]>, final_on: &[&str]| RetryPolicy {
            retry_on: retry_on.map(named),
            final_on: named(final_on),
            ..RetryPolicy::default()
        };
        let timeout = (Word::Unreachable(Reach::Timeout), None);
        let refused = |status| (Word::Refused, Some(status));
        let gone = (Word::Gone, Some(410));
        let cases = [
            (policy(None, &[]), refused(404), Reaction::Unsaid),
            (policy(None, &["4xx"]), refused(404), Reaction::Final),
            (policy(None, &["4xx"]), refused(500), Reaction::Unsaid),
            (policy(None, &["unreachable"]), timeout, Reaction::Final),
            (policy(None, &["unreachable_dns"]), timeout, Reaction::Unsaid),
            (policy(Some(&["5xx", "unreachable_timeout"]), &[]), refused(503), Reaction::Again),
            (policy(Some(&["5xx", "unreachable_timeout"]), &[]), timeout, Reaction::Again),
            (policy(Some(&["5xx", "unreachable_timeout"]), &[]), refused(404), Reaction::Final),
            (policy(Some(&["5xx"]), &["501"]), refused(501), Reaction::Final),
            (policy(Some(&["refused"]), &[]), refused(302), Reaction::Again),
            (policy(Some(&["5xx"]), &[]), gone, Reaction::Unsaid),
            (policy(Some(&["410"]), &[]), gone, Reaction::Again),
            (policy(Some(&["gone"]), &[]), gone, Reaction::Again),
            (policy(None, &["410"]), gone, Reaction::Final),
        ];
        for (policy, (word, status), reaction) in cases {
            assert_eq!(policy.reaction(word, status), reaction, "{word:?} {status:?} {policy:?}");
        }
    }

    proptest! {
        #[test]
        fn a_delay_is_within_base_and_cap(
            base in 1u64..10_000, cap in 10_000u64..1_000_000, jitter in 0.0..1.0f64,
            attempt in 1u32..99, entropy in 0.0..1.0f64,
        ) {
            let (base, cap) = (Duration::from_millis(base), Duration::from_millis(cap));
            let policy = RetryPolicy { schedule: Schedule::Backoff { base, cap, jitter }, attempts_max: nth(100), ..RetryPolicy::default() };

            let delay = policy.delay_after(nth(attempt), YOUNG, None, entropy).expect("attempts are left");

            prop_assert!(delay >= base && delay <= cap);
        }

        #[test]
        fn a_later_attempt_never_waits_less(attempt in 1u32..98, jitter in 0.0..1.0f64) {
            let schedule = Schedule::Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(3_600), jitter };
            let policy = RetryPolicy { schedule, attempts_max: nth(100), ..RetryPolicy::default() };

            let (first, second) = (policy.delay_after(nth(attempt), YOUNG, None, 0.3), policy.delay_after(nth(attempt + 1), YOUNG, None, 0.3));

            prop_assert!(second >= first);
        }
    }
}
