//! Reads the body of `POST /v1/events`, and names every field that is wrong, as a JSON Pointer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hookgate_core::limits;
use hookgate_core::publication::Publication;
use hookgate_core::word::Headers;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::Problem;

/// What a call brings.
#[derive(Debug, PartialEq)]
pub(super) enum Brought {
    /// One event.
    One(Vec<Publication>),
    /// The events of `{"events": […]}`.
    Batch(Vec<Publication>),
}

/// Mistakes that one answer names: more tell nobody more.
const MISTAKES_MAX: usize = 50;

/// What an event may say.
const KEYS: [&str; 7] = ["type", "data", "body", "body_base64", "subject", "order_key", "headers"];

/// Set by HTTP, by Hookgate, or carrying credentials, which are not kept.
const NOT_TAKEN: [&str; 10] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "cookie",
    "host",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// The bytes of `data`, as they were sent.
#[derive(Deserialize)]
struct Slice<'a> {
    #[serde(borrow, default, deserialize_with = "even_null")]
    data: Option<&'a RawValue>,
}

/// `null` is data, too.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Slices<'a> {
    #[serde(borrow)]
    events: Vec<Slice<'a>>,
}

/// Reads a body.
///
/// # Errors
/// 400: it is no JSON. 413: it brings too many events. 422: fields are wrong, each is named.
pub(super) fn read(body: &Bytes) -> Result<Brought, Problem> {
    let value: Value = serde_json::from_slice(body).map_err(|error| no_json(&error))?;
    let mut mistakes = Mistakes::default();
    let Value::Object(mut top) = value else {
        mistakes.add("", "expected an object: one event, or {\"events\": […]}");
        return Err(mistakes.problem());
    };
    let is_batch = top.contains_key("events");
    let events = if is_batch { batch(top, &mut mistakes)? } else { vec![std::mem::take(&mut top)] };
    let mut publications = Vec::with_capacity(events.len());
    for (nth, fields) in events.into_iter().enumerate() {
        let at = if is_batch { format!("/events/{nth}") } else { String::new() };
        publications.push(event(&fields, &at, &mut mistakes));
    }
    if !mistakes.0.is_empty() {
        return Err(mistakes.problem());
    }
    let slices = if is_batch {
        serde_json::from_slice(body).map(|slices: Slices<'_>| slices.events)
    } else {
        serde_json::from_slice(body).map(|slice| vec![slice])
    };
    for (publication, slice) in publications.iter_mut().zip(slices.map_err(|error| no_json(&error))?) {
        if let Some(data) = slice.data {
            // A copy: the slice would keep the whole batch in memory as long as one event of it lives.
            publication.body = Bytes::copy_from_slice(data.get().as_bytes());
        }
    }
    Ok(if is_batch { Brought::Batch(publications) } else { Brought::One(publications) })
}

fn no_json(error: &serde_json::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "bad-json", format!("the body does not read as JSON: {error}"))
}

fn batch(mut top: Map<String, Value>, mistakes: &mut Mistakes) -> Result<Vec<Map<String, Value>>, Problem> {
    let events = top.remove("events").unwrap_or_default();
    for key in top.keys() {
        mistakes.add(pointer("", key), "beside `events` there is nothing else");
    }
    let Value::Array(items) = events else {
        mistakes.add("/events", "expected a list of events");
        return Err(mistakes.problem());
    };
    if items.len() > limits::EVENTS_PER_REQUEST_MAX {
        let detail = format!("a request brings at most {} events", limits::EVENTS_PER_REQUEST_MAX);
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-events", detail.clone());
        return Err(problem.field("/events", detail));
    }
    if items.is_empty() {
        mistakes.add("/events", "expected at least one event");
    }
    let mut events = Vec::with_capacity(items.len());
    for (nth, item) in items.into_iter().enumerate() {
        match item {
            Value::Object(fields) => events.push(fields),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                mistakes.add(format!("/events/{nth}"), "expected an object");
                events.push(Map::from_iter([("type".to_owned(), Value::from("none"))]));
            }
        }
    }
    Ok(events)
}

/// Reads one event; what is wrong in it is noted, and something stands in its place.
fn event(fields: &Map<String, Value>, at: &str, mistakes: &mut Mistakes) -> Publication {
    for key in fields.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        mistakes.add(pointer(at, key), format!("not known here; an event has {}", KEYS.join(", ")));
    }
    if !fields.contains_key("type") {
        mistakes.add(format!("{at}/type"), "is missing: name the event's type, such as \"invoice.paid\"");
    }
    let mut word = |key: &str, bytes_max: usize| -> Option<String> {
        let value = fields.get(key)?;
        match value.as_str() {
            Some(text) if (1..=bytes_max).contains(&text.len()) && !text.chars().any(char::is_control) => {
                Some(text.to_owned())
            }
            Some(_) | None => {
                mistakes.add(
                    format!("{at}/{key}"),
                    format!("expected a text of 1 to {bytes_max} bytes without control characters"),
                );
                None
            }
        }
    };
    let event_type = word("type", limits::EVENT_TYPE_BYTES_MAX).unwrap_or_default();
    let subject = word("subject", limits::KEY_BYTES_MAX);
    let order_key = word("order_key", limits::KEY_BYTES_MAX);
    let (body, content_type) = body(fields, at, mistakes);
    let mut headers = headers(fields, at, mistakes);
    if let Some(content_type) = content_type.filter(|_| headers.first("content-type").is_none()) {
        headers.push(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    Publication { event_type, subject, order_key, headers, body }
}

/// Returns the body, and what it is unless a header says so; of `data` the bytes come later.
fn body(fields: &Map<String, Value>, at: &str, mistakes: &mut Mistakes) -> (Bytes, Option<&'static str>) {
    let given: Vec<&str> =
        ["data", "body", "body_base64"].into_iter().filter(|key| fields.contains_key(*key)).collect();
    for other in given.iter().skip(1) {
        mistakes.add(format!("{at}/{other}"), format!("stands beside `{}`: an event has one body", given[0]));
    }
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    match given.first().copied() {
        Some("data") => (Bytes::new(), Some("application/json")),
        Some("body") => match text("body") {
            Some(text) => (Bytes::copy_from_slice(text.as_bytes()), Some("text/plain; charset=utf-8")),
            None => {
                mistakes.add(format!("{at}/body"), "expected a text; `data` takes JSON");
                (Bytes::new(), None)
            }
        },
        Some(_) => match text("body_base64").and_then(|text| STANDARD.decode(text).ok()) {
            Some(bytes) => (bytes.into(), Some("application/octet-stream")),
            None => {
                mistakes.add(format!("{at}/body_base64"), "expected Base64 with its padding");
                (Bytes::new(), None)
            }
        },
        None => (Bytes::new(), None),
    }
}

fn headers(fields: &Map<String, Value>, at: &str, mistakes: &mut Mistakes) -> Headers {
    let mut headers = Headers::new();
    let entries = match fields.get("headers") {
        None => return headers,
        Some(Value::Object(entries)) => entries,
        Some(_) => {
            mistakes.add(format!("{at}/headers"), "expected an object of texts");
            return headers;
        }
    };
    let mut bytes = 0;
    for (key, value) in entries {
        let at = pointer(&format!("{at}/headers"), key);
        let Ok(name) = HeaderName::from_bytes(key.as_bytes()) else {
            mistakes.add(at, "is no name of a header field");
            continue;
        };
        let text = name.as_str();
        if NOT_TAKEN.contains(&text) || text.starts_with("webhook-") || text.starts_with("hookgate-") {
            mistakes.add(at, "is set by HTTP or Hookgate, or carries credentials, which are not kept");
            continue;
        }
        match value.as_str().map(HeaderValue::from_str) {
            Some(Ok(value)) => {
                bytes += text.len() + value.len();
                headers.set(name, value);
            }
            Some(Err(_)) | None => mistakes.add(at, "expected a text of visible ASCII"),
        }
    }
    if bytes > limits::HEADER_BYTES_MAX || headers.len() > limits::HEADER_COUNT_MAX {
        let bound = format!(
            "expected at most {} fields of {} bytes together",
            limits::HEADER_COUNT_MAX,
            limits::HEADER_BYTES_MAX
        );
        mistakes.add(format!("{at}/headers"), bound);
    }
    headers
}

/// Returns the JSON Pointer of a key below another one (RFC 6901).
fn pointer(at: &str, key: &str) -> String {
    // A key may be of any length, and what is repeated is not.
    let key: String = key.chars().take(64).collect();
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[derive(Default)]
struct Mistakes(Vec<(String, String)>);

impl Mistakes {
    fn add(&mut self, at: impl Into<String>, detail: impl Into<String>) {
        if self.0.len() < MISTAKES_MAX {
            self.0.push((at.into(), detail.into()));
        }
    }

    fn problem(&mut self) -> Problem {
        let detail = "fields of this call are wrong; nothing was stored";
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "bad-event", detail);
        self.0.drain(..).fold(problem, |problem, (at, detail)| problem.field(at, detail))
    }
}

#[cfg(test)]
#[path = "publication_tests.rs"]
mod tests;
