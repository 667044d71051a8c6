//! Conditions: every operator at its edges, every mistake at its place.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::event::{Content, Parts};
use crate::word::{EventId, Headers, Millis};

fn holds(condition: Value) -> bool {
    let body = json!({
        "action": "closed", "n": 100, "f": 2.5, "big": 9_007_199_254_740_993i64, "null": null, "yes": true,
        "tags": ["vip", "new"], "pr": {"merged": true, "title": "Fix: the thing"}
    });
    let content = Content::new(Parts {
        id: EventId(1),
        source: "github".into(),
        event_type: "pull_request.closed".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(Headers::new()),
        body: Bytes::from(body.to_string()),
    });
    Condition::parse(&condition).expect("it reads").holds(&Envelope::of(&content))
}

#[test]
fn every_operator_holds_where_it_should() {
    for condition in [
        json!({}),
        json!({"body.action": "closed"}),
        json!({"type": "pull_request.closed", "source": "github"}),
        json!({"body": {"pr": {"merged": true}}}),
        json!({"body.pr": {"title": {"starts_with": "Fix", "ends_with": "thing"}}}),
        json!({"body.n": {"gte": 100, "lte": 100}}),
        json!({"body.n": 100.0}),
        json!({"body.f": {"$gt": 2, "$lt": 3}}),
        json!({"body.big": {"gt": 9_007_199_254_740_992i64}}),
        json!({"body.action": {"gt": "a"}}),
        json!({"body.action": ["opened", "closed"]}),
        json!({"body.action": {"in": ["closed"], "nin": ["opened"], "ne": "opened"}}),
        json!({"body.tags": "vip"}),
        json!({"body.tags": ["vip"]}),
        json!({"body.tags": {"contains": "new"}}),
        json!({"body.pr.title": {"contains": ": the"}}),
        json!({"body.pr.title": {"regex": "^Fix: [a-z ]+$"}}),
        json!({"body.none": {"exists": false, "ne": 1, "nin": [1]}}),
        json!({"body.null": {"exists": true, "eq": null}}),
        json!({"or": [{"body.n": 1}, {"body.n": 100}]}),
        json!({"not": {"body.n": 1}}),
        json!({"and": [{"body.n": 100}, {"body.yes": true}]}),
    ] {
        assert!(holds(condition.clone()), "{condition}");
    }
}

#[test]
fn no_operator_holds_where_it_should_not() {
    for condition in [
        json!({"body.action": "opened"}),
        json!({"body.action": "Closed"}),
        json!({"body.n": "100"}),
        json!({"body.n": {"gt": 100}}),
        json!({"body.n": {"gt": "1"}}),
        json!({"body.n": {"starts_with": "1"}}),
        json!({"body.none": {"gte": 0}}),
        json!({"body.none": null}),
        json!({"body.none": {"in": [null]}}),
        json!({"body.big": 9_007_199_254_740_992i64}),
        json!({"body.tags": {"nin": ["vip"]}}),
        json!({"body.tags": {"ne": "vip"}}),
        json!({"body.pr.title": {"regex": "^the"}}),
        json!({"or": []}),
        json!({"not": {}}),
        json!({"body.n": 100, "body.yes": false}),
    ] {
        assert!(!holds(condition.clone()), "{condition}");
    }
}

#[test]
fn a_mistake_is_named_with_the_keys_that_lead_to_it() {
    let cases: [(Value, &[&str], &str); 11] = [
        (json!([]), &[], "expected paths"),
        (json!({"bdy.x": 1}), &["bdy.x"], "begins with none"),
        (json!({"body.x": {}}), &["body.x"], "no condition"),
        (json!({"body.x": {"gte": 1, "gte2": 1}}), &["body.x", "gte2"], "unknown operator"),
        (json!({"body.x": {"gte": true}}), &["body.x", "gte"], "number or a text"),
        (json!({"body.x": {"in": 1}}), &["body.x", "in"], "a list"),
        (json!({"body.x": {"exists": 1}}), &["body.x", "exists"], "true or false"),
        (json!({"body.x": {"regex": "("}}), &["body.x", "regex"], "unclosed group"),
        (json!({"body.x": {"starts_with": 1}}), &["body.x", "starts_with"], "a text"),
        (json!({"or": {"a": 1}}), &["or"], "a list of conditions"),
        (json!({"or": [{"body.x": 1}, {"nope": 1}]}), &["or", "1", "nope"], "begins with none"),
    ];
    for (condition, at, why) in cases {
        let error = Condition::parse(&condition).expect_err("a mistake");
        assert_eq!(error.at, at, "{condition}");
        assert!(error.why.contains(why), "{condition}: {}", error.why);
        assert!(!error.help.is_empty());
    }
}

#[test]
fn a_condition_that_is_nested_without_end_is_refused() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!({"body": deep});
    }

    assert!(Condition::parse(&deep).is_err());
}
