//! One event through the whole gateway, and what an operator sees of it.

mod ending;
mod reload;

use std::collections::HashSet;

use hookgate_tests::{GITHUB_SECRET, Gateway, Heard, PullRequests, RECEIVER_SECRET, Receiver, Sender, Wire};
use http::Method;
use serde_json::{Value, json};

use crate::setup::{SOON, delivery, destination, route, text};

/// Pull requests to the receiver, summarised; nothing else.
fn config(receiver: &Receiver) -> String {
    destination(
        "team",
        &receiver.url("/team"),
        "retry = { schedule = [\"200ms\", \"200ms\"] }\ntimeout = \"5s\"",
    ) + &route("closed", "pull_request.*", "team", "transform = [{ plugin = \"pr-summary\" }]")
}

async fn start() -> (Gateway, Receiver, Sender, PullRequests) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let gateway = Gateway::start(&config(&receiver)).await;
    let sender = Sender::new(&gateway.source_url());
    (gateway, receiver, sender, PullRequests::new(GITHUB_SECRET, 1))
}

#[tokio::test]
async fn a_signed_event_arrives_as_its_signed_summary() {
    let (gateway, receiver, sender, hook) = start().await;
    let signed = hook.closed(42);

    let event = sender.send_new(&signed).await;

    let arrived = receiver.accepted("/team", 1, SOON).await.remove(0);
    assert_eq!(arrived.signature, Ok(()));
    let summary: Value = serde_json::from_slice(&arrived.body).expect("a summary is JSON");
    let expected = json!({
        "event": "pull_request.closed",
        "repository": "lantern-works/quay",
        "number": 42,
        "title": "Keep the lock file beside the data",
        "author": "ines-varga",
        "action": "closed",
        "merged": true,
        "url": "https://github.com/lantern-works/quay/pull/42",
        "text": "tom-okafor merged #42 \"Keep the lock file beside the data\" in lantern-works/quay (+58 -9)",
        "additions": 58,
        "deletions": 9,
        "changed_files": 4,
        "base": "main",
        "head": "lock-beside-data"
    });
    assert_eq!(summary, expected);
    assert_eq!(arrived.header("content-type"), "application/json");
    assert_eq!(arrived.header("hookgate-hops"), "1");
    assert!(arrived.header("user-agent").starts_with("Hookgate/"));
    assert!(!arrived.headers.contains_key("x-hub-signature-256"), "the sender's header fields stay behind");

    let delivered = delivery(&gateway, &event, "team", "delivered", SOON).await;
    assert_eq!(delivered["message"], arrived.message());
    assert_eq!((&delivered["attempts"], &delivered["route"]), (&1.into(), &"closed".into()));
    let stored = gateway.admin().read(&format!("/v1/events/{event}")).await;
    assert_eq!(stored["body"].as_str().map(str::as_bytes), Some(&signed.body[..]), "byte for byte");
    assert_eq!((text(&stored, "source"), text(&stored, "type")), ("github", "pull_request.closed"));
    let id = text(&delivered, "id");
    let attempts = gateway.admin().read(&format!("/v1/deliveries/{id}/attempts")).await;
    let attempt = &attempts["data"][0];
    assert_eq!((&attempt["outcome"], &attempt["status"]), (&"success".into(), &200.into()));
    assert_eq!(attempt["request"]["body"].as_str().map(str::as_bytes), Some(&arrived.body[..]));
    assert_eq!(attempt["made_by"].as_array().map(Vec::len), Some(1), "{attempt}");
    let shown = attempt["request"]["headers"].to_string();
    assert!(shown.contains(arrived.header("webhook-signature")), "the signature as it was sent: {shown}");
    assert!(!shown.contains(RECEIVER_SECRET), "{shown}");
}

#[tokio::test]
async fn an_event_that_no_route_takes_is_kept() {
    let (gateway, receiver, sender, hook) = start().await;

    let event = sender.send_new(&hook.signed("issues", 7, r#"{"action":"opened","number":7}"#)).await;
    let untyped = sender.send_new(&hook.signed("ping", 8, "not JSON at all \u{1f9ed}")).await;

    let admin = gateway.admin();
    let unrouted: Vec<Value> = admin.all("/v1/events?unrouted=true").await;
    let ids: Vec<&str> = unrouted.iter().map(|row| text(row, "id")).collect();
    assert_eq!(ids, [untyped.as_str(), event.as_str()], "newest first");
    assert_eq!((text(&unrouted[0], "type"), text(&unrouted[1], "type")), ("ping", "issues.opened"));
    let kept = admin.read(&format!("/v1/events/{untyped}")).await;
    assert_eq!(kept["body"], "not JSON at all \u{1f9ed}");
    assert_eq!(admin.all("/v1/deliveries").await, Vec::<Value>::new());
    assert!(receiver.all().is_empty());
}

#[tokio::test]
async fn what_does_not_prove_its_sender_is_refused_and_not_kept() {
    let (gateway, receiver, sender, hook) = start().await;
    let good = hook.closed(1);
    let mut tampered = good.clone();
    tampered.body = good.body.iter().map(|byte| if *byte == b'4' { b'5' } else { *byte }).collect();
    let stranger = PullRequests::new("another secret", 1).closed(1);
    let mut unsigned = good.clone();
    unsigned.signature = String::new();
    let mut weaker = good.clone();
    weaker.signature = good.signature.replace("sha256=", "sha1=");
    let mut shorter = good.clone();
    shorter.signature.truncate(20);

    for request in [&tampered, &stranger, &unsigned, &weaker, &shorter] {
        assert_eq!(sender.send(request).await, Heard::Refused(401), "{}", request.signature);
    }
    let elsewhere = Sender::new(&format!("http://{}/in/gitlab", gateway.public()));
    assert_eq!(elsewhere.send(&good).await, Heard::Refused(404));
    let bare = Wire::new()
        .send(Method::POST, &gateway.source_url(), &[], good.body.clone())
        .await
        .expect("an answer");
    assert_eq!((bare.status.as_u16(), bare.header("content-type")), (401, "application/problem+json"));

    assert_eq!(gateway.admin().all("/v1/events").await, Vec::<Value>::new());
    sender.send_new(&good).await;
    receiver.accepted("/team", 1, SOON).await;
}

#[tokio::test]
async fn a_duplicate_hears_the_first_event_and_is_delivered_once() {
    let (mut gateway, receiver, sender, hook) = start().await;
    let signed = hook.closed(9);

    let all = (0..16).map(|_| {
        let (sender, signed) = (sender.clone(), signed.clone());
        tokio::spawn(async move { sender.send(&signed).await })
    });
    let mut heard = Vec::new();
    for one in all.collect::<Vec<_>>() {
        heard.push(one.await.expect("no panic"));
    }
    gateway.kill().await;
    gateway.start_again().await;
    heard.push(sender.send(&signed).await);

    let (mut ids, mut firsts) = (HashSet::new(), 0);
    for heard in heard {
        let Heard::Accepted { event, is_duplicate } = heard else { panic!("{heard:?}") };
        ids.insert(event);
        firsts += usize::from(!is_duplicate);
    }
    assert_eq!((ids.len(), firsts), (1, 1), "{ids:?}");
    let event = ids.into_iter().next().expect("one");
    delivery(&gateway, &event, "team", "delivered", SOON).await;
    let messages: HashSet<String> =
        receiver.all().iter().map(|received| received.message().to_owned()).collect();
    assert_eq!(messages.len(), 1);
    let stored = gateway.admin().read(&format!("/v1/events/{event}")).await;
    assert_eq!(stored["duplicates"], 16);
}
