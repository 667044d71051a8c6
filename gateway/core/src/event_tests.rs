//! How requests become events.

use std::net::IpAddr;

use http::{HeaderName, HeaderValue, Method};

use super::*;
use crate::request::RawRequest;
use crate::scheme::{Verification, verify};
use crate::source::DedupeRule;
use crate::template::Template;
use crate::word::{Kind, Scope, Slug};

fn source(event_type: Option<&str>, dedupe: Option<&str>) -> Source {
    let scope = Scope::default_scope().id();
    let name = Slug::parse("shop").expect("a slug");
    let template = |text: &str| Template::parse(text).expect("a template");
    Source {
        scope,
        id: NameId::of(scope, Kind::Source, &name),
        name,
        verification: Verification::None,
        event_type: event_type.map(template),
        dedupe: dedupe.map(|text| DedupeRule { key: template(text), window_hours: 24 }),
        body_bytes_max: 1000,
    }
}

fn recognised(source: &Source, headers: &[(&'static str, &'static str)], body: &'static str) -> NewEvent {
    let request = RawRequest {
        method: Method::POST,
        url: "http://h/in/shop".into(),
        headers: headers
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)))
            .collect(),
        body: Bytes::from_static(body.as_bytes()),
        peer: IpAddr::from([127, 0, 0, 1]),
        received_at: Millis(5),
    };
    let verified = verify(request, &source.verification, Millis(5)).expect("nothing to verify");
    recognise(verified, source, EventId(9), Digest::of(b"r"), &Secret::from("installation"))
}

#[test]
fn type_and_dedupe_key_are_read_by_the_sources_templates() {
    let source = source(Some("{headers.x-event}.{body.action}"), Some("{headers.x-id}"));
    let one = recognised(&source, &[("x-event", "order"), ("x-id", "1")], r#"{"action":"paid"}"#);
    let again = recognised(&source, &[("x-event", "order"), ("x-id", "1")], r#"{"action":"changed"}"#);
    let other = recognised(&source, &[("x-event", "order"), ("x-id", "2")], r#"{"action":"paid"}"#);

    assert_eq!(&*one.content.event_type, "order.paid");
    let [one, again, other] = [one, again, other].map(|event| event.dedupe.expect("a key"));
    assert_eq!(one.key, again.key);
    assert_ne!(one.key, other.key);
    assert_ne!(one.fingerprint, again.fingerprint);
    assert_eq!(one.fingerprint, other.fingerprint);
}

#[test]
fn a_request_without_the_key_is_not_deduped() {
    let source = source(None, Some("{headers.x-id}"));

    let event = recognised(&source, &[], "{}");

    assert_eq!(event.dedupe, None);
    assert_eq!(&*event.content.event_type, "");
}

#[test]
fn the_body_is_parsed_once_and_only_if_a_template_looks_into_it() {
    let by_header = recognised(&source(Some("{headers.x-event}"), None), &[("x-event", "a")], "{}");
    let by_body = recognised(&source(Some("{body.a}"), None), &[], r#"{"a":"b"}"#);

    assert!(by_header.content.json_if_parsed().is_none());
    assert!(by_body.content.json_if_parsed().is_some());
}

#[test]
fn an_event_type_is_cut_at_a_characters_edge() {
    let long: &'static str = Box::leak(format!(r#"{{"a":"x{}"}}"#, "é".repeat(400)).into_boxed_str());

    let event = recognised(&source(Some("{body.a}"), None), &[], long);

    assert_eq!(event.content.event_type.len(), limits::EVENT_TYPE_BYTES_MAX - 1);
}

#[test]
fn trace_and_hops_are_carried() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let event = recognised(&source(None, None), &[("traceparent", trace), ("hookgate-hops", "3")], "");
    let strange = recognised(&source(None, None), &[("hookgate-hops", "many")], "");

    assert_eq!(event.trace.as_deref(), Some(trace));
    assert_eq!((event.hops, strange.hops), (3, 0));
}
