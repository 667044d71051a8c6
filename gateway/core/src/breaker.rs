//! The breaker of a destination, in its first form: failures in a row open it, after a pause one probe
//! goes through, a sign of life closes it. Closed = traffic flows. A state machine, nothing else.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::outcome::{Outcome, Reach};
use crate::plugin::Judgement;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row that open it.
    pub failures: NonZeroU32,
    /// How long nothing is sent before a probe.
    pub open: Duration,
}

/// What is known of a receiver's health. Times are since a fixed moment that never steps back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breaker {
    /// Traffic flows.
    Closed {
        /// Failures since the last sign of life.
        failures: u32,
    },
    /// Nothing is sent.
    Open {
        /// When a probe may go.
        until: Duration,
    },
    /// One request is on its way to find out.
    Probing,
}

/// What an attempt says of the receiver's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It answered, and not by its own fault.
    Life,
    /// It did not answer, is overloaded or broken.
    Failure,
    /// Nothing: no request reached for it.
    Silence,
}

/// How much may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passage {
    /// Anything.
    Free,
    /// One probe; [`Breaker::probe`] before it is sent.
    Probe,
    /// Nothing.
    Shut,
}

/// A change that people should see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It opened, for the pause of the policy.
    Opened,
    /// It closed.
    Closed,
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker::Closed { failures: 0 }
    }
}

impl Sign {
    /// Reads a sign out of an outcome: unreachable, 5xx and 429 are failures; any other answer is life,
    /// for a receiver that refuses one message may take the next.
    pub fn of(outcome: &Outcome) -> Sign {
        match outcome {
            Outcome::Judged { judgement: Judgement::Delivered, .. } => Sign::Life,
            Outcome::Answered(answer) | Outcome::Judged { answer, .. } => match answer.status {
                429 | 500..=599 => Sign::Failure,
                _ => Sign::Life,
            },
            Outcome::Unreachable { at, .. } => match at {
                Reach::Dns | Reach::Connect | Reach::Tls | Reach::Timeout | Reach::Reset => Sign::Failure,
            },
            Outcome::Blocked { .. }
            | Outcome::Misconfigured(_)
            | Outcome::Declined(_)
            | Outcome::Postponed { .. }
            | Outcome::Skipped(_)
            | Outcome::Split(_)
            | Outcome::Quarantined { .. }
            | Outcome::Crashed { .. } => Sign::Silence,
        }
    }
}

impl Breaker {
    /// Tells how much may be sent now.
    pub fn passage(&self, now: Duration) -> Passage {
        match self {
            Breaker::Closed { .. } => Passage::Free,
            Breaker::Open { until } if *until <= now => Passage::Probe,
            Breaker::Open { .. } | Breaker::Probing => Passage::Shut,
        }
    }

    /// Returns how long until a probe may go; zero if something may be sent, none while one is on its way.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        match self {
            Breaker::Closed { .. } => Some(Duration::ZERO),
            Breaker::Open { until } => Some(until.saturating_sub(now)),
            Breaker::Probing => None,
        }
    }

    /// Notes that the probe goes.
    pub fn probe(&mut self) {
        *self = Breaker::Probing;
    }

    /// Notes that the probe ended without a word about the receiver: the next one may go at once.
    pub fn probe_again(&mut self, now: Duration) {
        if *self == Breaker::Probing {
            *self = Breaker::Open { until: now };
        }
    }

    /// Notes what an attempt said. Requests that were on the wire when it opened speak too: their
    /// failures change nothing, their sign of life closes it.
    pub fn note(&mut self, policy: &BreakerPolicy, sign: Sign, now: Duration) -> Option<Change> {
        match (sign, *self) {
            (Sign::Silence, _) | (Sign::Failure, Breaker::Open { .. }) => None,
            (Sign::Life, Breaker::Closed { .. }) => {
                *self = Breaker::default();
                None
            }
            (Sign::Life, Breaker::Open { .. } | Breaker::Probing) => {
                *self = Breaker::default();
                Some(Change::Closed)
            }
            (Sign::Failure, Breaker::Closed { failures }) if failures + 1 < policy.failures.get() => {
                *self = Breaker::Closed { failures: failures + 1 };
                None
            }
            (Sign::Failure, Breaker::Closed { .. } | Breaker::Probing) => {
                *self = Breaker::Open { until: now + policy.open };
                Some(Change::Opened)
            }
        }
    }

    /// Tells whether it is as good as new.
    pub fn is_new(&self) -> bool {
        *self == Breaker::default()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::outcome::Answer;
    use crate::word::Headers;

    fn policy() -> BreakerPolicy {
        BreakerPolicy { failures: NonZeroU32::new(3).expect("3"), open: Duration::from_secs(30) }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..3 {
            breaker.note(&policy(), Sign::Failure, at(100));
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_sign_of_life_between_them_does_not_count_on() {
        let mut breaker = Breaker::default();
        let signs = [Sign::Failure, Sign::Failure, Sign::Life, Sign::Failure, Sign::Silence, Sign::Failure];
        for sign in signs {
            assert_eq!(breaker.note(&policy(), sign, at(100)), None);
            assert_eq!(breaker.passage(at(100)), Passage::Free);
        }

        assert_eq!(breaker.note(&policy(), Sign::Failure, at(100)), Some(Change::Opened));

        assert_eq!(breaker.passage(at(129)), Passage::Shut);
        assert_eq!(breaker.wait(at(129)), Some(at(1)));
    }

    #[test]
    fn after_the_pause_one_probe_goes_and_its_result_decides() {
        let mut breaker = opened();
        assert_eq!(breaker.passage(at(130)), Passage::Probe);
        breaker.probe();
        assert_eq!((breaker.passage(at(500)), breaker.wait(at(500))), (Passage::Shut, None));

        assert_eq!(breaker.note(&policy(), Sign::Failure, at(140)), Some(Change::Opened));
        assert_eq!(breaker.passage(at(169)), Passage::Shut);

        assert_eq!(breaker.passage(at(170)), Passage::Probe);
        breaker.probe();
        assert_eq!(breaker.note(&policy(), Sign::Life, at(171)), Some(Change::Closed));
        assert!(breaker.is_new());
    }

    #[test]
    fn a_probe_that_says_nothing_lets_the_next_one_go() {
        let mut breaker = opened();
        breaker.probe();

        assert_eq!(breaker.note(&policy(), Sign::Silence, at(131)), None);
        breaker.probe_again(at(131));

        assert_eq!(breaker.passage(at(131)), Passage::Probe);
        let mut closed = Breaker::default();
        closed.probe_again(at(1));
        assert!(closed.is_new());
    }

    #[test]
    fn what_was_on_the_wire_when_it_opened_cannot_hold_it_open_longer() {
        let mut breaker = opened();

        assert_eq!(breaker.note(&policy(), Sign::Failure, at(125)), None);
        assert_eq!(breaker.passage(at(130)), Passage::Probe);
        assert_eq!(breaker.note(&policy(), Sign::Life, at(131)), Some(Change::Closed));
    }

    #[test]
    fn an_answer_is_a_sign_of_life_unless_the_receiver_is_overloaded_or_broken() {
        let answered = |status| {
            Outcome::Answered(Answer { status, headers: Headers::new(), body: Bytes::new(), cut: false })
        };
        for (status, sign) in [(200, Sign::Life), (400, Sign::Life), (404, Sign::Life), (301, Sign::Life)] {
            assert_eq!(Sign::of(&answered(status)), sign, "{status}");
        }
        for status in [429, 500, 503, 599] {
            assert_eq!(Sign::of(&answered(status)), Sign::Failure, "{status}");
        }
        let silent = Outcome::Unreachable { at: Reach::Timeout, detail: String::new() };
        assert_eq!(Sign::of(&silent), Sign::Failure);
        assert_eq!(Sign::of(&Outcome::Declined("no".into())), Sign::Silence);
        assert_eq!(Sign::of(&Outcome::Blocked { host: "h".into(), address: None }), Sign::Silence);
    }
}
