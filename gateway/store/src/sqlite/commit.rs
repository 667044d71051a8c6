//! The text of a commit: begin, the sections that its units need, commit. Constant for each set of them.

use std::sync::OnceLock;

use super::unit::Section;

/// Every section's text, in the order of [`Section`].
const SECTIONS: [&str; 9] = [
    include_str!("sql/settle_finished.sql"),
    include_str!("sql/settle_split.sql"),
    include_str!("sql/settle_retry.sql"),
    include_str!("sql/keep.sql"),
    include_str!("sql/release.sql"),
    include_str!("sql/accept_keys.sql"),
    include_str!("sql/accept.sql"),
    include_str!("sql/accept_again.sql"),
    include_str!("sql/take.sql"),
];

/// Which sections a commit has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sections(u16);

/// A commit's text.
pub(super) struct CommitText {
    /// All of it: one crossing.
    pub(super) sql: String,
    /// How many statements it has, the commit included.
    pub(super) statements: usize,
}

impl Sections {
    /// How many sets of sections there are.
    pub(super) const SETS: u16 = 1 << SECTIONS.len();

    /// Adds a section.
    pub(super) fn add(&mut self, section: Section) {
        self.0 |= 1 << section as u16;
    }

    /// Returns the set of this number.
    #[cfg(test)]
    pub(super) fn of(number: u16) -> Sections {
        Sections(number % Sections::SETS)
    }

    /// Returns the text of a commit with these sections, made at its first use.
    pub(super) fn text(self) -> &'static CommitText {
        static TEXTS: [OnceLock<CommitText>; Sections::SETS as usize] =
            [const { OnceLock::new() }; Sections::SETS as usize];
        TEXTS[usize::from(self.0)].get_or_init(|| {
            let chosen = SECTIONS.iter().enumerate().filter(|(place, _)| self.0 >> place & 1 == 1);
            let sections: String = chosen.flat_map(|(_, text)| [*text, "\n"]).collect();
            let sql = format!("begin immediate;\n{sections}commit;");
            let statements = count(&sql);
            CommitText { sql, statements }
        })
    }
}

/// Counts statements: each ends a line with a semicolon, and no comment does.
pub(super) fn count(sql: &str) -> usize {
    sql.lines().filter(|line| !line.starts_with("--") && line.ends_with(';')).count()
}
