//! `retry`: a list of delays or a backoff, and how often.

use std::num::NonZeroU32;
use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::retry::{Failure, RetryPolicy, Schedule};

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{FailureName, Form, RetryTable};
use crate::near::did_you_mean;
use crate::string_offset::in_file;

impl Compiler<'_> {
    /// Compiles a retry policy; without a table the default one.
    pub(super) fn retry(
        &mut self,
        destination: &str,
        table: Option<&At<Form<RetryTable>>>,
    ) -> Option<RetryPolicy> {
        let Some(at) = table else { return Some(RetryPolicy::default()) };
        let retry = &at.value;
        let attempts = match &retry.attempts {
            Some(attempts) => {
                self.count(attempts, 1..=limits::ATTEMPTS_MAX).and_then(NonZeroU32::new).map(Some)
            }
            None => Some(None),
        };
        let ages = Duration::from_secs(1)..=limits::RETRY_AGE_MAX;
        let age_max = retry.max_age.as_ref().and_then(|at| self.duration(at, ages));
        let retry_on = retry.retry_on.as_ref().map(|list| self.failures(list, "retry_on"));
        let final_on = retry.final_on.as_ref().map(|list| self.failures(list, "final_on"));
        self.conflicts(retry);
        let policy = match (&retry.schedule, &retry.backoff) {
            (Some(list), _) => RetryPolicy::list(self.list(list)?),
            (None, Some(backoff)) => {
                let schedule = self.backoff(backoff, retry.jitter.as_ref())?;
                RetryPolicy { schedule, ..RetryPolicy::default() }
            }
            (None, None) => {
                if retry.says_nothing() && !self.file.loss.may_hide("destination", destination) {
                    let help =
                        "add `schedule = [\"5s\", \"5m\"]`, `backoff = \"5s..10h\"` or `attempts = 10`";
                    self.add(codes::MISSING_KEY, &at.span, "`retry` does not say when or how often", help);
                }
                RetryPolicy::default()
            }
        };
        Some(RetryPolicy {
            attempts_max: attempts?.unwrap_or(policy.attempts_max),
            age_max,
            retry_on,
            final_on: final_on.unwrap_or_default(),
            ..policy
        })
    }

    /// Reads which failures are meant; those that are none are noted and left out.
    fn failures(&mut self, list: &At<Vec<At<FailureName>>>, key: &str) -> Vec<Failure> {
        if list.value.is_empty() {
            let help = format!("write statuses, classes and words: {key} = [429, \"5xx\", \"unreachable\"]");
            self.add(codes::EMPTY_LIST, &list.span, format!("`{key}` names no failure"), help);
        }
        list.value.iter().filter_map(|at| self.failure(at)).collect()
    }

    fn failure(&mut self, at: &At<FailureName>) -> Option<Failure> {
        let (found, text) = match &at.value {
            FailureName::Status(status) => {
                (u16::try_from(*status).ok().and_then(Failure::of_status), status.to_string())
            }
            FailureName::Text(text) => (Failure::parse(text), text.clone()),
        };
        if found.is_none() {
            let words = Failure::WORDS.iter().map(|(word, _)| *word);
            let help = did_you_mean(&text, words, || {
                let words: Vec<&str> = Failure::WORDS.iter().map(|(word, _)| *word).collect();
                format!("write a status such as 429, \"4xx\", \"5xx\", or one of: {}", words.join(", "))
            });
            self.add(codes::UNKNOWN_FAILURE, &at.span, format!("{text} is no failure of a delivery"), help);
        }
        found
    }

    fn conflicts(&mut self, retry: &RetryTable) {
        if let (Some(schedule), Some(backoff)) = (&retry.schedule, &retry.backoff) {
            let message = "a retry has either `schedule` or `backoff`";
            let help = "keep the one that says what you mean";
            let diagnostic = Diagnostic::new(codes::CONFLICTING_KEYS, backoff.span.clone(), message, help);
            self.report.push(diagnostic.with(schedule.span.clone(), "the schedule is here"));
        }
        if let (Some(jitter), None) = (&retry.jitter, &retry.backoff) {
            let help = "add `backoff = \"5s..10h\"`, or leave `jitter` out";
            self.add(codes::CONFLICTING_KEYS, &jitter.span, "only a `backoff` has jitter", help);
        }
    }

    fn list(&mut self, list: &At<Vec<At<String>>>) -> Option<Vec<Duration>> {
        let most = usize::try_from(limits::ATTEMPTS_MAX - 1).unwrap_or(usize::MAX);
        if list.value.is_empty() {
            let help = "write delays such as [\"5s\", \"5m\"]; `retry = { attempts = 1 }` tries once";
            self.add(codes::EMPTY_LIST, &list.span, "a schedule needs at least one delay", help);
            return None;
        }
        if list.value.len() > most {
            let message = format!("{} delays are out of range", list.value.len());
            let help = format!("write at most {most}; the last one repeats up to `attempts`");
            self.add(codes::OUT_OF_RANGE, &list.span, message, help);
            return None;
        }
        let delays: Vec<Option<Duration>> = list
            .value
            .iter()
            .map(|delay| self.duration(delay, Duration::ZERO..=limits::RETRY_DELAY_MAX))
            .collect();
        delays.into_iter().collect()
    }

    /// `base..cap`, both within bounds, in that order.
    fn backoff(&mut self, at: &At<String>, jitter: Option<&At<f64>>) -> Option<Schedule> {
        let jitter = self.jitter(jitter);
        let Some((base, cap)) = at.text().split_once("..") else {
            let help = "write the first delay and the longest: \"5s..10h\"";
            self.add(codes::BAD_DURATION, &at.span, "a backoff goes from one duration to another", help);
            return None;
        };
        let half = |text: &str, begin: usize| {
            let place = |offset| in_file(&self.file.text, &at.span, offset);
            At::new(place(begin)..place(begin + text.len()), text.to_owned())
        };
        let (base, cap) = (half(base, 0), half(cap, base.len() + 2));
        let bounds = Duration::from_millis(1)..=limits::RETRY_DELAY_MAX;
        let (base, longest) = (self.duration(&base, bounds.clone()), self.duration(&cap, bounds));
        let (base, longest) = (base?, longest?);
        if base > longest {
            let help = "write the shorter one first";
            self.add(codes::OUT_OF_RANGE, &cap.span, "the longest delay is shorter than the first", help);
            return None;
        }
        Some(Schedule::Backoff { base, cap: longest, jitter })
    }

    fn jitter(&mut self, at: Option<&At<f64>>) -> f64 {
        let Some(at) = at else { return 0.0 };
        if !(0.0..=1.0).contains(&at.value) {
            let message = format!("{} is out of range", at.value);
            self.add(codes::OUT_OF_RANGE, &at.span, message, "write a part from 0.0 to 1.0");
        }
        at.value
    }
}

impl RetryTable {
    fn says_nothing(&self) -> bool {
        self.attempts.is_none()
            && self.max_age.is_none()
            && self.retry_on.is_none()
            && self.final_on.is_none()
    }
}
