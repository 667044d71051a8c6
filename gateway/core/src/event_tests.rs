//! How requests become events.

use std::net::IpAddr;

use http::{HeaderName, HeaderValue, Method};

use super::*;
use crate::request::RawRequest;
use crate::scheme::{Verification, verify};
use crate::source::DedupeRule;
use crate::template::Template;
use crate::word::{Scope, Slug};

fn source(event_type: Option<&str>, dedupe: Option<&str>) -> Source {
    let scope = Scope::default_scope().id();
    let name = Slug::parse("shop").expect("a slug");
    let template = |text: &str| Template::parse(text).expect("a template");
    let rule = |text: &str| DedupeRule { key: DedupeKey::Template(template(text)), window_hours: 24 };
    Source {
        event_type: event_type.map(template),
        dedupe: dedupe.map(rule),
        ..Source::new(scope, name, Verification::None)
    }
}

fn recognised(source: &Source, headers: &[(&'static str, &'static str)], body: &'static str) -> NewEvent {
    let mut events = all_recognised(source, headers, body).expect("few enough");
    assert_eq!(events.len(), 1);
    events.remove(0)
}

fn all_recognised(
    source: &Source,
    headers: &[(&'static str, &'static str)],
    body: &'static str,
) -> Result<Vec<NewEvent>, TooMany> {
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
    let hash_key = Secret::from("installation");
    let by = Recogniser { source, revision: Digest::of(b"r"), hash_key: &hash_key };
    let mut ids = 9..;
    recognise(verified, by, &Shape::default(), || EventId(ids.next().expect("numbers go on")))
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

#[test]
fn an_array_becomes_events_of_their_own() {
    let mut source = source(Some("item.{body.kind}"), Some("{body.id}"));
    source.split = Some(vec!["items".into()]);
    source.order_key = Some(Template::parse("{body.customer}").expect("a template"));
    source.subject = Some(Template::parse("{body.id}").expect("a template"));
    let body = r#"{"items":[{"kind":"a","id":1,"customer":"c"}, {"kind":"b","id":2},{"kind":"a","id":1}]}"#;

    let events = all_recognised(&source, &[("x-a", "b")], body).expect("few enough");

    let types: Vec<&str> = events.iter().map(|event| &*event.content.event_type).collect();
    assert_eq!(types, ["item.a", "item.b", "item.a"]);
    assert_eq!(events[1].content.body, r#"{"kind":"b","id":2}"#);
    assert_eq!(events.iter().map(|event| event.content.id.0).collect::<Vec<_>>(), [9, 10, 11]);
    assert_eq!(events[0].content.order_key.as_deref(), Some("c"));
    assert_eq!(
        (events[1].content.order_key.as_deref(), events[1].content.subject.as_deref()),
        (None, Some("2"))
    );
    let keys: Vec<[u8; 16]> = events.iter().map(|event| event.dedupe.expect("a key").key).collect();
    assert!(keys[0] == keys[2] && keys[0] != keys[1]);
    assert!(events.iter().all(|event| event.content.headers.first_text("x-a").as_deref() == Some("b")));
}

#[test]
fn a_key_of_the_request_does_not_make_its_elements_duplicates_of_each_other() {
    let mut source = source(None, Some("{headers.x-id}"));
    source.split = Some(vec![]);
    let keys = |id: &'static str| -> Vec<[u8; 16]> {
        let events = all_recognised(&source, &[("x-id", id)], "[1,1,2]").expect("few enough");
        events.iter().map(|event| event.dedupe.expect("a key").key).collect()
    };

    let (first, again, other) = (keys("1"), keys("1"), keys("2"));

    assert_eq!(first, again);
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != other[0]);
}

#[test]
fn equal_bodies_are_one_event_where_the_body_is_the_key() {
    let mut source = source(None, None);
    source.dedupe = Some(DedupeRule { key: DedupeKey::Body, window_hours: 1 });
    let key = |body| recognised(&source, &[], body).dedupe.expect("a key").key;

    assert_eq!(key("{}"), key("{}"));
    assert_ne!(key("{}"), key("{ }"));
}

#[test]
fn too_many_elements_are_refused() {
    let mut source = source(None, None);
    source.split = Some(vec![]);
    let many: &'static str = Box::leak(format!("[{}1]", "1,".repeat(1_000)).into_boxed_str());

    assert_eq!(all_recognised(&source, &[], many).map(|events| events.len()), Err(TooMany));
    assert_eq!(all_recognised(&source, &[], "[]").map(|events| events.len()), Ok(0));
}

#[test]
fn what_a_plugin_says_goes_before_the_rules() {
    let source = source(Some("{headers.x-event}"), Some("{headers.x-id}"));
    let request = |id| RawRequest {
        method: Method::POST,
        url: String::new(),
        headers: [(HeaderName::from_static("x-id"), HeaderValue::from_static(id))].into_iter().collect(),
        body: Bytes::new(),
        peer: IpAddr::from([127, 0, 0, 1]),
        received_at: Millis(5),
    };
    let naming = Shape {
        event_type: Some("named".into()),
        dedupe_key: Some("k".into()),
        subject: Some("s".into()),
        ..Shape::default()
    };
    let hash_key = Secret::from("installation");
    let named = |id| {
        let verified = verify(request(id), &source.verification, Millis(5)).expect("nothing to verify");
        let by = Recogniser { source: &source, revision: Digest::of(b"r"), hash_key: &hash_key };
        recognise(verified, by, &naming, || EventId(1)).expect("one").remove(0)
    };

    let (one, other) = (named("1"), named("2"));

    assert_eq!((&*one.content.event_type, one.content.subject.as_deref()), ("named", Some("s")));
    assert_eq!(one.dedupe, other.dedupe);
    assert!(one.dedupe.is_some());
}
