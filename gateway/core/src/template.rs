//! One-line templates: text with `{path}` in it, for types, dedupe keys and the like.
//!
//! One form only, no logic: what a template cannot say, a plugin says.

use std::borrow::Cow;

use serde_json::Value;
use thiserror::Error;

use crate::envelope::{Envelope, Path};
use crate::limits;

/// A one-line template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Path { path: Path, text: String },
}

/// What a template does not say rightly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct TemplateError {
    /// Byte offset in the template.
    pub at: usize,
    /// What is wrong.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

/// A path of a template that leads nowhere in this event.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the event has no {0}")]
pub struct Missing(pub String);

/// What templates are filled from.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a>(Envelope<'a>);

impl<'a> Facts<'a> {
    /// Fills from an event.
    pub fn of(envelope: Envelope<'a>) -> Facts<'a> {
        Facts(envelope)
    }
}

/// An offset, and a literal (`Ok`) or a name between braces (`Err`).
type RawPiece = (usize, Result<String, String>);

impl Template {
    /// Reads a template; `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// Says where a brace or a path is wrong, or that nothing would ever be filled in.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let pieces = Template::pieces(text)?
            .into_iter()
            .map(|(at, piece)| match piece {
                Ok(literal) => Ok(Piece::Literal(literal)),
                Err(name) => match Path::parse(&name) {
                    Ok(path) => Ok(Piece::Path { path, text: name }),
                    Err(why) => {
                        let help = "paths look like {body.action}, {headers.x-id}, {source} or {type}".into();
                        Err(TemplateError { at, why, help })
                    }
                },
            })
            .collect::<Result<Vec<Piece>, TemplateError>>()?;
        Ok(Template(pieces))
    }

    /// Tells whether the template depends on the event at all.
    pub fn has_path(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Path { .. }))
    }

    /// Tells whether the template looks into the body.
    pub fn looks_into_body(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Path { path: Path::Body(_), .. }))
    }

    /// Returns the text with the same word in every place that is filled in.
    pub fn sample(&self, word: &str) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Path { .. } => out.push_str(word),
            }
        }
        out
    }

    /// Splits a template into literals (`Ok`) and names between braces (`Err`), each with its offset.
    pub(crate) fn pieces(text: &str) -> Result<Vec<RawPiece>, TemplateError> {
        let wrong = |at, why: &str, help: &str| Err(TemplateError { at, why: why.into(), help: help.into() });
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut literal_at = 0;
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                literal.push(c);
                at += 2;
            } else if c == '{' {
                let Some(end) = rest.find('}') else {
                    return wrong(at, "this brace is not closed", "write `{{` for a brace itself");
                };
                if !literal.is_empty() {
                    pieces.push((literal_at, Ok(std::mem::take(&mut literal))));
                }
                let name = rest[1..end].trim();
                if name.is_empty() {
                    return wrong(
                        at,
                        "nothing stands between these braces",
                        "write a path, such as {body.action}",
                    );
                }
                pieces.push((at, Err(name.to_owned())));
                at += end + 1;
                literal_at = at;
            } else if c == '}' {
                return wrong(at, "this brace was not opened", "write `}}` for a brace itself");
            } else {
                literal.push(c);
                at += c.len_utf8();
            }
        }
        if !literal.is_empty() {
            pieces.push((literal_at, Ok(literal)));
        }
        Ok(pieces)
    }

    /// Fills the template in.
    ///
    /// # Errors
    /// A path leads nowhere, or to an object or a list.
    pub fn render(&self, facts: &Facts<'_>) -> Result<String, Missing> {
        self.render_encoded(facts, |value, out| out.push_str(value))
    }

    /// Fills the template in, each value written by `encode` as its place asks for it.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_encoded(
        &self,
        facts: &Facts<'_>,
        encode: impl Fn(&str, &mut String),
    ) -> Result<String, Missing> {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Path { path, text } => {
                    encode(&scalar(path, facts).ok_or_else(|| Missing(text.clone()))?, &mut out);
                }
            }
            if out.len() > limits::TEMPLATE_OUTPUT_BYTES_MAX {
                return Err(Missing("text that is short enough".into()));
            }
        }
        Ok(out)
    }

    /// Fills the template in; a path that leads nowhere vanishes with the dot before it.
    pub fn render_lenient(&self, facts: &Facts<'_>) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(text) => out.push_str(text),
                Piece::Path { path, .. } => match scalar(path, facts) {
                    Some(text) => out.push_str(&text),
                    None => {
                        out.truncate(out.strip_suffix('.').map_or(out.len(), str::len));
                    }
                },
            }
        }
        out
    }
}

/// Returns a text, number or boolean as text.
fn scalar<'a>(path: &Path, facts: &Facts<'a>) -> Option<Cow<'a, str>> {
    let value = path.value(&facts.0)?;
    if let Cow::Borrowed(Value::String(text)) = value {
        return Some(Cow::Borrowed(text));
    }
    match &*value {
        Value::String(text) => Some(Cow::Owned(text.clone())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Owned(truth.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
