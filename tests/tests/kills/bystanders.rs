//! A gateway in a kill loop. What was only in flight each time is no poison: nobody is abandoned for it.

use std::time::Duration;

use hookgate_tests::{Behaviour, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender};

use crate::setup::{SOON, all_ended, delivery, destination, route};

/// All of them are on the wire at each kill.
const EVENTS: usize = 6;

/// More than it takes to be a suspect, and more again than it takes to be abandoned.
const KILLS: usize = 8;

/// A suspect waits until its process has lived 10 s, and then they go one by one.
const END_LIMIT: Duration = Duration::from_secs(90);

#[tokio::test]
async fn a_kill_loop_abandons_nobody() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(|_| Behaviour::Hang);
    let config = destination("slow", &receiver.url("/slow"), "timeout = \"60s\"")
        + &destination("quick", &receiver.url("/quick"), "")
        + &route("slow", "pull_request.*", "slow", "")
        + &route("quick", "ping", "quick", "");
    let mut gateway = Gateway::start(&config).await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 5));
    for number in 1..=EVENTS {
        sender.send_new(&hook.closed(number as u64)).await;
    }

    for kill in 1..=KILLS {
        // Lost three times they are suspects, and a young process leaves those alone.
        let on_the_wire = EVENTS * kill.min(3);
        receiver.until("all are on the wire", SOON, |all| (all.len() >= on_the_wire).then_some(())).await;
        gateway.kill().await;
        gateway.start_again().await;
    }
    receiver.behave(|_| Behaviour::Answer(200));

    // Suspects do not hold others up.
    let event = sender.send_new(&hook.signed("ping", 100, "{}")).await;
    delivery(&gateway, &event, "quick", "delivered", SOON).await;
    all_ended(&gateway.admin(), END_LIMIT).await;
    for delivery in gateway.admin().all("/v1/deliveries").await {
        assert_eq!(delivery["state"], "delivered", "{delivery}");
    }
    let slow = receiver.accepted("/slow", EVENTS, SOON).await;
    assert_eq!(slow.len(), EVENTS, "nothing twice");
    assert!(slow.iter().all(|received| received.signature == Ok(())));
}
