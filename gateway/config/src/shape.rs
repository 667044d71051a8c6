//! The second pass in words: what serde says of a table's first mistake of shape, told as Hookgate
//! does. Values are never repeated: one of them may be a secret.

use std::ops::Range;

use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::near::did_you_mean;

/// Describes a mistake of shape; `table` is where the table stands, for a mistake without a place.
pub(crate) fn described(text: &str, error: &toml::de::Error, table: &Range<usize>) -> Diagnostic {
    let span = error.span().unwrap_or_else(|| table.clone());
    let message = error.message();
    let quoted = quoted(message);
    match (words(message), quoted.as_slice()) {
        (["unknown", "field"], [key, known @ ..]) => unknown_key(key, known, span),
        (["unknown", "variant"], [word, known @ ..]) => unknown_value(word, known, span),
        (["missing", "field"], [key, ..]) => {
            let message = format!("key `{key}` is missing");
            Diagnostic::new(codes::MISSING_KEY, span, message, format!("add `{key} = …`; it has no default"))
        }
        _ => wrong_type(text, message, span),
    }
}

/// Describes a key that is not known among these.
pub(crate) fn unknown_key(key: &str, known: &[&str], span: Range<usize>) -> Diagnostic {
    let help = did_you_mean(key, known.iter().copied(), || match known {
        [] => "this table has no keys".into(),
        _ => format!("known here: {}", known.join(", ")),
    });
    Diagnostic::new(codes::UNKNOWN_KEY, span, format!("unknown key \"{key}\""), help)
}

/// Describes a word that is none of these.
pub(crate) fn unknown_value(word: &str, known: &[&str], span: Range<usize>) -> Diagnostic {
    let help = did_you_mean(word, known.iter().copied(), || format!("write one of: {}", known.join(", ")));
    Diagnostic::new(codes::UNKNOWN_VALUE, span, format!("unknown value \"{word}\""), help)
}

/// `invalid type: string "x", expected a list`, without the value.
fn wrong_type(text: &str, message: &str, span: Range<usize>) -> Diagnostic {
    // serde is told that a date is a table with a private key.
    let is_date = text.get(span.clone()).is_some_and(|value| value.starts_with(|c: char| c.is_ascii_digit()));
    if message.contains("toml_private_datetime") || message.contains("type: map") && is_date {
        let help = "put it between quotes to make it a text";
        return Diagnostic::new(codes::WRONG_TYPE, span, "a date or time cannot stand here", help);
    }
    let is_too_large = |sign: &&str| message.contains(sign);
    if ["number overflowed", "value: integer", "as i128", "as u128"].iter().any(is_too_large) {
        return Diagnostic::new(codes::WRONG_TYPE, span, "this number is too large", "write a smaller one");
    }
    let wanted = message.rsplit_once(", expected ").map_or("another value", |(_, wanted)| wanted);
    let (wanted, help) = match wanted {
        "a string" => ("a text", "put it between quotes: \"…\""),
        "a sequence" => ("a list", "write a list: [\"…\"]"),
        "i64" => ("a whole number", "write a number without quotes, unit or fraction"),
        "f64" => ("a number", "write a number without quotes, such as 0.2"),
        "a finite number" => ("a number that JSON knows", "write neither inf nor nan"),
        "a boolean" => ("true or false", "write true or false without quotes"),
        // What toml says of a word of ours that is no text.
        "another value" => ("a text", "put it between quotes: \"…\""),
        other if other.contains("table") => (other, "write a table: { key = … }"),
        other => (other, "see the example in the documentation of this key"),
    };
    let found = message.split_once(": ").map_or("", |(_, rest)| rest);
    let found = match found.split([' ', ',']).next().unwrap_or_default() {
        "string" => ", found a text",
        "integer" => ", found a whole number",
        "floating" => ", found a number",
        "boolean" => ", found true or false",
        "map" => ", found a table",
        "sequence" => ", found a list",
        _ => "",
    };
    Diagnostic::new(codes::WRONG_TYPE, span, format!("expected {wanted}{found}"), help)
}

/// The first two words.
fn words(message: &str) -> [&str; 2] {
    let mut words = message.split(' ');
    [words.next().unwrap_or_default(), words.next().unwrap_or_default()]
}

/// What stands between backticks. A key that has one itself is cut short, which only shortens a message.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::at::At;
    use crate::file::Form;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, expecting = "a table")]
    #[allow(dead_code)]
    struct Table {
        text: Option<At<String>>,
        list: Option<At<Vec<At<String>>>>,
        whole: Option<At<i64>>,
        part: Option<At<f64>>,
        inner: Option<Box<Form<Table>>>,
        word: Option<hookgate_core::scheme::Encoding>,
    }

    fn check(text: &str, code: &str, place: &str, message: &str, help: &str) {
        let value = toml::de::ValueDeserializer::parse(text).expect("TOML");
        let error = Table::deserialize(value).expect_err("it has a mistake");

        let diagnostic = described(text, &error, &(0..text.len()));

        assert_eq!((diagnostic.code, &text[diagnostic.span.clone()]), (code, place), "{text}");
        assert_eq!((diagnostic.message.as_str(), diagnostic.help.as_str()), (message, help), "{text}");
    }

    #[test]
    fn every_mistake_of_shape_is_told_with_its_place_and_without_its_value() {
        let quotes = "put it between quotes: \"…\"";
        check("{ txt = 'a' }", "unknown-key", "txt", "unknown key \"txt\"", "did you mean \"text\"?");
        check(
            "{ inner = { 'é' = 1 } }",
            "unknown-key",
            "'é'",
            "unknown key \"é\"",
            "known here: text, list, whole, part, inner, word",
        );
        check("{ text = 5 }", "wrong-type", "5", "expected a text, found a whole number", quotes);
        check(
            "{ list = 'hunter2' }",
            "wrong-type",
            "'hunter2'",
            "expected a list, found a text",
            "write a list: [\"…\"]",
        );
        check("{ list = [{}] }", "wrong-type", "{}", "expected a text, found a table", quotes);
        check(
            "{ inner = [1] }",
            "wrong-type",
            "[1]",
            "expected a table, found a list",
            "write a table: { key = … }",
        );
        check(
            "{ whole = 1.5 }",
            "wrong-type",
            "1.5",
            "expected a whole number, found a number",
            "write a number without quotes, unit or fraction",
        );
        check(
            "{ part = true }",
            "wrong-type",
            "true",
            "expected a number, found true or false",
            "write a number without quotes, such as 0.2",
        );
        check("{ word = 'hx' }", "unknown-value", "'hx'", "unknown value \"hx\"", "did you mean \"hex\"?");
        check("{ word = 5 }", "wrong-type", "5", "expected a text", quotes);
        check(
            "{ text = 1979-05-27 }",
            "wrong-type",
            "1979-05-27",
            "a date or time cannot stand here",
            "put it between quotes to make it a text",
        );
    }
}
