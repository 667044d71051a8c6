//! A case: what a plugin is given in one call, and what it should make of it.
//!
//! `fixtures/NAME.json` is the body of an event (or request) whose type is NAME. `fixtures/NAME.expected.json`
//! beside it is a case, or a list of them. Everything in a case has a default but `expect`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hookgate_core::plugin::{Grants, GuestEvent, GuestRequest, GuestResponse, Role};
use hookgate_core::word::{Headers, Millis, Secret};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;

/// When events are received where a case does not say: 2026-01-01.
const NOW: i64 = 1_767_225_600_000;

/// What a plugin is given, and what it should make of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Case {
    /// What the case shows, in words.
    pub(super) name: Option<String>,
    /// Which of the component's roles; needed only if it has several.
    pub(super) role: Option<Role>,
    /// The plugin's config where it is used.
    pub(super) config: Option<Value>,
    /// What is not plain about the event.
    pub(super) event: EventPart,
    /// What is not plain about the request, for `authenticate`.
    pub(super) request: RequestPart,
    /// For `connect-out`: judge this answer instead of building a request.
    pub(super) response: Option<ResponsePart>,
    /// For `route`: the route's destinations.
    pub(super) candidates: Vec<String>,
    /// Instead of the fixture: a text as it is, anything else as JSON.
    pub(super) body: Option<Value>,
    /// What the clock shows, in milliseconds since 1970.
    pub(super) now: Option<i64>,
    /// Keys for `mac` by name, newest first.
    pub(super) mac: BTreeMap<String, Vec<String>>,
    /// Values for `secret` by name.
    pub(super) secret: BTreeMap<String, String>,
    /// What comes out, as `hookgate plugin run` prints it.
    #[serde(rename = "expect")]
    pub(super) expected: Option<Value>,
}

/// What is not plain about an event.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EventPart {
    pub(super) id: Option<String>,
    pub(super) source: Option<String>,
    #[serde(rename = "type")]
    pub(super) event_type: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) order_key: Option<String>,
    pub(super) received_at: Option<i64>,
    pub(super) headers: BTreeMap<String, String>,
}

/// What is not plain about a request.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RequestPart {
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    pub(super) query: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
}

/// A receiver's answer.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ResponsePart {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<Value>,
}

impl Case {
    /// Reads the cases of a file: one, or a list.
    pub(super) fn read(text: &str) -> Result<Vec<Case>, serde_json::Error> {
        let value: Value = serde_json::from_str(text)?;
        let cases = if let Value::Array(cases) = value { cases } else { vec![value] };
        cases.into_iter().map(serde_json::from_value).collect()
    }

    /// Returns the config as the plugin gets it.
    pub(super) fn config_text(&self) -> Arc<str> {
        self.config.as_ref().map_or_else(|| "{}".into(), |config| config.to_string().into())
    }

    /// Returns what the plugin may use: the clock, and the keys and secrets of the case.
    pub(super) fn grants(&self) -> Grants {
        let keys = |values: &Vec<String>| values.iter().map(|value| Secret::from(value.as_str())).collect();
        Grants {
            clock: true,
            mac: self.mac.iter().map(|(name, values)| (name.clone(), keys(values))).collect(),
            secret: self.secret.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
        }
    }

    /// Returns what the clock shows.
    pub(super) fn clock(&self) -> Millis {
        Millis(self.now.or(self.event.received_at).unwrap_or(NOW))
    }

    /// Makes the event. `event_type` and `body` are the fixture's.
    pub(super) fn event(&self, event_type: &str, body: &Bytes) -> Result<GuestEvent, String> {
        let part = &self.event;
        let text = |text: &Option<String>, default: &str| Arc::from(text.as_deref().unwrap_or(default));
        Ok(GuestEvent {
            id: text(&part.id, "evt_test"),
            source: text(&part.source, "test"),
            event_type: text(&part.event_type, event_type),
            subject: part.subject.as_deref().map(Arc::from),
            order_key: part.order_key.as_deref().map(Arc::from),
            received_at: Millis(part.received_at.unwrap_or_else(|| self.clock().0)),
            headers: Arc::new(headers(&part.headers)?),
            body: self.body_or(body),
            json: None,
        })
    }

    /// Makes the request. `body` is the fixture's.
    pub(super) fn request(&self, body: &Bytes) -> Result<GuestRequest, String> {
        let part = &self.request;
        let text = |text: &Option<String>, default: &str| Arc::from(text.as_deref().unwrap_or(default));
        Ok(GuestRequest {
            method: text(&part.method, "POST"),
            path: text(&part.path, "/in/test"),
            query: text(&part.query, ""),
            headers: Arc::new(headers(&part.headers)?),
            body: self.body_or(body),
        })
    }

    fn body_or(&self, fixture: &Bytes) -> Bytes {
        self.body.as_ref().map_or_else(|| fixture.clone(), bytes_of)
    }
}

impl ResponsePart {
    /// Makes the response.
    pub(super) fn response(&self) -> Result<GuestResponse, String> {
        Ok(GuestResponse {
            status: self.status,
            headers: headers(&self.headers)?,
            body: self.body.as_ref().map(bytes_of).unwrap_or_default(),
        })
    }
}

fn bytes_of(body: &Value) -> Bytes {
    Bytes::from(body.as_str().map_or_else(|| body.to_string(), str::to_owned))
}

/// Reads header fields; `content-type: application/json` unless they say another.
fn headers(fields: &BTreeMap<String, String>) -> Result<Headers, String> {
    let mut headers = Headers::new();
    headers.push(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in fields {
        let field = HeaderName::from_bytes(name.as_bytes());
        let name = field.map_err(|_| format!("{name:?} is no name of a header field"))?;
        let value =
            HeaderValue::from_str(value).map_err(|_| format!("{name}: {value:?} is no value of a field"))?;
        headers.set(name, value);
    }
    Ok(headers)
}
