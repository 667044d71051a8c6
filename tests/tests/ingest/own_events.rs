//! An application's own events: `POST /v1/events`.

use hookgate_tests::{Gateway, RECEIVER_SECRET, Receiver};
use serde_json::json;

use super::said;
use crate::setup::{SOON, destination, text};

async fn start() -> (Gateway, Receiver) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = destination("shop", &receiver.url("/shop"), "timeout = \"5s\"")
        + "[route.own]\nsource = \"api\"\ntypes = [\"invoice.*\"]\nto = [\"shop\"]\n";
    (Gateway::start(&config).await, receiver)
}

#[tokio::test]
async fn an_event_arrives_as_it_was_said() {
    let (gateway, receiver) = start().await;
    let body = r#"{"type":"invoice.paid","subject":"inv_1","order_key":"cus_1","data":{ "amount": 1.50 }}"#;

    let answer = gateway.admin().send("/v1/events", &[], body).await;

    assert_eq!(answer.status, 202, "{answer:?}");
    let arrived = receiver.accepted("/shop", 1, SOON).await.remove(0);
    assert_eq!(
        (&*arrived.body, arrived.header("content-type")),
        (&br#"{ "amount": 1.50 }"#[..], "application/json")
    );
    assert_eq!(arrived.signature, Ok(()));
    let event = text(&answer.json(), "event").to_owned();
    let row = gateway.admin().read(&format!("/v1/events/{event}")).await;
    assert_eq!((text(&row, "source"), text(&row, "type")), ("api", "invoice.paid"));
    assert_eq!(gateway.admin().all("/v1/events?source=api").await.len(), 1);
}

#[tokio::test]
async fn a_batch_is_taken_whole_and_a_key_makes_it_one() {
    let (gateway, receiver) = start().await;
    let admin = gateway.admin();
    let batch = r#"{"events":[{"type":"invoice.paid","data":1},{"type":"other"},{"type":"invoice.sent","body":"x"}]}"#;
    let key = [("idempotency-key", "k-1")];

    let first = admin.send("/v1/events", &key, batch).await;
    let again = admin.send("/v1/events", &key, batch).await;
    let other_body = admin
        .send("/v1/events", &key, r#"{"events":[{"type":"a"},{"type":"b"},{"type":"c"},{"type":"d"}]}"#)
        .await;
    let other_key = admin.send("/v1/events", &[("idempotency-key", "k-2")], batch).await;

    assert_eq!((first.status.as_u16(), first.json()["events"].as_array().map(Vec::len)), (202, Some(3)));
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_eq!(said(&other_body), (422, "key-reused".into()));
    assert_ne!(other_key.body, first.body);
    receiver.accepted("/shop", 4, SOON).await;
    assert_eq!(admin.all("/v1/events").await.len(), 6);
}

#[tokio::test]
async fn every_mistake_is_named_and_nothing_is_stored() {
    let (gateway, _receiver) = start().await;
    let admin = gateway.admin();
    let body = r#"{"events":[{"type":"a"},{"type":"b"},{"type":"c"},{"type":7,"data":1,"body":"x"}]}"#;

    let refused = admin.send("/v1/events", &[], body).await;

    assert_eq!(said(&refused), (422, "bad-event".into()));
    let fields: Vec<String> = refused.json()["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| text(e, "field").to_owned())
        .collect();
    assert_eq!(fields, ["/events/3/type", "/events/3/body"]);
    for (headers, body, wanted) in [
        (&[][..], "{", (400, "bad-json")),
        (&[("idempotency-key", "")], "{}", (400, "bad-parameter")),
        (&[("content-encoding", "br")], "{}", (415, "unsupported-coding")),
    ] {
        assert_eq!(
            said(&admin.send("/v1/events", headers, body).await),
            (wanted.0, wanted.1.to_owned()),
            "{body}"
        );
    }
    let many = json!({ "events": vec![json!({ "type": "a" }); 1_001] }).to_string();
    assert_eq!(said(&admin.send("/v1/events", &[], &many).await), (413, "too-many-events".into()));
    assert_eq!(admin.all("/v1/events").await.len(), 0);
    let anonymous =
        hookgate_tests::Admin::new(&gateway.admin_url(), "wrong").send("/v1/events", &[], "{}").await;
    assert_eq!(anonymous.status, 401);
}
