//! Diagnostics as plain text: place, message, the file's line with a caret, and help.

use std::fmt::Write as _;
use std::ops::Range;

use crate::diagnostic::{Diagnostic, Severity};
use crate::redact::redacted;

/// Returns the line and column of a byte offset, both counted from 1, columns in characters. What lies
/// behind the text is at its end; what lies inside a character is at its beginning.
pub fn place(text: &str, offset: usize) -> (usize, usize) {
    let offset = floor(text, offset);
    let line_begin = text[..offset].rfind('\n').map_or(0, |end| end + 1);
    let line = text[..offset].matches('\n').count() + 1;
    (line, text[line_begin..offset].chars().count() + 1)
}

/// Writes one diagnostic; `name` is what the file is called. Literal secrets in the shown lines are hidden.
///
/// ```text
/// hookgate.toml:14:7: unknown destination "crn"
///    |
/// 14 | to = ["crn"]
///    |       ^^^^^
/// help: did you mean "crm"?
/// ```
pub fn render(name: &str, text: &str, diagnostic: &Diagnostic) -> String {
    let text = redacted(text);
    let kind = match diagnostic.severity() {
        Severity::Error => "",
        Severity::Warning => "warning: ",
    };
    let mut out = String::new();
    excerpt(&mut out, name, &text, &diagnostic.span, &format!("{kind}{}", diagnostic.message));
    for (span, note) in &diagnostic.related {
        excerpt(&mut out, name, &text, span, &format!("note: {note}"));
    }
    line(&mut out, format_args!("help: {}", diagnostic.help));
    out
}

fn excerpt(out: &mut String, name: &str, text: &str, span: &Range<usize>, message: &str) {
    let (number, column) = place(text, span.start);
    let begin = floor(text, span.start);
    let line_begin = text[..begin].rfind('\n').map_or(0, |end| end + 1);
    let line_end = text[begin..].find('\n').map_or(text.len(), |end| begin + end);
    let source = text[line_begin..line_end].trim_end_matches('\r');
    let margin = number.to_string();
    // Tabs stay tabs before the caret, so that it stands below its place however wide they are.
    let indent: String =
        source.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let end = floor(text, span.end).min(line_begin + source.len()).max(begin);
    let carets = "^".repeat(text[begin..end].chars().count().max(1));
    let blank = " ".repeat(margin.len());
    line(out, format_args!("{name}:{number}:{column}: {message}"));
    line(out, format_args!("{blank} |"));
    line(out, format_args!("{}", format!("{margin} | {source}").trim_end()));
    line(out, format_args!("{blank} | {indent}{carets}"));
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes every text");
}

/// Returns the nearest beginning of a character at or before the offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    fn shown(text: &str, needle: &str) -> String {
        let at = text.find(needle).expect("the text has it");
        render("f", text, &Diagnostic::new(codes::SYNTAX, at..at + needle.len(), "m", "h"))
    }

    #[test]
    fn columns_are_characters_and_lines_end_in_any_way() {
        assert_eq!(place("añb", 3), (1, 3));
        assert_eq!(place("añb", 2), (1, 2));
        assert_eq!(place("a\r\nbc", 4), (2, 2));
        assert_eq!(place("a\n", 2), (2, 1));
        assert_eq!(place("", 99), (1, 1));
    }

    #[test]
    fn the_caret_stands_below_its_place() {
        assert_eq!(
            shown("a = 'ä'\r\nb = 'öx' # 😀\r\n", "öx"),
            "f:2:6: m\n  |\n2 | b = 'öx' # 😀\n  |      ^^\nhelp: h\n"
        );
        assert_eq!(shown("\tb = 1", "1"), "f:1:6: m\n  |\n1 | \tb = 1\n  | \t    ^\nhelp: h\n");
        assert_eq!(shown("a = [\n1]", "[\n1]"), "f:1:5: m\n  |\n1 | a = [\n  |     ^\nhelp: h\n");
    }

    #[test]
    fn other_places_follow_as_notes_and_warnings_are_named() {
        let diagnostic = Diagnostic::new(codes::LITERAL_SECRET, 0..1, "m", "h").with(2..3, "n");

        let text = render("f", "a\nb", &diagnostic);

        assert_eq!(
            text,
            "f:1:1: warning: m\n  |\n1 | a\n  | ^\nf:2:1: note: n\n  |\n2 | b\n  | ^\nhelp: h\n"
        );
    }
}
