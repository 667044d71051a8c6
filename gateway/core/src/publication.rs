//! An application's own events, on their way from the API into the store.

use std::sync::Arc;

use bytes::Bytes;

use crate::event::{Content, Dedupe, NewEvent, Parts, fingerprint, hops_of, keyed_hash};
use crate::limits;
use crate::source::API;
use crate::word::{Digest, EventId, Headers, Kind, Millis, NameId, Origin, ScopeId, Secret, Slug};

/// An event as an application says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// See [`Content::event_type`].
    pub event_type: String,
    /// See [`Content::subject`].
    pub subject: Option<String>,
    /// See [`Content::order_key`].
    pub order_key: Option<String>,
    /// Its header fields, `content-type` among them.
    pub headers: Headers,
    /// Its body.
    pub body: Bytes,
}

/// What all events of one call have in common.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The owner.
    pub scope: ScopeId,
    /// The configuration that rules.
    pub revision: Digest,
    /// When the call came.
    pub received_at: Millis,
    /// The caller's `traceparent`.
    pub trace: Option<&'a str>,
    /// Makes a repeated call one call.
    pub idempotency: Option<Idempotency<'a>>,
}

/// An `Idempotency-Key`, and what it was sent with.
#[derive(Debug, Clone, Copy)]
pub struct Idempotency<'a> {
    /// The key.
    pub key: &'a str,
    /// The call's whole body: under the same key it must be the same.
    pub body: &'a [u8],
    /// The installation's key for hashes.
    pub hash_key: &'a Secret,
}

/// Returns the name under which routes take these events, as an integer.
pub fn api_source(scope: ScopeId) -> NameId {
    let name = Slug::parse(API).expect("the reserved name is a slug");
    NameId::of(scope, Kind::Source, &name)
}

/// Makes events of what an application says, in its order. Pure; `draw` makes ids.
pub fn publish(
    publications: Vec<Publication>,
    call: Call<'_>,
    mut draw: impl FnMut() -> EventId,
) -> Vec<NewEvent> {
    let source = api_source(call.scope);
    let name: Arc<str> = API.into();
    let trace: Option<Arc<str>> = call.trace.filter(|trace| trace.len() <= 55).map(Into::into);
    let event = |(nth, publication): (usize, Publication)| NewEvent {
        scope: call.scope,
        source,
        hops: hops_of(&publication.headers),
        dedupe: call.idempotency.map(|idempotency| idempotency.dedupe(nth)),
        content: Arc::new(Content::new(Parts {
            id: draw(),
            source: Arc::clone(&name),
            event_type: publication.event_type.into(),
            subject: publication.subject.map(Into::into),
            order_key: publication.order_key.map(Into::into),
            received_at: call.received_at,
            headers: Arc::new(publication.headers),
            body: publication.body,
        })),
        origin: Origin::Api,
        revision: call.revision,
        trace: trace.clone(),
    };
    publications.into_iter().enumerate().map(event).collect()
}

impl Idempotency<'_> {
    fn dedupe(&self, nth: usize) -> Dedupe {
        Dedupe {
            key: keyed_hash(
                self.hash_key,
                &[b"idempotency", self.key.as_bytes(), nth.to_string().as_bytes()],
            ),
            fingerprint: fingerprint(self.hash_key, self.body),
            window_hours: u32::try_from(limits::DEDUPE_WINDOW.as_secs() / 3_600).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::Scope;

    fn published(key: Option<&str>, body: &[u8]) -> Vec<NewEvent> {
        let publication = |event_type: &str| Publication {
            event_type: event_type.into(),
            subject: None,
            order_key: Some("o".into()),
            headers: Headers::new(),
            body: Bytes::from_static(b"{}"),
        };
        let hash_key = Secret::from("installation");
        let call = Call {
            scope: Scope::default_scope().id(),
            revision: Digest::of(b"r"),
            received_at: Millis(7),
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            idempotency: key.map(|key| Idempotency { key, body, hash_key: &hash_key }),
        };
        let mut ids = 1..;
        publish(vec![publication("a"), publication("b")], call, || {
            EventId(ids.next().expect("numbers go on"))
        })
    }

    #[test]
    fn events_are_the_apis_and_keep_their_order() {
        let events = published(None, b"");

        assert!(events.iter().all(|event| event.origin == Origin::Api && &*event.content.source == API));
        assert!(events.iter().all(|event| event.source == api_source(event.scope) && event.trace.is_some()));
        assert_eq!(events.iter().map(|event| &*event.content.event_type).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(events[0].content.order_key.as_deref(), Some("o"));
        assert_eq!(events[0].dedupe, None);
    }

    #[test]
    fn a_key_names_each_event_of_a_call_and_its_fingerprint_the_call() {
        let keys = |events: &[NewEvent]| -> Vec<Dedupe> {
            events.iter().map(|event| event.dedupe.expect("a key")).collect()
        };
        let (first, again, other) = (
            keys(&published(Some("k"), b"1")),
            keys(&published(Some("k"), b"1")),
            keys(&published(Some("k"), b"2")),
        );

        assert_eq!(first, again);
        assert_ne!(first[0].key, first[1].key);
        assert_eq!((first[0].key, first[1].key), (other[0].key, other[1].key));
        assert_ne!(first[0].fingerprint, other[0].fingerprint);
        assert_ne!(first[0].key, keys(&published(Some("l"), b"1"))[0].key);
    }
}
