//! The first pass: the first syntax error of each statement, and what the others say all the same.
//!
//! TOML's parser goes on after an error, but an array that is not closed swallows the rest of the file.
//! So the file is cut into statements, those that do not read are blanked out at their places, and the
//! rest is read as if they were not there.

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::Loss;
use crate::report::Report;

/// Lines that one statement may have where there are errors: bounds the search for its end.
const STATEMENT_LINES_MAX: usize = 200;

/// Statements that do not read after which the search ends: no more are shown.
const BROKEN_MAX: usize = 50;

/// What a syntax error without a better hint is helped by.
const SYNTAX_HELP: &str = "a statement is `key = value` or a header such as `[table.name]`";

/// Returns the text without the statements that do not read; all that is left keeps its place.
pub(crate) fn readable(text: &str, report: &mut Report, loss: &mut Loss) -> String {
    let mut readable = text.to_owned();
    if DeTable::parse_recoverable(text).1.is_empty() {
        return readable;
    }
    loss.names = true;
    let mut scan = Scan { text, lines: lines(text), table: Some(Default::default()) };
    let mut line = 0;
    let mut broken = 0;
    while line < scan.lines.len() && broken < BROKEN_MAX {
        let (end, error) = scan.statement(line);
        if let Some(error) = error {
            broken += 1;
            let at = scan.lines[line].start;
            let until = scan.lines[end - 1].end;
            report.push(described(text, &error.0, error.1));
            blank(&mut readable, at..until);
            match &scan.table {
                Some(table) => drop(loss.tables.insert(table.clone())),
                None => loss.headers = true,
            }
        }
        line = end;
    }
    // What was not looked at any more may hold every key.
    loss.headers |= broken == BROKEN_MAX;
    readable
}

/// Reads what [`readable`] left; what is wrong now is a key or a table that stands there twice.
pub(crate) fn parse<'t>(readable: &'t str, report: &mut Report) -> Spanned<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(readable);
    for error in errors {
        report.push(described(readable, error.message(), error.span().unwrap_or_default()));
    }
    table
}

fn described(text: &str, message: &str, span: Range<usize>) -> Diagnostic {
    if message == "duplicate key" {
        let key = text.get(span.clone()).unwrap_or_default();
        let help = "keep one of the two: every key and table is written once";
        return Diagnostic::new(
            codes::DUPLICATE_KEY,
            span,
            format!("`{key}` stands here a second time"),
            help,
        );
    }
    if message.starts_with("string values must be quoted") {
        let what = match text.get(span.clone()).unwrap_or_default() {
            "" => "no value stands here".to_owned(),
            word => format!("`{word}` is no value"),
        };
        return Diagnostic::new(codes::SYNTAX, span, what, "put texts between quotes: \"…\"");
    }
    match message.split_once(", expected ") {
        Some((what, wanted)) => Diagnostic::new(codes::SYNTAX, span, what, format!("expected {wanted}")),
        None => Diagnostic::new(codes::SYNTAX, span, message, SYNTAX_HELP),
    }
}

/// Replaces all but the ends of lines by spaces.
fn blank(text: &mut String, span: Range<usize>) {
    let spaces: String = text[span.clone()]
        .chars()
        .flat_map(|c| std::iter::repeat_n(if matches!(c, '\n' | '\r') { c } else { ' ' }, c.len_utf8()))
        .collect();
    text.replace_range(span, &spaces);
}

/// The lines of a text, without their ends.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let begin = at;
            at += line.len();
            begin..begin + line.trim_end_matches(['\n', '\r']).len()
        })
        .collect()
}

struct Scan<'t> {
    text: &'t str,
    lines: Vec<Range<usize>>,
    /// Kind and name of the table under whose header the scan is; none: that header does not read.
    table: Option<(String, String)>,
}

impl Scan<'_> {
    /// Returns the line after the statement that begins at `first`, and its first error if it has one.
    fn statement(&mut self, first: usize) -> (usize, Option<(String, Range<usize>)>) {
        let limit = self.limit(first);
        for end in first + 1..=limit {
            let statement = self.span(first, end);
            let (table, errors) = DeTable::parse_recoverable(&self.text[statement.clone()]);
            if errors.is_empty() {
                if self.is_header(first) {
                    self.table = Some(kind_and_name(table.get_ref()));
                }
                return (end, None);
            }
        }
        let next = (first + 1..limit).find(|line| self.begins_statement(*line)).unwrap_or(limit);
        let alone = self.span(first, next);
        if self.is_header(first) {
            self.table = None;
            let end = (next..self.lines.len()).find(|line| self.is_header(*line)).unwrap_or(self.lines.len());
            return (end, self.first_error(alone));
        }
        if self.text[alone.clone()].trim_end().ends_with('{') {
            // A table of many lines with a mistake inside: the mistake is worth more than the brace.
            let close = (next..limit).find(|line| self.line(*line).trim_start().starts_with('}'));
            let end = close.map_or(next, |line| line + 1);
            return (end, self.first_error(self.span(first, end)));
        }
        (next, self.first_error(alone))
    }

    /// Where a statement that begins at this line ends at the latest: before the next header.
    fn limit(&self, first: usize) -> usize {
        let far = self.lines.len().min(first + STATEMENT_LINES_MAX);
        (first + 1..far).find(|line| self.line(*line).starts_with('[') && self.reads(*line)).unwrap_or(far)
    }

    fn first_error(&self, span: Range<usize>) -> Option<(String, Range<usize>)> {
        let (_, errors) = DeTable::parse_recoverable(&self.text[span.clone()]);
        let place = |error: &toml::de::Error| {
            error.span().map_or(span.clone(), |at| span.start + at.start..span.start + at.end)
        };
        let first = errors.iter().min_by_key(|error| place(error).start)?;
        Some((first.message().to_owned(), place(first)))
    }

    fn reads(&self, line: usize) -> bool {
        DeTable::parse_recoverable(self.line(line)).1.is_empty()
    }

    fn is_header(&self, line: usize) -> bool {
        self.line(line).trim_start().starts_with('[')
    }

    /// Tells whether a line looks like the beginning of a statement: a header, or a key and `=`.
    fn begins_statement(&self, line: usize) -> bool {
        let line = self.line(line).trim_start();
        let is_key = |key: &str| {
            !key.is_empty()
                && key
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '"' | '\'' | ' ' | '\t'))
        };
        line.starts_with('[') || line.split_once('=').is_some_and(|(key, _)| is_key(key))
    }

    fn line(&self, line: usize) -> &str {
        &self.text[self.lines[line].clone()]
    }

    fn span(&self, first: usize, end: usize) -> Range<usize> {
        self.lines[first].start..self.lines[end - 1].end
    }
}

/// Returns the first two keys that a header leads through.
fn kind_and_name(table: &DeTable<'_>) -> (String, String) {
    let Some((kind, value)) = table.iter().next() else { return Default::default() };
    let name = value.get_ref().as_table().and_then(|inner| inner.keys().next());
    (kind.get_ref().to_string(), name.map(|name| name.get_ref().to_string()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, left: &str, errors: &[(&str, usize)]) {
        let (mut report, mut loss) = (Report::default(), Loss::default());
        let readable = readable(text, &mut report, &mut loss);
        parse(&readable, &mut report);

        let found = report.finish().err().unwrap_or_default();
        let found: Vec<(&str, usize)> = found.iter().map(|d| (d.message.as_str(), d.span.start)).collect();

        assert_eq!(found, errors, "{text}");
        assert_eq!(readable.len(), text.len());
        let lines: Vec<&str> = readable.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.join("|"), left, "{text}");
    }

    #[test]
    fn a_text_without_errors_stays_as_it_is() {
        check("a = [\n1,\n2]\n[b]\nc = \"\"\"\nx = \"\"\"", "a = [|1,|2]|[b]|c = \"\"\"|x = \"\"\"", &[]);
    }

    #[test]
    fn each_statement_that_does_not_read_is_reported_once_and_the_others_are_read() {
        check(
            "a = [1\nb = 2\nc = \nd = 4",
            "b = 2|d = 4",
            &[("unclosed array", 6), ("no value stands here", 17)],
        );
        check("a = 5s\nb = 1", "b = 1", &[("`5s` is no value", 4)]);
        check("a = {\n x = 'y,\n}\nb = 1", "b = 1", &[("invalid literal string", 14)]);
        check("a = 5s\nb = 1", "b = 1", &[("`5s` is no value", 4)]);
        check("a = [\n  1,\n  2,\n]\nb = \"x", "a = [|1,|2,|]", &[("invalid basic string", 24)]);
    }

    #[test]
    fn a_broken_header_takes_its_keys_with_it() {
        check("[a\nx = 1\n[b]\ny = 2", "[b]|y = 2", &[("unclosed table", 2)]);
    }

    #[test]
    fn a_key_that_stands_twice_is_reported_at_the_second() {
        check("a = 1\na = 2", "a = 1|a = 2", &[("`a` stands here a second time", 6)]);
    }

    #[test]
    fn places_are_bytes_whatever_stands_before_and_however_lines_end() {
        check(
            "é = '😀'\r\nb = \r\nc = 1\r\n",
            "c = 1",
            &[("invalid unquoted key", 0), ("no value stands here", 17)],
        );
    }

    #[test]
    fn tables_that_lack_a_statement_are_known() {
        let (mut report, mut loss) = (Report::default(), Loss::default());

        readable("[source.a.verify.none]\n[route.b]\nto = [\n", &mut report, &mut loss);

        assert!(loss.may_hide("route", "b") && !loss.may_hide("source", "a") && loss.names);
    }
}
