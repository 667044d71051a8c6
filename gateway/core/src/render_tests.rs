//! What a delivery's message is made of.

use std::time::Duration;

use super::*;
use crate::event::Parts;
use crate::topology::{Endpoint, HttpTarget, Signing};
use crate::word::{EventId, Kind, Millis, NameId, Scope, Secret, Slug};

fn field(name: &'static str, value: &'static str) -> (HeaderName, HeaderValue) {
    (HeaderName::from_static(name), HeaderValue::from_static(value))
}

fn event() -> Arc<Content> {
    let headers = [field("content-type", "application/json"), field("x-secret", "s")].into_iter().collect();
    Arc::new(Content::new(Parts {
        id: EventId(1),
        source: "shop".into(),
        event_type: "order.paid".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(headers),
        body: Bytes::from_static(b"{\"a\":1}"),
    }))
}

fn destination(endpoint: Endpoint) -> Destination {
    let scope = Scope::default_scope().id();
    let name = Slug::parse("crm").expect("a slug");
    Destination {
        scope,
        id: NameId::of(scope, Kind::Destination, &name),
        name,
        retry: Default::default(),
        timeout: Duration::from_secs(15),
        concurrency: 1,
        http: HttpTarget { endpoint, headers: vec![field("x-team", "blue")], signing: Signing::None },
    }
}

fn plain() -> Destination {
    destination(Endpoint::Plain("https://example.com/hook".parse().expect("a URL")))
}

#[test]
fn without_a_transform_the_event_goes_on_and_of_its_headers_only_the_content_type() {
    let rendered = Draft::of(&event()).rendered(&plain(), 0, vec![]);

    let names: Vec<&str> = rendered.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "x-team", "user-agent", "hookgate-hops"]);
    assert_eq!(rendered.body, event().body);
    assert!(rendered.is_event_body);
    assert_eq!(rendered.headers.first_text("hookgate-hops").as_deref(), Some("1"));
}

#[test]
fn what_a_transform_makes_takes_the_events_place() {
    let event = event();
    let message = GuestMessage {
        event_type: Some("summary".into()),
        headers: [field("content-type", "text/plain"), field("x-made", "1")].into_iter().collect(),
        body: Some(Bytes::from_static(b"hello")),
    };

    let draft = Draft::of(&event).with(message);

    let shown = draft.shown();
    assert_eq!((&*shown.event_type, &*shown.body), ("summary", b"hello".as_slice()));
    assert!(shown.headers.first("x-secret").is_none(), "a later stage sees what the stage before made");
    let rendered = draft.rendered(&plain(), 2, vec![]);
    assert!(!rendered.is_event_body);
    assert_eq!(rendered.headers.first_text("content-type").as_deref(), Some("text/plain"));
    assert_eq!(rendered.headers.first_text("hookgate-hops").as_deref(), Some("3"));
}

#[test]
fn the_first_stage_sees_the_event_whole() {
    let shown = Draft::of(&event()).shown();

    assert_eq!(shown.headers.first_text("x-secret").as_deref(), Some("s"));
    assert_eq!(&*shown.event_type, "order.paid");
}

#[test]
fn fields_that_a_transform_leaves_out_are_the_events_own() {
    let message = GuestMessage { event_type: None, headers: Headers::new(), body: None };

    let rendered = Draft::of(&event()).with(message).rendered(&plain(), 0, vec![]);

    assert!(rendered.is_event_body);
    assert_eq!(rendered.body, event().body);
}

#[test]
fn a_secret_endpoint_is_shown_as_its_reference() {
    let secret = Endpoint::Secret {
        url: Secret::from("https://hooks.example.com/T0/xyz"),
        shown: "${env:URL}".into(),
    };

    let rendered = Draft::of(&event()).rendered(&destination(secret), 0, vec![]);

    assert_eq!(rendered.url, "${env:URL}");
    assert!(!format!("{rendered:?}").contains("xyz"));
}
