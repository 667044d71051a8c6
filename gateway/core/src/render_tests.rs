//! What a delivery's message is made of.

use super::*;
use crate::destination::{Endpoint, EndpointTemplate, FieldValue, HttpVersion};
use crate::event::Parts;
use crate::template::Template;
use crate::word::{EventId, Millis, Secret};

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

fn http(endpoint: Endpoint) -> HttpTarget {
    let (name, value) = field("x-team", "blue");
    HttpTarget {
        endpoint,
        method: Method::POST,
        headers: vec![(name, FieldValue::Plain(value))],
        version: HttpVersion::Agreed,
    }
}

fn plain() -> HttpTarget {
    http(Endpoint::Plain("https://example.com/hook".parse().expect("a URL")))
}

fn rendered(draft: Draft, http: &HttpTarget, hops: u32) -> Rendered {
    draft.addressed(http, hops, vec![]).expect("the event has all that is needed")
}

#[test]
fn without_a_transform_the_event_goes_on_and_of_its_headers_only_the_content_type() {
    let rendered = rendered(Draft::of(&event()), &plain(), 0);

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
    let rendered = rendered(draft, &plain(), 2);
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

    let rendered = rendered(Draft::of(&event()).with(message), &plain(), 0);

    assert!(rendered.is_event_body);
    assert_eq!(rendered.body, event().body);
}

#[test]
fn a_secret_endpoint_is_shown_as_its_reference() {
    let secret = Endpoint::Secret {
        url: Secret::from("https://hooks.example.com/T0/xyz"),
        shown: "${env:URL}".into(),
    };

    let rendered = rendered(Draft::of(&event()), &http(secret), 0);

    assert_eq!(rendered.url, "${env:URL}");
    assert!(!format!("{rendered:?}").contains("xyz"));
}

#[test]
fn the_event_fills_endpoint_and_header_fields_in() {
    let template = |text| FieldValue::Template(Template::parse(text).expect("a template"));
    let target = HttpTarget {
        headers: vec![(HeaderName::from_static("x-type"), template("{source}/{type}"))],
        ..http(Endpoint::Template(
            EndpointTemplate::parse("https://example.com/{body.a}").expect("a template"),
        ))
    };

    let rendered = rendered(Draft::of(&event()), &target, 0);

    assert_eq!(rendered.url, "https://example.com/1");
    assert_eq!(rendered.headers.first_text("x-type").as_deref(), Some("shop/order.paid"));
}

#[test]
fn what_the_event_lacks_or_no_header_can_carry_is_said() {
    let with = |text| {
        let value = FieldValue::Template(Template::parse(text).expect("a template"));
        let target = HttpTarget { headers: vec![(HeaderName::from_static("x-b"), value)], ..plain() };
        Draft::of(&event()).addressed(&target, 0, vec![])
    };
    let nowhere = http(Endpoint::Template(
        EndpointTemplate::parse("https://example.com/{body.b}").expect("a template"),
    ));

    assert_eq!(with("{body.b}").expect_err("no b"), "header x-b: the event has no body.b");
    assert!(with("{body.a}").is_ok());
    let two_lines = with("{body.a}\n").expect_err("two lines");
    assert!(two_lines.contains("no header field can carry"), "{two_lines}");
    let why = Draft::of(&event()).addressed(&nowhere, 0, vec![]).expect_err("no b");
    assert_eq!(why, "the event has no body.b, which the endpoint is filled with");
}

#[test]
fn a_get_sends_no_body() {
    let get = HttpTarget { method: Method::GET, ..plain() };

    let rendered = rendered(Draft::of(&event()), &get, 0);

    assert_eq!((rendered.method, rendered.body.len(), rendered.is_event_body), (Method::GET, 0, false));
}
