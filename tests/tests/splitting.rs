//! A transform that makes several messages of an event: each is a delivery of its own, and a kill between
//! the split and what came of it splits nothing twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use hookgate_tests::{
    Behaviour, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Received, Receiver, Sender,
};
use serde_json::Value;

use crate::setup::{SOON, all_ended, destination, route, text};
use hookgate_tests::guest::{component, splits};

const MESSAGES: usize = 3;

async fn start(receiver: &Receiver, policy: &str) -> Gateway {
    let config = "[plugin.splits]\ncomponent = \"splits.wasm\"\n\n".to_owned()
        + &destination("crm", &receiver.url("/crm"), policy)
        + &route("all", "pull_request.*", "crm", "transform = [{ plugin = \"splits\" }]");
    let mut gateway = Gateway::prepare(&config);
    let file = gateway.folder().join("splits.wasm");
    let guest = component(&splits(u32::try_from(MESSAGES).expect("a few")));
    fs::write(file, guest).expect("the folder is writable");
    gateway.start_again().await;
    gateway
}

/// One parent for each event, which is split and was never sent, and its children, each delivered: their
/// messages are the parent's with their place, and what each says is its place.
async fn each_is_split_once(gateway: &Gateway, receiver: &Receiver, events: &[String]) {
    let mut arrived: BTreeMap<String, Vec<Received>> = BTreeMap::new();
    for received in receiver.all().into_iter().filter(Received::is_accepted) {
        assert_eq!(received.signature, Ok(()));
        arrived.entry(received.message().to_owned()).or_default().push(received);
    }
    for event in events {
        let rows = gateway.admin().all(&format!("/v1/deliveries?event={event}")).await;
        let (parents, mut children): (Vec<Value>, Vec<Value>) =
            rows.into_iter().partition(|row| row["parent"].is_null());
        let [parent] = parents.as_slice() else { panic!("{event}: {parents:?}") };
        assert_eq!(text(parent, "state"), "split", "{parent}");
        assert_eq!(children.len(), MESSAGES, "{event}: {children:?}");
        children.sort_by_key(|child| text(child, "message").to_owned());
        for (nth, child) in children.iter().enumerate() {
            assert_eq!((text(child, "state"), &child["parent"]), ("delivered", &parent["id"]), "{child}");
            let message = text(child, "message");
            assert!(message.starts_with(text(parent, "message")), "{child}");
            let times = arrived.remove(message).unwrap_or_default();
            assert_eq!(times.len(), 1, "{message}: once");
            assert_eq!(times[0].body, nth.to_string(), "{message}");
        }
    }
    assert!(arrived.is_empty(), "messages of nobody: {:?}", arrived.keys());
}

#[tokio::test]
async fn a_transform_that_makes_three_messages_makes_three_deliveries() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    // One of three is refused at first: it alone is tried again.
    let mut refused = BTreeSet::new();
    receiver.behave(move |received| {
        let is_new = received.body == "1" && refused.insert(received.message().to_owned());
        Behaviour::Answer(if is_new { 503 } else { 200 })
    });
    let gateway = start(&receiver, "retry = { schedule = [\"100ms\"], attempts = 5 }").await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));

    let events = [sender.send_new(&hook.closed(1)).await, sender.send_new(&hook.closed(2)).await];

    receiver.accepted("/crm", 2 * MESSAGES, SOON).await;
    all_ended(&gateway.admin(), SOON).await;
    each_is_split_once(&gateway, &receiver, &events).await;
    assert_eq!(receiver.all().len(), 2 * (MESSAGES + 1), "the one that was refused, once more");
}

#[tokio::test]
async fn a_kill_between_a_split_and_its_children_splits_nothing_again() {
    const EVENTS: u64 = 20;
    /// Fewer than children: some are on the wire at each kill, the others and some parents wait.
    const CONCURRENCY: usize = 8;
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(|_| Behaviour::Hang);
    let mut gateway = start(&receiver, &format!("concurrency = {CONCURRENCY}\ntimeout = \"120s\"")).await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    let mut events = Vec::new();
    for number in 1..=EVENTS {
        events.push(sender.send_new(&hook.closed(number)).await);
    }

    // Lost three times they would be suspects, who wait until a process has proved that it lives.
    for kill in 1..=2 {
        let on_the_wire = |all: &[Received]| (all.len() >= kill * CONCURRENCY).then_some(());
        receiver.until("children are on the wire", SOON, on_the_wire).await;
        let split = gateway.admin().all("/v1/deliveries?state=split").await.len();
        assert!(split > 0, "there is a split to be done again");
        gateway.kill().await;
        if kill == 2 {
            receiver.behave(|_| Behaviour::Answer(200));
        }
        gateway.start_again().await;
    }

    receiver.accepted("/crm", usize::try_from(EVENTS).expect("a few") * MESSAGES, SOON).await;
    all_ended(&gateway.admin(), Duration::from_secs(60)).await;
    each_is_split_once(&gateway, &receiver, &events).await;
}
