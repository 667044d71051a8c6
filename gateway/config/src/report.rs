//! Gathers the mistakes of all passes.

use std::ops::Range;

use crate::codes;
use crate::diagnostic::{Diagnostic, Severity};

/// Mistakes that are shown at most: after so many the first ones are mended first.
const DIAGNOSTICS_MAX: usize = 50;

/// The mistakes found so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Report {
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    misplaced: Vec<Range<usize>>,
}

impl Report {
    /// Adds a mistake. Where a reference is misplaced nothing else is said: what it stands for is unknown.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if diagnostic.code == codes::MISPLACED_REFERENCE {
            self.misplaced.push(diagnostic.span.clone());
        } else if self.misplaced.iter().any(|place| place.contains(&diagnostic.span.start)) {
            return;
        }
        match diagnostic.severity() {
            Severity::Error => self.errors.push(diagnostic),
            Severity::Warning => self.warnings.push(diagnostic),
        }
    }

    /// Adds a mistake that no other place has a part in.
    pub(crate) fn add(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Diagnostic::new(code, span.clone(), message, help));
    }

    /// Returns the warnings, or the mistakes if there are any: sorted by place, and no more than people read.
    pub(crate) fn finish(self) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let sorted = |mut diagnostics: Vec<Diagnostic>| {
            diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
            diagnostics.dedup();
            diagnostics.truncate(DIAGNOSTICS_MAX);
            diagnostics
        };
        if self.errors.is_empty() { Ok(sorted(self.warnings)) } else { Err(sorted(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_come_sorted_once_and_at_most_fifty() {
        let mut report = Report::default();
        for at in (0..80).rev() {
            report.add(codes::SYNTAX, &(at..at + 1), "m", "h");
            report.add(codes::SYNTAX, &(at..at + 1), "m", "h");
        }

        let errors = report.finish().expect_err("there are mistakes");

        let starts: Vec<usize> = errors.iter().map(|d| d.span.start).collect();
        assert_eq!(starts, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn a_warning_alone_keeps_nothing_from_being_used() {
        let mut report = Report::default();
        report.add(codes::UNROUTED_SOURCE, &(0..1), "m", "h");

        assert_eq!(report.clone().finish().map(|warnings| warnings.len()), Ok(1));
        report.add(codes::SYNTAX, &(0..1), "m", "h");
        assert_eq!(report.finish().map_err(|errors| errors.len()), Err(1));
    }
}
