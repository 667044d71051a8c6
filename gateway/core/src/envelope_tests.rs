//! Paths and type patterns, at their edges.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::*;
use crate::event::Parts;
use crate::word::{EventId, Headers, Millis};

fn content(body: &'static str) -> Content {
    let headers: Headers =
        [(HeaderName::from_static("x-kind"), HeaderValue::from_static("push"))].into_iter().collect();
    Content::new(Parts {
        id: EventId(1),
        source: "github".into(),
        event_type: "push.created".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(headers),
        body: Bytes::from_static(body.as_bytes()),
    })
}

#[test]
fn a_path_leads_to_its_value() {
    let content = content(r#"{"a":{"b":[10,{"c":null}]},"":1}"#);
    let envelope = Envelope::of(&content);
    let value = |path: &str| Path::parse(path).expect(path).value(&envelope).map(Cow::into_owned);

    assert_eq!(value("source"), Some(json!("github")));
    assert_eq!(value("$.type"), Some(json!("push.created")));
    assert_eq!(value("headers.X-Kind"), Some(json!("push")));
    assert_eq!(value("headers.x-none"), None);
    assert_eq!(value("body.a.b.0"), Some(json!(10)));
    assert_eq!(value("body.a.b.1.c"), Some(json!(null)));
    assert_eq!(value("body.a.b.2"), None);
    assert_eq!(value("body.a.b.x"), None);
    assert_eq!(value("body.a.b.0.x"), None);
    assert!(value("body").is_some_and(|body| body.is_object()));
}

#[test]
fn a_body_that_is_no_json_has_no_values() {
    let content = content("<xml/>");

    assert_eq!(Path::parse("body.a").expect("a path").value(&Envelope::of(&content)), None);
}

#[test]
fn what_is_no_path_says_so() {
    for text in ["", "bdy.x", "body.", "body..x", "headers", "headers.", "source.x", "type.y", "$body"] {
        assert!(Path::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_star_stands_for_one_or_more_characters_dots_included() {
    let fits = |glob: &str, text: &str| TypeGlob::parse(glob).expect(glob).fits(text);

    for (glob, text) in [
        ("push", "push"),
        ("*", "a"),
        ("pull_request.*", "pull_request.opened"),
        ("pull_request.*", "pull_request.a.b"),
        ("*.closed", "pull_request.closed"),
        ("a*c", "abbc"),
        ("a*b*c", "axbxbxc"),
        ("*é*", "xéy"),
        ("a*a", "aba"),
    ] {
        assert!(fits(glob, text), "{glob} {text}");
    }
    for (glob, text) in [
        ("push", "pushed"),
        ("push", ""),
        ("*", ""),
        ("pull_request.*", "pull_request."),
        ("pull_request.*", "pull_request"),
        ("*.closed", ".closed"),
        ("a*a", "aa"),
        ("a*b*c", "abc"),
        ("Push", "push"),
    ] {
        assert!(!fits(glob, text), "{glob} {text}");
    }
    assert!(TypeGlob::parse("").is_err() && TypeGlob::parse("a**").is_err());
}
