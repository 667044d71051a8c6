//! SIGTERM in the middle of a load: nothing is lost, nothing is sent twice, and the exit code is 0.

use std::collections::HashMap;
use std::time::Duration;

use hookgate_tests::{
    Behaviour, GITHUB_SECRET, Gateway, Heard, PullRequests, RECEIVER_SECRET, Receiver, Sender,
};
use tokio::task::JoinSet;

use crate::setup::{SOON, all_ended, destination, route, text};

/// The receiver thinks so long: there is always something on the wire.
const THINKS: Duration = Duration::from_millis(200);

/// Before SIGTERM, so many have to be taken.
const TAKEN: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_under_load_loses_and_doubles_nothing() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(|_| Behaviour::Slow(THINKS, 200));
    let config = destination("slow", &receiver.url("/slow"), "concurrency = 32")
        + &route("all", "pull_request.*", "slow", "transform = [{ plugin = \"pr-summary\" }]");
    let mut gateway = Gateway::start(&config).await;
    let (taken, mut count) = tokio::sync::mpsc::unbounded_channel();
    let mut senders = JoinSet::new();
    for connection in 0..8 {
        let (sender, taken) = (Sender::new(&gateway.source_url()), taken.clone());
        senders.spawn(async move {
            let hook = PullRequests::new(GITHUB_SECRET, connection);
            let mut accepted = Vec::new();
            // Until the door is closed.
            for number in 1.. {
                match sender.send(&hook.closed(number)).await {
                    Heard::Accepted { event, .. } => accepted.push(event),
                    Heard::Refused(_) | Heard::Unknown(_) => break,
                }
                assert!(taken.send(()).is_ok(), "the story goes on");
            }
            accepted
        });
    }
    for _ in 0..TAKEN {
        count.recv().await.expect("the senders go on");
    }

    let status = gateway.terminate().await;

    let accepted: Vec<String> = senders.join_all().await.into_iter().flatten().collect();
    assert!(status.success(), "{status}");
    assert!(gateway.log().contains("stopped in order"));
    let at_stop = receiver.all();
    assert!(at_stop.iter().all(hookgate_tests::Received::is_accepted), "what was on the wire was ended");
    assert!(at_stop.len() < accepted.len(), "nothing was left to drain: this is no test");
    receiver.behave(|_| Behaviour::Answer(200));
    gateway.start_again().await;
    all_ended(&gateway.admin(), 2 * SOON).await;
    assert!(!gateway.log().contains("adopted"), "what is given back in order is not counted as lost");
    let mut arrived: HashMap<String, u32> = HashMap::new();
    for received in receiver.all() {
        assert_eq!(received.signature, Ok(()));
        *arrived.entry(received.message().to_owned()).or_default() += 1;
    }
    let deliveries = gateway.admin().all("/v1/deliveries").await;
    let of_event: HashMap<&str, &str> =
        deliveries.iter().map(|delivery| (text(delivery, "event"), text(delivery, "message"))).collect();
    for event in &accepted {
        let message = of_event.get(event.as_str());
        assert_eq!(message.and_then(|message| arrived.get(*message)), Some(&1), "{event}: once");
    }
    println!("drain: {} accepted, {} of them sent before the stop", accepted.len(), at_stop.len());
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_hold_the_drain_for_ever() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(|_| Behaviour::Hang);
    let config = destination("hangs", &receiver.url("/hangs"), "timeout = \"120s\"")
        + &route("all", "pull_request.*", "hangs", "");
    let mut gateway = Gateway::start(&config).await;
    let hook = PullRequests::new(GITHUB_SECRET, 1);
    Sender::new(&gateway.source_url()).send_new(&hook.closed(1)).await;
    receiver.until("it is on the wire", SOON, |all| all.first().map(|received| received.nth)).await;

    let status = gateway.terminate().await;

    assert!(status.success(), "{status}");
    receiver.behave(|_| Behaviour::Answer(200));
    gateway.start_again().await;
    let arrived = receiver.accepted("/hangs", 1, SOON).await;
    assert_eq!(arrived[0].message(), receiver.all()[0].message());
    assert!(!gateway.log().contains("adopted"), "what is given back in order is not counted as lost");
}
