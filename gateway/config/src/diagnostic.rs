//! One mistake in a configuration: where, what, and what to write instead.

use std::ops::Range;

use crate::codes;

/// A mistake in a configuration. Its texts hold no secret; the file's own line may, so what shows
/// lines shows those of [`crate::redacted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable word for tools, such as `unknown-destination`; one of [`crate::CODES`].
    pub code: &'static str,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to write instead. Never empty.
    pub help: String,
    /// Other places that play a part, each with what stands there.
    pub related: Vec<(Range<usize>, String)>,
}

/// Whether a configuration can be used in spite of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can; somebody should look.
    Warning,
}

impl Diagnostic {
    /// Makes one with no other place.
    pub(crate) fn new(
        code: &'static str,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { code, span, message: message.into(), help: help.into(), related: Vec::new() }
    }

    /// Adds another place.
    pub(crate) fn with(mut self, span: Range<usize>, note: impl Into<String>) -> Diagnostic {
        self.related.push((span, note.into()));
        self
    }

    /// Returns how serious it is, which its code decides.
    pub fn severity(&self) -> Severity {
        if codes::WARNINGS.contains(&self.code) { Severity::Warning } else { Severity::Error }
    }
}
