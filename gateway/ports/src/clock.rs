//! The port to time and chance.

use std::time::Duration;

use hookgate_core::word::Millis;

/// Tells the time and rolls the dice, so that a test can do both.
pub trait Clock: Send + Sync {
    /// Returns the wall clock, for due times and what people read. May step.
    fn now(&self) -> Millis;

    /// Returns the time since some fixed moment of this process. Never steps back.
    fn monotonic(&self) -> Duration;

    /// Returns 64 random bits, good enough for secrets.
    fn entropy(&self) -> u64;
}
