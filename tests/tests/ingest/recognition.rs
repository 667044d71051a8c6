//! How a request becomes events: arrays, duplicates, bounds.

use hookgate_tests::{Gateway, RECEIVER_SECRET, Receiver};
use serde_json::Value;

use super::{post, said};
use crate::setup::{SOON, destination};

async fn start() -> (Gateway, Receiver) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = r#"
[source.batches]
type = "item.{body.kind}"
split = "$.body.items"
dedupe = { key = "{body.id}" }
order_key = "{body.customer}"
verify.none = {}

[source.bodies]
dedupe = { by = "body", window = "1h" }
verify.none = {}

[source.headers]
split = "$.body"
dedupe = { key = "{headers.x-delivery}" }
verify.none = {}

[route.paid]
source = "batches"
types = ["item.paid"]
to = ["shop"]
"#;
    let gateway =
        Gateway::start(&(destination("shop", &receiver.url("/shop"), "timeout = \"5s\"") + config)).await;
    (gateway, receiver)
}

fn listed(answer: &Value) -> Vec<(String, bool)> {
    let events = answer["events"].as_array().expect("a list");
    let one = |event: &Value| {
        (event["event"].as_str().expect("an id").to_owned(), event["duplicate"].as_bool().expect("a truth"))
    };
    events.iter().map(one).collect()
}

#[tokio::test]
async fn an_array_becomes_events_of_their_own_in_one_commit() {
    let (gateway, receiver) = start().await;
    let body = r#"{"items":[{"kind":"paid","id":1,"n":1.0},{"kind":"sent","id":2},{"kind":"paid","id":3},{"kind":"paid","id":1}]}"#;

    let answer = post(&gateway, "batches", &[], body).await;

    assert_eq!(answer.status, 200, "{answer:?}");
    let events = listed(&answer.json());
    assert_eq!(
        events.iter().map(|(_, duplicate)| *duplicate).collect::<Vec<_>>(),
        [false, false, false, true]
    );
    assert_eq!(events[0].0, events[3].0, "a duplicate is answered with the first one");
    let arrived = receiver.accepted("/shop", 2, SOON).await;
    let mut bodies: Vec<String> =
        arrived.iter().map(|one| String::from_utf8_lossy(&one.body).into_owned()).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, [r#"{"kind":"paid","id":1,"n":1.0}"#, r#"{"kind":"paid","id":3}"#]);
    let rows = gateway.admin().all("/v1/events?source=batches").await;
    let types: Vec<&str> = rows.iter().map(|row| row["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["item.paid", "item.sent", "item.paid"]);

    let again = post(&gateway, "batches", &[], body).await;
    assert_eq!(again.header("hookgate-duplicate"), "true");
    assert!(listed(&again.json()).iter().all(|(_, duplicate)| *duplicate));
    assert_eq!(gateway.admin().all("/v1/events?source=batches").await.len(), 3);
}

#[tokio::test]
async fn what_has_no_array_is_one_event_and_too_many_are_refused() {
    let (gateway, _receiver) = start().await;

    for body in ["no json", "{}", r#"{"items":7}"#, ""] {
        assert_eq!(listed(&post(&gateway, "batches", &[], body).await.json()).len(), 1, "{body}");
    }
    assert_eq!(listed(&post(&gateway, "batches", &[], r#"{"items":[]}"#).await.json()).len(), 0);
    assert_eq!(gateway.admin().all("/v1/events?source=batches").await.len(), 4);
    let many = format!("[{}1]", "1,".repeat(1_000));
    assert_eq!(said(&post(&gateway, "headers", &[], &many).await), (413, "too-many-events".into()));
    let just = format!("[{}1]", "1,".repeat(999));
    assert_eq!(listed(&post(&gateway, "headers", &[("x-delivery", "1")], &just).await.json()).len(), 1_000);
    let again = post(&gateway, "headers", &[("x-delivery", "1")], &just).await;
    assert!(listed(&again.json()).iter().all(|(_, duplicate)| *duplicate));
    assert_eq!(gateway.admin().all("/v1/events?source=headers").await.len(), 1_000);
}

#[tokio::test]
async fn equal_bodies_are_one_event_where_the_body_is_the_key() {
    let (gateway, _receiver) = start().await;

    let first = post(&gateway, "bodies", &[], "a").await.json();
    let same = post(&gateway, "bodies", &[], "a").await;
    let other = post(&gateway, "bodies", &[], "b").await;

    assert_eq!(same.json(), first);
    assert_eq!((same.header("hookgate-duplicate"), other.header("hookgate-duplicate")), ("true", ""));
}
