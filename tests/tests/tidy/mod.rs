//! Tidy: what neither the compiler, clippy nor cargo can hold about this repository, held by tests.
//!
//! Each check reads files as text, knows nothing of the gateway at run time, and reports everything it
//! finds at once, as `file:line: what is wrong`.

mod api_page;
mod arrows;
mod budgets;
mod code;
mod docs;
mod errors_page;
mod keys_page;
mod lexer;
mod lints;
mod tree;

use std::fmt::Display;

pub(crate) use api_page::routes as admin_routes;
pub(crate) use tree::read as read_page;

/// What a check found wrong.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn add(&mut self, place: impl Display, what: impl Display) {
        self.0.push(format!("{place}: {what}"));
    }

    /// Fails with everything that was found, under the rule that it breaks.
    #[track_caller]
    fn assert_none(mut self, rule: &str) {
        self.0.sort();
        self.0.dedup();
        assert!(self.0.is_empty(), "{rule}\n\n  {}\n\n{} in all\n", self.0.join("\n  "), self.0.len());
    }
}
