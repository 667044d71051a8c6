//! Events: accepted, immutable messages, and how a verified request becomes one.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::envelope::Envelope;
use crate::limits;
use crate::plugin::Shape;
use crate::request::VerifiedRequest;
use crate::source::{DedupeKey, Source};
use crate::split::{self, TooMany};
use crate::template::{Facts, Template};
use crate::word::{Digest, EventId, Headers, Millis, NameId, Origin, ScopeId, Secret};

/// What an event says: the part that routes, plugins and deliveries look at. Shared, never changed.
#[derive(Debug)]
pub struct Content {
    /// `evt_…`.
    pub id: EventId,
    /// The source's name; [`crate::source::API`] for an event of the API.
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

/// What makes events of requests, beside the source's own rules.
#[derive(Debug, Clone, Copy)]
pub struct Recogniser<'a> {
    /// The rules.
    pub source: &'a Source,
    /// The configuration that rules.
    pub revision: Digest,
    /// The installation's key for hashes.
    pub hash_key: &'a Secret,
}

/// Names a verified request by its source's rules, but for what `naming` says: one event, or one for each
/// element of the array that the source is split by. Pure; `draw` makes ids.
///
/// # Errors
/// The array has too many elements.
pub fn recognise(
    request: VerifiedRequest,
    by: Recogniser<'_>,
    naming: &Shape,
    mut draw: impl FnMut() -> EventId,
) -> Result<Vec<NewEvent>, TooMany> {
    let request = request.into_request();
    let bodies = match &by.source.split {
        Some(steps) => split::elements(&request.body, steps)?,
        None => vec![request.body],
    };
    let shared = Shared {
        trace: request.headers.first_text("traceparent").filter(|t| t.len() <= 55).map(Into::into),
        hops: hops_of(&request.headers),
        received_at: request.received_at,
        headers: Arc::new(request.headers),
        source: by.source.name.as_str().into(),
    };
    Ok(bodies
        .into_iter()
        .enumerate()
        .map(|(nth, body)| by.name(&shared, draw(), nth, body, naming))
        .collect())
}

/// What all events of a request have in common.
struct Shared {
    trace: Option<Arc<str>>,
    hops: u32,
    received_at: Millis,
    headers: Arc<Headers>,
    source: Arc<str>,
}

impl Recogniser<'_> {
    fn name(&self, shared: &Shared, id: EventId, nth: usize, body: Bytes, naming: &Shape) -> NewEvent {
        let source = self.source;
        let mut parts = Parts {
            id,
            source: Arc::clone(&shared.source),
            event_type: "".into(),
            subject: None,
            order_key: None,
            received_at: shared.received_at,
            headers: Arc::clone(&shared.headers),
            body,
        };
        let unnamed = Content::new(parts.clone());
        let facts = Facts::of(Envelope::of(&unnamed));
        let event_type = match &naming.event_type {
            Some(event_type) => event_type.clone(),
            None => source.event_type.as_ref().map(|t| t.render_lenient(&facts)).unwrap_or_default(),
        };
        let by_rule = |said: &Option<String>, rule: &Option<Template>| {
            let said = said.clone().or_else(|| rule.as_ref()?.render(&facts).ok());
            said.filter(|text| !text.is_empty()).map(|text| cut(text, limits::KEY_BYTES_MAX).into())
        };
        parts.order_key = by_rule(&naming.order_key, &source.order_key);
        parts.subject = by_rule(&naming.subject, &source.subject);
        let dedupe = self.dedupe(&facts, &unnamed.body, nth, naming);
        parts.event_type = cut(event_type, limits::EVENT_TYPE_BYTES_MAX).into();
        let content = Content { json: unnamed.json, ..Content::new(parts) };
        NewEvent {
            scope: source.scope,
            source: source.id,
            content: Arc::new(content),
            dedupe,
            origin: Origin::Http,
            revision: self.revision,
            trace: shared.trace.clone(),
            hops: shared.hops,
        }
    }

    fn dedupe(&self, facts: &Facts<'_>, body: &[u8], nth: usize, naming: &Shape) -> Option<Dedupe> {
        let rule = self.source.dedupe.as_ref();
        let window_hours = rule.map_or(DEDUPE_HOURS, |rule| rule.window_hours);
        let nth = nth.to_string();
        // What stands in the request and not in the element would make all elements one event.
        let place = |is_elements_own: bool| if is_elements_own { "" } else { nth.as_str() };
        let key = match (&naming.dedupe_key, rule.map(|rule| &rule.key)) {
            (Some(key), _) => {
                keyed_hash(self.hash_key, &[b"dedupe", key.as_bytes(), place(false).as_bytes()])
            }
            (None, Some(DedupeKey::Template(template))) => {
                let key = template.render(facts).ok()?;
                let place = place(self.source.split.is_none() || template.looks_into_body());
                keyed_hash(self.hash_key, &[b"dedupe", key.as_bytes(), place.as_bytes()])
            }
            (None, Some(DedupeKey::Body)) => keyed_hash(self.hash_key, &[b"dedupe-body", body]),
            (None, None) => return None,
        };
        Some(Dedupe { key, fingerprint: fingerprint(self.hash_key, body), window_hours })
    }
}

/// Whole hours of [`limits::DEDUPE_WINDOW`].
const DEDUPE_HOURS: u32 = (limits::DEDUPE_WINDOW.as_secs() / 3_600) as u32;

/// Returns what tells an equal body from another one.
pub fn fingerprint(hash_key: &Secret, body: &[u8]) -> i64 {
    i64::from_be_bytes(first_8(keyed_hash(hash_key, &[b"body", body])))
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
