//! Block Kit of the operator's, with parts of the event in its texts.
//!
//! `{path}` is a part of the event: `{id}`, `{type}`, `{source}`, `{subject}`, `{headers.NAME}`, `{body}` and
//! `{body.PATH}`, names and array indices joined by dots. A part that is not there is declined: a message
//! with holes would look like one of a real event. Other braces are themselves.

use std::cell::OnceCell;

use hookgate_plugin::{Event, Stop};
use serde_json::Value;

use crate::Payload;
use crate::text::escape;

/// Deepest nesting of a template: Block Kit itself needs about ten.
const DEPTH_MAX: usize = 32;

/// The event, its body read at most once.
pub(crate) struct Parts<'a> {
    event: &'a Event<'a>,
    body: OnceCell<Option<Value>>,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(event: &'a Event<'a>) -> Parts<'a> {
        Parts { event, body: OnceCell::new() }
    }

    pub(crate) fn event(&self) -> &Event<'a> {
        self.event
    }

    /// Returns the body as JSON; none if it is not.
    pub(crate) fn body(&self) -> Option<&Value> {
        self.body.get_or_init(|| serde_json::from_slice(&self.event.body()).ok()).as_ref()
    }

    /// Returns a part of the event as text; none if there is no such part.
    fn part(&self, path: &str) -> Option<String> {
        match path.split_once('.') {
            None => match path {
                "id" => Some(self.event.id()),
                "type" => Some(self.event.event_type()),
                "source" => Some(self.event.source()),
                "subject" => self.event.subject(),
                "body" => Some(String::from_utf8_lossy(&self.event.body()).into_owned()),
                _ => None,
            },
            Some(("headers", name)) => self.event.header(name),
            Some(("body", path)) => path.split('.').try_fold(self.body()?, step).and_then(shown),
            Some(_) => None,
        }
    }
}

fn step<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(fields) => fields.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Returns a value as people read it. Null is as if it were not there.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

/// Fills a template in: an array of blocks, or a table with `blocks`.
pub(crate) fn rendered(template: &Value, parts: &Parts<'_>) -> Result<Payload, Stop> {
    let filled = filled(template, "", parts, 0)?;
    match filled {
        Value::Array(_) => Ok(Payload::from_iter([("blocks".to_owned(), filled)])),
        Value::Object(payload) => Ok(payload),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            Err(Stop::declined("`template` in the config is neither blocks nor a table with `blocks`"))
        }
    }
}

/// Fills a value in. `key` is the one that it stands under: what stands under `text` is escaped as Slack asks.
fn filled(value: &Value, key: &str, parts: &Parts<'_>, depth: usize) -> Result<Value, Stop> {
    if depth > DEPTH_MAX {
        return Err(Stop::declined(format!("`template` in the config is nested more than {DEPTH_MAX} deep")));
    }
    Ok(match value {
        Value::String(template) if key == "text" => text(template, parts)?.into(),
        Value::String(template) => fill(template, parts, |part| part)?.into(),
        Value::Array(items) => {
            let items = items.iter().map(|item| filled(item, key, parts, depth + 1));
            Value::Array(items.collect::<Result<Vec<Value>, Stop>>()?)
        }
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(key, value)| Ok((key.clone(), filled(value, key, parts, depth + 1)?)));
            Value::Object(fields.collect::<Result<Payload, Stop>>()?)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

/// Fills a text in; what comes of the event is escaped, so that it cannot mention or link anything.
pub(crate) fn text(template: &str, parts: &Parts<'_>) -> Result<String, Stop> {
    fill(template, parts, |part| escape(&part))
}

fn fill(template: &str, parts: &Parts<'_>, write: impl Fn(String) -> String) -> Result<String, Stop> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        out.push_str(before);
        let path = from[1..].split_once('}').map(|(path, _)| path).filter(|path| is_path(path));
        let Some(path) = path else {
            out.push('{');
            rest = &from[1..];
            continue;
        };
        let part = parts.part(path).ok_or_else(|| {
            Stop::declined(format!("the template names {{{path}}}, which this event does not have"))
        })?;
        out.push_str(&write(part));
        rest = &from[path.len() + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '$' | '@'))
}
