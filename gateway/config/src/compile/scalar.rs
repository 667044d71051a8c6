//! Durations, sizes, counts and rates within their bounds.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::rate::Rate;
use hookgate_core::word::duration_text;

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::units;

impl Compiler<'_> {
    /// Reads a duration within bounds, or notes what is wrong.
    pub(super) fn duration(&mut self, at: &At<String>, bounds: RangeInclusive<Duration>) -> Option<Duration> {
        let Some(duration) = units::duration(at.text()) else {
            self.add(
                codes::BAD_DURATION,
                &at.span,
                format!("{:?} is no duration", at.text()),
                units::DURATION_HELP,
            );
            return None;
        };
        if bounds.contains(&duration) {
            return Some(duration);
        }
        let text = duration_text(duration);
        self.out_of_range(at, &text, &duration_text(*bounds.start()), &duration_text(*bounds.end()));
        None
    }

    /// Reads a number of bytes within bounds, or notes what is wrong.
    pub(super) fn size(&mut self, at: &At<String>, bounds: RangeInclusive<usize>) -> Option<usize> {
        let Some(bytes) = units::size(at.text()) else {
            self.add(codes::BAD_SIZE, &at.span, format!("{:?} is no size", at.text()), units::SIZE_HELP);
            return None;
        };
        if bounds.contains(&bytes) {
            return Some(bytes);
        }
        let text = units::size_text(bytes);
        self.out_of_range(at, &text, &units::size_text(*bounds.start()), &units::size_text(*bounds.end()));
        None
    }

    /// Reads a count within bounds, or notes what is wrong.
    pub(super) fn count(&mut self, at: &At<i64>, bounds: RangeInclusive<u32>) -> Option<u32> {
        if let Ok(count) = u32::try_from(at.value)
            && bounds.contains(&count)
        {
            return Some(count);
        }
        self.out_of_range(at, &at.value.to_string(), &bounds.start().to_string(), &bounds.end().to_string());
        None
    }

    /// Reads a rate and its burst, or notes what is wrong.
    pub(super) fn rate(&mut self, rate: Option<&At<String>>, burst: Option<&At<i64>>) -> Option<Rate> {
        let burst_count = burst.and_then(|at| self.count(at, 1..=limits::RATE_BURST_MAX));
        let Some(at) = rate else {
            if let Some(burst) = burst {
                let help = "add `rate = \"50/s\"`, or leave `burst` out";
                self.add(codes::CONFLICTING_KEYS, &burst.span, "only a `rate` has a burst", help);
            }
            return None;
        };
        let Some(rate) = units::rate(at.text()).and_then(|(count, period)| Rate::new(count, period)) else {
            self.add(codes::BAD_RATE, &at.span, format!("{:?} is no rate", at.text()), units::RATE_HELP);
            return None;
        };
        Some(match burst_count.and_then(NonZeroU32::new) {
            Some(burst) => rate.with_burst(burst),
            None => rate,
        })
    }

    fn out_of_range<T>(&mut self, at: &At<T>, value: &str, least: &str, most: &str) {
        let help = format!("write a value from {least} to {most}");
        self.add(codes::OUT_OF_RANGE, &at.span, format!("{value} is out of range"), help);
    }
}
