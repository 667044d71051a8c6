//! How deliveries end, and how an operator begins again.

use hookgate_tests::Gateway;
use serde_json::Value;

use super::{SOON, delivery, start, text};

#[tokio::test]
async fn a_dead_letter_arrives_by_a_retry_under_the_same_message_id() {
    let (gateway, mut receiver, sender, hook) = start().await;
    receiver.stop().await;

    let event = sender.send_new(&hook.closed(5)).await;
    let dead = delivery(&gateway, &event, "team", "dead_lettered", SOON).await;
    receiver.start_again().await;
    let retried = gateway.run(&["retry", text(&dead, "id")]).await;

    assert_eq!((&dead["reason"], &dead["attempts"]), (&"exhausted".into(), &3.into()));
    assert_eq!(dead["last_attempt"]["outcome"], "unreachable_connect");
    assert_eq!(retried.code, Some(0), "{retried:?}");
    let arrived = receiver.accepted("/team", 1, SOON).await.remove(0);
    assert_eq!((arrived.message(), &arrived.signature), (text(&dead, "message"), &Ok(())));
    let delivered = delivery(&gateway, &event, "team", "delivered", SOON).await;
    assert!(retried.out.contains(text(&delivered, "id")), "{retried:?}");
    assert_eq!(delivered["replay_of"], dead["id"]);
    let resolved = gateway.admin().read(&format!("/v1/deliveries/{}", text(&dead, "id"))).await;
    assert_eq!((&resolved["resolved_by"], &resolved["state"]), (&delivered["id"], &"dead_lettered".into()));

    for (id, why) in [
        (text(&dead, "id"), "resolved before"),
        (text(&delivered, "id"), "delivered"),
        ("del_0", "expected an id"),
    ] {
        let again = gateway.run(&["retry", id]).await;

        assert_eq!(again.code, Some(1), "{id}: {again:?}");
        assert!(again.err.contains(why), "{id}: {again:?}");
    }
    assert_eq!(receiver.accepted("/team", 1, SOON).await.len(), 1);
}

#[tokio::test]
async fn dead_letters_are_found_and_sent_again_by_what_they_are() {
    let (gateway, mut receiver, sender, hook) = start().await;
    receiver.stop().await;
    let mut events = Vec::new();
    for number in 1..=3 {
        events.push(sender.send_new(&hook.closed(number)).await);
    }
    for event in &events {
        delivery(&gateway, event, "team", "dead_lettered", SOON).await;
    }
    receiver.start_again().await;

    let found = "/v1/deliveries?reason=exhausted&route=closed&since=2026-01-01T00:00:00Z";
    assert_eq!(gateway.admin().all(found).await.len(), 3);
    let vague = gateway.run(&["retry"]).await;
    let open = gateway.admin().post("/v1/deliveries/retry").await;
    let fits_none = gateway.run(&["retry", "--reason", "gone"]).await;
    let past = gateway.run(&["retry", "--until", "2026-01-01T00:00:00Z"]).await;
    let unread = gateway.run(&["retry", "--since", "yesterday"]).await;
    let all = gateway.run(&["retry", "--destination", "team"]).await;

    assert_eq!((vague.code, open.status.as_u16()), (Some(1), 400), "{vague:?}");
    assert!(fits_none.out.contains("0 dead letters are due now"), "{fits_none:?}");
    assert!(past.out.contains("0 dead letters are due now"), "{past:?}");
    assert!(unread.err.contains("expected a time such as"), "{unread:?}");
    assert!(all.out.contains("3 dead letters are due now"), "{all:?}");
    for event in &events {
        delivery(&gateway, event, "team", "delivered", SOON).await;
    }
    assert_eq!(receiver.accepted("/team", 3, SOON).await.len(), 3);
}

#[tokio::test]
async fn events_and_deliveries_are_shown_as_tables_and_as_json() {
    let (gateway, receiver, sender, hook) = start().await;
    let event = sender.send_new(&hook.closed(11)).await;
    receiver.accepted("/team", 1, SOON).await;
    let delivered = delivery(&gateway, &event, "team", "delivered", SOON).await;
    let id = text(&delivered, "id");

    let table =
        check(&gateway, &["events"], &["EVENT", "SOURCE", "TYPE", &event, "github", "pull_request.closed"])
            .await;
    assert_eq!(table.lines().count(), 2, "{table}");
    check(&gateway, &["events", "--source", "github", "--type", "pull_request.closed"], &[&event]).await;
    check(&gateway, &["deliveries"], &["DELIVERY", "STATE", id, &event, "team", "delivered", "success"])
        .await;
    check(
        &gateway,
        &["deliveries", "--state", "delivered", "--destination", "team", "--event", &event],
        &[id],
    )
    .await;
    check(&gateway, &["events", &event], &[&event, "x-github-event: pull_request", "lantern-works/quay", id])
        .await;
    let shown = ["attempt 1", "sent: POST", "tom-okafor merged #11", "made by", text(&delivered, "message")];
    check(&gateway, &["deliveries", id], &shown).await;
    let none = gateway.run(&["deliveries", "--state", "dead_lettered"]).await;
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""), "{none:?}");

    for arguments in [
        &["events", "--json"][..],
        &["deliveries", "--json"],
        &["events", &event, "--json"],
        &["deliveries", id, "--json"],
    ] {
        let said = check(&gateway, arguments, &[&event]).await;
        let value: Value = serde_json::from_str(&said).expect("JSON");
        assert!(value.is_object(), "{arguments:?}");
    }
}

/// Runs a command that is expected to do well, and returns what it said: all of `expected` and more.
async fn check(gateway: &Gateway, arguments: &[&str], expected: &[&str]) -> String {
    let said = gateway.run(arguments).await;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{arguments:?}: {}", said.out);
    for part in expected {
        assert!(said.out.contains(part), "{arguments:?} does not say {part:?}:\n{}", said.out);
    }
    said.out
}
