//! Templates: what they fill in, what they refuse.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::*;
use crate::event::{Content, Parts};
use crate::word::{EventId, Millis};

fn content() -> Content {
    let headers =
        [(HeaderName::from_static("x-event"), HeaderValue::from_static("issues"))].into_iter().collect();
    Content::new(Parts {
        id: EventId(1),
        source: "github".into(),
        event_type: "".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(headers),
        body: Bytes::from_static(br#"{"action":"opened","n":7,"ok":true,"list":[1],"none":null}"#),
    })
}

fn rendered(template: &str) -> Result<String, Missing> {
    let content = content();
    Template::parse(template).expect(template).render(&Facts::of(Envelope::of(&content)))
}

fn lenient(template: &str) -> String {
    let content = content();
    Template::parse(template).expect(template).render_lenient(&Facts::of(Envelope::of(&content)))
}

#[test]
fn paths_are_filled_in() {
    assert_eq!(rendered("{headers.x-event}.{body.action}").as_deref(), Ok("issues.opened"));
    assert_eq!(rendered("{ body.n }/{body.ok}/{source}").as_deref(), Ok("7/true/github"));
    assert_eq!(rendered("a{{b}}c").as_deref(), Ok("a{b}c"));
}

#[test]
fn a_path_that_leads_nowhere_or_to_no_text_is_missing() {
    for path in ["body.nothing", "body.list", "body.none", "headers.x-none"] {
        assert_eq!(rendered(&format!("x{{{path}}}")), Err(Missing(path.into())));
    }
}

#[test]
fn in_a_type_a_missing_path_vanishes_with_the_dot_before_it() {
    assert_eq!(lenient("{headers.x-event}.{body.nothing}"), "issues");
    assert_eq!(lenient("{headers.x-none}.{body.action}"), ".opened");
    assert_eq!(lenient("{headers.x-event}.{body.nothing}.z"), "issues.z");
}

#[test]
fn what_does_not_read_is_named_with_its_place() {
    for (text, at) in [("a{body", 1), ("a}b", 1), ("ab{}", 2), ("{bdy.x}", 0), ("é{x}", 2)] {
        let error = Template::parse(text).expect_err(text);
        assert_eq!(error.at, at, "{text}");
        assert!(!error.why.is_empty() && !error.help.is_empty());
    }
}

#[test]
fn a_template_without_a_path_is_known_as_one() {
    assert!(!Template::parse("constant").expect("reads").has_path());
    assert!(Template::parse("{type}").expect("reads").has_path());
}
