//! What holds a destination, and how an operator lets it go on: a pause, and a receiver that was gone.

use hookgate_tests::{Behaviour, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender};

use crate::setup::{SOON, delivery, destination, route, text};

async fn start() -> (Gateway, Receiver, Sender, PullRequests) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = destination("team", &receiver.url("/team"), "")
        + &destination("other", &receiver.url("/other"), "")
        + &route("team", "pull_request.*", "team", "")
        + &route("other", "pull_request.*", "other", "");
    let gateway = Gateway::start(&config).await;
    let sender = Sender::new(&gateway.source_url());
    (gateway, receiver, sender, PullRequests::new(GITHUB_SECRET, 1))
}

#[tokio::test]
async fn what_is_paused_waits_over_a_restart_and_nothing_else_does() {
    let (mut gateway, receiver, sender, hook) = start().await;

    let paused = gateway.run(&["pause", "team", "--reason", "their maintenance"]).await;
    gateway.kill().await;
    gateway.start_again().await;
    let event = sender.send_new(&hook.closed(1)).await;
    delivery(&gateway, &event, "other", "delivered", SOON).await;
    delivery(&gateway, &event, "team", "pending", SOON).await;
    let held = gateway.run(&["controls"]).await;
    let resumed = gateway.run(&["resume", "team"]).await;

    delivery(&gateway, &event, "team", "delivered", SOON).await;
    assert_eq!((paused.code, resumed.code), (Some(0), Some(0)), "{paused:?} {resumed:?}");
    for part in ["destination", "team", "paused", "key:admin", "their maintenance"] {
        assert!(held.out.contains(part), "{part}: {held:?}");
    }
    assert!(resumed.out.contains("it was paused"), "{resumed:?}");
    assert_eq!(receiver.accepted("/team", 1, SOON).await.len(), 1);

    let nobody = gateway.run(&["pause", "taem"]).await;
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    assert!(nobody.err.contains("there is no destination taem"), "{nobody:?}");
    let free = gateway.run(&["resume", "team"]).await;
    assert!(free.out.contains("nothing held team"), "{free:?}");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_asked_no_more_until_it_is_resumed() {
    let (gateway, receiver, sender, hook) = start().await;
    receiver.behave(|received| Behaviour::Answer(if received.path == "/team" { 410 } else { 200 }));

    let first = sender.send_new(&hook.closed(1)).await;
    let dead = delivery(&gateway, &first, "team", "dead_lettered", SOON).await;
    let second = sender.send_new(&hook.closed(2)).await;
    delivery(&gateway, &second, "other", "delivered", SOON).await;
    delivery(&gateway, &second, "team", "pending", SOON).await;
    let held = gateway.run(&["controls"]).await;
    receiver.behave(|_| Behaviour::Answer(200));
    let resumed = gateway.run(&["resume", "team"]).await;

    delivery(&gateway, &second, "team", "delivered", SOON).await;
    assert_eq!(text(&dead, "reason"), "gone");
    assert!(held.out.contains("disabled") && held.out.contains("gone for good"), "{held:?}");
    assert!(resumed.out.contains("it was disabled"), "{resumed:?}");
}
