//! Places inside a TOML string: an offset in its value becomes an offset in the file, escapes included.

use std::ops::Range;

/// Returns where byte `offset` of a string's value stands in `text`; `span` is the string with its
/// quotes. What cannot be followed leads to the string's beginning.
pub(crate) fn in_file(text: &str, span: &Range<usize>, offset: usize) -> usize {
    let Some(raw) = text.get(span.clone()) else { return span.start };
    let (begin, has_escapes) = opening(raw);
    let mut at = begin;
    let mut decoded = 0;
    while let Some(c) = raw[at..].chars().next() {
        let is_escape = c == '\\' && has_escapes;
        let (raw_len, value_len) = if is_escape { escape(&raw[at..]) } else { (c.len_utf8(), c.len_utf8()) };
        // What makes nothing in the value, such as a line that goes on, lies before the place.
        if decoded >= offset && value_len > 0 {
            break;
        }
        at += raw_len;
        decoded += value_len;
    }
    if decoded < offset {
        return span.start;
    }
    span.start + at.min(raw.len())
}

/// Returns the length of the opening quotes, and whether a backslash means something.
fn opening(raw: &str) -> (usize, bool) {
    let starts = [
        ("\"\"\"\r\n", true),
        ("\"\"\"\n", true),
        ("\"\"\"", true),
        ("'''\r\n", false),
        ("'''\n", false),
        ("'''", false),
    ];
    match starts.iter().find(|(quotes, _)| raw.starts_with(quotes)) {
        Some((quotes, has_escapes)) => (quotes.len(), *has_escapes),
        None => (1.min(raw.len()), raw.starts_with('"')),
    }
}

/// Returns how many bytes an escape takes in the file and in the value.
fn escape(rest: &str) -> (usize, usize) {
    let code = |digits: usize| {
        let end = (2 + digits).min(rest.len());
        let value =
            rest.get(2..end).and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        (end, value.map_or(1, char::len_utf8))
    };
    match rest.as_bytes().get(1) {
        Some(b'x') => code(2),
        Some(b'u') => code(4),
        Some(b'U') => code(8),
        // A backslash before a line's end swallows all white space up to the next character.
        Some(b' ' | b'\t' | b'\r' | b'\n') => (rest.len() - rest[1..].trim_start().len(), 0),
        Some(byte) if byte.is_ascii() => (2, 1),
        Some(_) | None => (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, needle: char) {
        let text = format!("key = {raw}");
        let value: String =
            serde::Deserialize::deserialize(toml::de::ValueDeserializer::parse(raw).expect("TOML"))
                .expect("a string");
        let offset = value.find(needle).expect("the value has it");

        let at = in_file(&text, &(6..text.len()), offset);

        assert_eq!(text[at..].chars().next(), Some(needle), "{raw}");
    }

    #[test]
    fn every_form_of_string_is_followed() {
        check("\"ab{c\"", '{');
        check("'a\\b{c'", '{');
        check("\"é\\u00e9\\t\\\\{\"", '{');
        check("\"\\x41\\U0001F600{\"", '{');
        check("\"\"\"\nab\r\n{\"\"\"", '{');
        check("\"\"\"a \\\n    {\"\"\"", '{');
        check("'''\r\n{'''", '{');
        check("\"{\"", '{');
    }

    #[test]
    fn what_cannot_be_followed_leads_to_the_beginning() {
        assert_eq!(in_file("x = 'a'", &(4..7), 99), 4);
        assert_eq!(in_file("x", &(7..9), 1), 7);
    }
}
