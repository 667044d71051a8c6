//! Filters: RFC 9535's comparisons, the fence, every mistake at its place, and a word for why not.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::event::{Content, Parts};
use crate::word::{EventId, Millis};

fn content() -> Content {
    let body = json!({
        "action": "closed", "n": 10, "f": 10.0, "null": null, "tags": ["vip", "new"], "a b": 1, "2": "two",
        "pr": {"merged": true, "title": "Fix: @.body"}, "items": [{"price": 5}, {"price": 15, "of": ["x"]}]
    });
    let field = (HeaderName::from_static("x-shop-topic"), HeaderValue::from_static("orders"));
    Content::new(Parts {
        id: EventId(1),
        source: "shop".into(),
        event_type: "order.paid".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new([field].into_iter().collect()),
        body: Bytes::from(body.to_string()),
    })
}

#[test]
fn what_rfc_9535_says_holds() {
    let content = content();
    for (text, holds) in [
        ("@.body.action == 'closed'", true),
        ("@.body.action == \"closed\" && @.body.n > 9", true),
        ("@.body.action == 'opened' || (@.body.n >= 10 && !(@.body.n > 10))", true),
        ("@.body.n == 10.0 && @.body.n == @.body.f", true),
        ("10 < @.body.n", false),
        ("@.body['a b'] == 1", true),
        ("@.body['2'] == 'two'", true),
        ("@.type == 'order.paid' && @.source == 'shop'", true),
        ("@.headers['X-Shop-Topic'] == 'orders'", true),
        ("@.headers['x-none']", false),
        ("!@.headers['x-none']", true),
        ("@.body.pr.merged == true", true),
        ("@.body.pr", true),
        ("@.body.null == null", true),
        ("@.body.null", true),
        ("@.body.none == null", false),
        ("@.body.none == @.body.nothing", true),
        ("@.body.none != 1", true),
        ("@.body.none < 1", false),
        ("@.body.none <= @.body.nothing", true),
        ("@.body.action < 5", false),
        ("@.body.action > 'a'", true),
        ("@.body.tags[0] == 'vip'", true),
        ("@.body.tags[-1] == 'new'", true),
        ("@.body.tags[2]", false),
        ("@.body.tags.length", false),
        ("length(@.body.tags) == 2 && length(@.body.action) == 6", true),
        ("length(@.body.n) == 2", false),
        ("count(@.body.items[*]) == 2", true),
        ("count(@.body.none[*]) == 0", true),
        ("value(@.body.items[?@.price > 10].price) == 15", true),
        ("@.body.items[?@.price > 10]", true),
        ("@.body.items[?@.price > 20]", false),
        ("@.body.items[?@.of[?@ == 'x']]", true),
        ("@.body.items[1:]", true),
        ("@.body.pr.title == 'Fix: @.body'", true),
    ] {
        let filter = Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let envelope = Envelope::of(&content);
        assert_eq!(filter.holds(&envelope), holds, "{text}");
        assert_eq!(filter.unmet(&envelope).is_empty(), holds, "{text}");
    }
}

#[test]
fn a_mistake_is_named_at_its_place() {
    for (text, at, why) in [
        ("", 0, "this filter does not read from here on"),
        ("@.body.action = 'x'", 14, "this filter does not read from here on"),
        ("@.headers.x-topic == 'orders'", 11, "this filter does not read from here on"),
        ("@.body.a == $.body.b", 12, "a filter looks at the envelope, which is `@`"),
        ("@.body..a", 6, "`..` is not available in a filter"),
        ("search(@.body.a, 'x')", 0, "search() is not available in a filter"),
        ("@.body.n > 1 && match(@.body.a, 'x')", 16, "match() is not available in a filter"),
        ("@.body.items[?match(@.a, 'x')]", 14, "match() is not available in a filter"),
        ("@.body.items[?@.a == $.type]", 21, "a filter looks at the envelope, which is `@`"),
        ("@.body.a in ['x']", 9, "a word stands where an operator belongs"),
        ("@.body.a and @.body.b", 9, "a word stands where an operator belongs"),
        ("@.type == 'a' or not @.body.b", 14, "a word stands where an operator belongs"),
        ("@.body.a b == 1", 9, "a word stands where an operator belongs"),
        ("@.body['a', 'b']", 10, "one bracket takes one selector"),
        ("@.boddy.a == 1", 2, "`boddy` is no part of the envelope"),
        ("@ == 1", 0, "this says nothing of what to look at"),
        ("@.headers", 2, "no header field is named"),
        ("@.headers['x-n'] > 5", 19, "@.headers['x-n'] is a text and never compares with the number 5"),
        ("@.body.a, 'b'", 0, "this is more than one condition"),
        ("@.body.a], ['b'", 9, "this filter does not read from here on"),
        ("length(@.body.items[*]) == 1", 0, "length() takes a path to one value"),
    ] {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!((error.at, error.why.as_str()), (at, why), "{text}");
        assert!(!error.help.is_empty(), "{text}");
    }
}

#[test]
fn what_does_not_hold_is_said_with_what_was_found() {
    let content = content();
    let unmet = |text: &str| {
        let filter = Filter::parse(text).expect("it reads");
        let said = filter.unmet(&Envelope::of(&content));
        said.into_iter().map(|unmet| (unmet.wanted, unmet.found)).collect::<Vec<_>>()
    };

    assert_eq!(
        unmet("@.body.action == 'opened' && @.body.n > 5 && @.body.pr.draft == true"),
        [
            ("@.body.action == \"opened\"".into(), Some("\"closed\"".into())),
            ("@.body.pr.draft == true".into(), None),
        ]
    );
    assert_eq!(unmet("20 < @.body.n"), [("20 < @.body.n".into(), Some("10".into()))]);
    assert_eq!(unmet("!(@.body.n > 5)"), [("!(@.body.n > 5)".into(), None)]);
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,60}") {
        if let Err(error) = Filter::parse(&text) {
            prop_assert!(text.is_char_boundary(error.at), "{}: {text}", error.at);
        }
    }

    #[test]
    fn pieces_of_filters_read_or_name_a_place(pieces in prop::collection::vec(prop::sample::select(vec![
        "@", ".body", ".type", "['a']", "[0]", "[*]", "[?", "]", "(", ")", "==", " && ", " || ", "!", "'x'", "1", "-", "..",
        "length(", "count(", "match(", "$", ",", " ", "é", ".headers", "<=",
    ]), 0..12)) {
        let text = pieces.concat();
        match Filter::parse(&text) {
            Ok(filter) => {
                let content = content();
                let envelope = Envelope::of(&content);
                prop_assert_eq!(filter.holds(&envelope), filter.unmet(&envelope).is_empty());
            }
            Err(error) => {
                prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at));
            }
        }
    }
}
