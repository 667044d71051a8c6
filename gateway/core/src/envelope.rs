//! The envelope: what conditions and templates look at. `{ source, type, headers, body }`.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::event::Content;

/// A view of an event. The body is parsed only when a path leads into it, and once.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a>(&'a Content);

impl<'a> Envelope<'a> {
    /// Looks at an event.
    pub fn of(content: &'a Content) -> Envelope<'a> {
        Envelope(content)
    }

    /// Returns the event's type.
    pub fn event_type(&self) -> &'a str {
        &self.0.event_type
    }

    /// Returns the event that it is a view of.
    pub fn content(&self) -> &'a Content {
        self.0
    }
}

/// A way into the envelope, such as `body.pull_request.number` or `headers.x-github-event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Path {
    /// The source's name.
    Source,
    /// The event's type.
    Type,
    /// A header field, by its lower-case name.
    Header(String),
    /// A value in the JSON body; no step is the whole body.
    Body(Vec<String>),
}

impl Path {
    /// Reads a path. A `$.` before it is allowed. Steps into the body are split by dots; a number is
    /// also an index into an array.
    ///
    /// # Errors
    /// Says what is wrong, and what the roots are.
    pub fn parse(text: &str) -> Result<Path, String> {
        let text = text.strip_prefix("$.").unwrap_or(text);
        let (root, rest) = match text.split_once('.') {
            Some((root, rest)) => (root, Some(rest)),
            None => (text, None),
        };
        match (root, rest) {
            ("source", None) => Ok(Path::Source),
            ("type", None) => Ok(Path::Type),
            ("headers", Some(name)) if !name.is_empty() => Ok(Path::Header(name.to_ascii_lowercase())),
            ("headers", _) => Err("name a header field: `headers.x-example`".into()),
            ("body", None) => Ok(Path::Body(Vec::new())),
            ("body", Some(rest)) if rest.split('.').all(|step| !step.is_empty()) => {
                Ok(Path::Body(rest.split('.').map(str::to_owned).collect()))
            }
            ("body", Some(_)) => Err(format!("`{text}` has an empty step between two dots")),
            ("source" | "type", Some(_)) => Err(format!("`{root}` is a text, nothing stands below it")),
            _ => Err(format!("`{text}` begins with none of `source`, `type`, `headers`, `body`")),
        }
    }

    /// Returns the value that the path leads to, or none.
    pub fn value<'a>(&self, envelope: &Envelope<'a>) -> Option<Cow<'a, Value>> {
        let content = envelope.0;
        match self {
            Path::Source => Some(Cow::Owned(Value::from(&*content.source))),
            Path::Type => Some(Cow::Owned(Value::from(&*content.event_type))),
            Path::Header(name) => content.headers.first_text(name).map(|text| Cow::Owned(Value::from(text))),
            Path::Body(steps) => {
                let body: &'a Value = content.json()?;
                steps.iter().try_fold(body, |value, step| member(value, step)).map(Cow::Borrowed)
            }
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Source => f.write_str("source"),
            Path::Type => f.write_str("type"),
            Path::Header(name) => write!(f, "headers.{name}"),
            Path::Body(steps) => {
                f.write_str("body")?;
                steps.iter().try_for_each(|step| write!(f, ".{step}"))
            }
        }
    }
}

/// Returns what one step leads to: a field of an object, or an element of an array by its number.
pub(crate) fn member<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// A pattern of event types: `*` stands for one or more characters, dots included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeGlob(String);

impl TypeGlob {
    /// Takes a pattern.
    ///
    /// # Errors
    /// It is empty, or has two stars in a row.
    pub fn parse(text: &str) -> Result<TypeGlob, String> {
        if text.is_empty() {
            return Err("a type pattern cannot be empty; leave `types` out to take all".into());
        }
        if text.contains("**") {
            return Err("`**` says no more than `*`, which also stands for dots".into());
        }
        Ok(TypeGlob(text.to_owned()))
    }

    /// Returns the pattern.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Tells whether a type fits. Takes time in proportion to type times stars.
    pub fn fits(&self, event_type: &str) -> bool {
        let mut pieces = self.0.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = event_type.strip_prefix(first) else { return false };
        let mut pieces = pieces.peekable();
        if pieces.peek().is_none() {
            return rest.is_empty();
        }
        while let Some(piece) = pieces.next() {
            // At least one character for the star.
            let Some(one) = rest.chars().next() else { return false };
            let after_one = &rest[one.len_utf8()..];
            if pieces.peek().is_none() {
                return after_one.ends_with(piece);
            }
            match after_one.find(piece) {
                Some(at) => rest = &after_one[at + piece.len()..],
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
