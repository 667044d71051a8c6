//! Events: accepted, immutable messages, and how a verified request becomes one.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::envelope::Envelope;
use crate::limits;
use crate::request::VerifiedRequest;
use crate::source::Source;
use crate::template::Facts;
use crate::word::{Digest, EventId, Headers, Millis, NameId, Origin, ScopeId, Secret};

/// What an event says: the part that routes, plugins and deliveries look at. Shared, never changed.
#[derive(Debug)]
pub struct Content {
    /// `evt_…`.
    pub id: EventId,
    /// The source's name; empty for an event of the API.
    pub source: Arc<str>,
    /// Such as `pull_request.closed`; empty if nobody named one.
    pub event_type: Arc<str>,
    /// What it is about, if somebody said.
    pub subject: Option<Arc<str>>,
    /// Events of one key are delivered in order where the route asks for it.
    pub order_key: Option<Arc<str>>,
    /// When it was received.
    pub received_at: Millis,
    /// The sender's header fields, secrets masked.
    pub headers: Arc<Headers>,
    /// Byte for byte as received.
    pub body: Bytes,
    json: OnceLock<Option<Arc<Value>>>,
}

/// The parts of a [`Content`], to make one of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// See [`Content::id`].
    pub id: EventId,
    /// See [`Content::source`].
    pub source: Arc<str>,
    /// See [`Content::event_type`].
    pub event_type: Arc<str>,
    /// See [`Content::subject`].
    pub subject: Option<Arc<str>>,
    /// See [`Content::order_key`].
    pub order_key: Option<Arc<str>>,
    /// See [`Content::received_at`].
    pub received_at: Millis,
    /// See [`Content::headers`].
    pub headers: Arc<Headers>,
    /// See [`Content::body`].
    pub body: Bytes,
}

impl Content {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Content {
        let Parts { id, source, event_type, subject, order_key, received_at, headers, body } = parts;
        Content {
            id,
            source,
            event_type,
            subject,
            order_key,
            received_at,
            headers,
            body,
            json: OnceLock::new(),
        }
    }

    /// Returns the body as JSON, parsed at most once; none if it is no JSON.
    pub fn json(&self) -> Option<&Arc<Value>> {
        self.json.get_or_init(|| serde_json::from_slice(&self.body).ok().map(Arc::new)).as_ref()
    }

    /// Returns the parsed body only if somebody needed it before.
    pub fn json_if_parsed(&self) -> Option<Arc<Value>> {
        self.json.get().and_then(Clone::clone)
    }
}

/// An event on its way into the store.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The owner.
    pub scope: ScopeId,
    /// The source as an integer.
    pub source: NameId,
    /// What it says.
    pub content: Arc<Content>,
    /// Where an earlier one with the same key makes this one a duplicate.
    pub dedupe: Option<Dedupe>,
    /// The door.
    pub origin: Origin,
    /// The configuration that recognised and planned it.
    pub revision: Digest,
    /// The sender's `traceparent`, if it sent one.
    pub trace: Option<Arc<str>>,
    /// How often it passed through a Hookgate before.
    pub hops: u32,
}

/// A dedupe key as the store keeps it, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dedupe {
    /// The first 16 bytes of HMAC-SHA256 under the installation's key: who reads the table learns no key.
    pub key: [u8; 16],
    /// The first 8 bytes of the body's HMAC: tells an equal body from another one.
    pub fingerprint: i64,
    /// Whole hours that the key is remembered, at least one.
    pub window_hours: u32,
}

/// What the store said of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored, with its deliveries.
    New,
    /// Nothing is stored: an event with its key was, within the window.
    Duplicate {
        /// The first one.
        of: EventId,
        /// Whether the bodies are equal.
        same_body: bool,
    },
}

/// Names a verified request by its source's rules: type, dedupe key. Pure; one request, one event.
pub fn recognise(
    request: VerifiedRequest,
    source: &Source,
    id: EventId,
    revision: Digest,
    hash_key: &Secret,
) -> NewEvent {
    let request = request.into_request();
    let trace = request.headers.first_text("traceparent").filter(|t| t.len() <= 55).map(Into::into);
    let hops = hops_of(&request.headers);
    let mut parts = Parts {
        id,
        source: source.name.as_str().into(),
        event_type: "".into(),
        subject: None,
        order_key: None,
        received_at: request.received_at,
        headers: Arc::new(request.headers),
        body: request.body,
    };
    let unnamed = Content::new(parts.clone());
    let facts = Facts::of(Envelope::of(&unnamed));
    let event_type =
        source.event_type.as_ref().map(|template| template.render_lenient(&facts)).unwrap_or_default();
    let dedupe = source.dedupe.as_ref().and_then(|rule| {
        let key = rule.key.render(&facts).ok()?;
        Some(Dedupe {
            key: keyed_hash(hash_key, &[b"dedupe", key.as_bytes()]),
            fingerprint: i64::from_be_bytes(first_8(keyed_hash(hash_key, &[b"body", &unnamed.body]))),
            window_hours: rule.window_hours,
        })
    });
    parts.event_type = cut(event_type, limits::EVENT_TYPE_BYTES_MAX).into();
    let content = Content { json: unnamed.json, ..Content::new(parts) };
    NewEvent {
        scope: source.scope,
        source: source.id,
        content: Arc::new(content),
        dedupe,
        origin: Origin::Http,
        revision,
        trace,
        hops,
    }
}

/// The header that counts passages through Hookgate.
pub const HOPS_HEADER: &str = "hookgate-hops";

/// Reads how often a message passed through a Hookgate; what is no number counts as none.
pub fn hops_of(headers: &Headers) -> u32 {
    headers.first_text(HOPS_HEADER).and_then(|text| text.trim().parse().ok()).unwrap_or(0)
}

/// Returns the first 16 bytes of HMAC-SHA256 over the parts, each ended by a zero byte.
pub fn keyed_hash(key: &Secret, parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
        mac.update(&[0]);
    }
    let mut first = [0; 16];
    first.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    first
}

fn first_8(bytes: [u8; 16]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[..8]);
    first
}

/// Cuts a text to at most `bytes_max` bytes, at a character's edge.
fn cut(mut text: String, bytes_max: usize) -> String {
    if text.len() > bytes_max {
        let end = (0..=bytes_max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
