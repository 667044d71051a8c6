//! The ways in which a plugin lets nothing go out.

use std::fmt;
use std::time::Duration;

/// Why nothing goes out. Returned as the error of a role, so `?` ends the call with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing to send, and that is right. The delivery ends as skipped.
    Skip(String),
    /// Never will work. The delivery is dead-lettered now.
    Declined(String),
    /// May work later.
    Retry {
        /// Not before so long; none: by the delivery's own schedule. The host keeps it within the
        /// delivery's bounds. Sent in whole milliseconds.
        after: Option<Duration>,
        /// What is missing now.
        reason: String,
    },
}

impl Stop {
    /// Nothing to send, and that is right.
    pub fn skip(reason: impl Into<String>) -> Stop {
        Stop::Skip(reason.into())
    }

    /// Never will work: what came is not what this plugin is for, or it is broken.
    pub fn declined(reason: impl Into<String>) -> Stop {
        Stop::Declined(reason.into())
    }

    /// May work later, by the delivery's own schedule.
    pub fn retry(reason: impl Into<String>) -> Stop {
        Stop::Retry { after: None, reason: reason.into() }
    }

    /// May work later, but not before `after`.
    pub fn retry_after(after: Duration, reason: impl Into<String>) -> Stop {
        Stop::Retry { after: Some(after), reason: reason.into() }
    }

    /// Returns the reason, in the plugin's words.
    pub fn reason(&self) -> &str {
        match self {
            Stop::Skip(reason) | Stop::Declined(reason) | Stop::Retry { reason, .. } => reason,
        }
    }
}

/// For `authenticate`, whose error is a text: what stops a message leaves a sender undecided.
impl From<Stop> for String {
    fn from(stop: Stop) -> String {
        stop.to_string()
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Stop::Skip(_) => "skip",
            Stop::Declined(_) => "declined",
            Stop::Retry { .. } => "retry",
        };
        write!(f, "{word}: {}", self.reason())
    }
}

impl std::error::Error for Stop {}

/// JSON that does not read or write will not do so later either.
impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Stop {
        Stop::declined(error.to_string())
    }
}

impl From<Stop> for crate::__bindings::imports::hookgate::plugin::types::Stop {
    fn from(stop: Stop) -> Self {
        use crate::__bindings::imports::hookgate::plugin::types;
        match stop {
            Stop::Skip(reason) => types::Stop::Skip(reason),
            Stop::Declined(reason) => types::Stop::Declined(reason),
            Stop::Retry { after, reason } => {
                let after_ms = after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
                types::Stop::Retry(types::Retry { after_ms, reason })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::__bindings::imports::hookgate::plugin::types;

    #[test]
    fn every_stop_crosses_with_its_reason() {
        let late = Stop::retry_after(Duration::from_millis(1500), "busy");

        assert_eq!(types::Stop::from(Stop::skip("a")), types::Stop::Skip("a".into()));
        assert_eq!(types::Stop::from(Stop::declined("b")), types::Stop::Declined("b".into()));
        assert_eq!(
            types::Stop::from(late.clone()),
            types::Stop::Retry(types::Retry { after_ms: Some(1500), reason: "busy".into() })
        );
        assert_eq!(late.to_string(), "retry: busy");
    }

    #[test]
    fn a_delay_beyond_every_clock_does_not_wrap() {
        let stop = types::Stop::from(Stop::retry_after(Duration::MAX, "never"));

        assert_eq!(
            stop,
            types::Stop::Retry(types::Retry { after_ms: Some(u64::MAX), reason: "never".into() })
        );
    }
}
