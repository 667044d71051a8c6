//! One destination hangs, and far more waits for it, and longer, than for all others together. Twenty others
//! get everything that is theirs while not one of its requests ends: before a kill and after it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hookgate_tests::{
    Behaviour, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Received, Receiver, Sender, eventually,
};
use serde_json::json;

use crate::setup::{SOON, delivery, destination};

/// Older than everything that the others get.
const WAITING: usize = 100_000;

/// As many as one request may bring.
const PER_REQUEST: usize = 1_000;

/// What the destination that hangs may have on the wire; it has no more before one of them ends.
const CONCURRENCY: usize = 32;

const HEALTHY: usize = 20;

/// Each goes to every healthy destination, and to the one that hangs.
const EVENTS: u64 = 30;

/// A thousand deliveries beside a compiler.
const LIMIT: Duration = Duration::from_secs(90);

/// The gateway, its receivers and their sender.
struct Scene {
    gateway: Gateway,
    hanging: Receiver,
    healthy: Receiver,
    sender: Sender,
    hook: PullRequests,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_destination_that_hangs() {
    let begun = Instant::now();
    let mut scene = Scene::set().await;
    scene.fill().await;
    let filled = begun.elapsed();
    let resumed = scene.gateway.run(&["resume", "hanging"]).await;
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    scene.hangs(CONCURRENCY).await;

    // While it runs.
    scene.send(1..=EVENTS).await;
    scene.all_have(EVENTS).await;
    scene.still_hangs(CONCURRENCY, EVENTS).await;

    // What waits for a retry when the process dies comes after all of the backlog again.
    scene.healthy.stop().await;
    let waiting = scene.send(EVENTS + 1..=2 * EVENTS).await;
    for event in &waiting {
        delivery(&scene.gateway, event, "healthy-1", "pending", SOON).await;
    }
    scene.gateway.kill().await;
    scene.healthy.start_again().await;
    scene.gateway.start_again().await;
    scene.send(2 * EVENTS + 1..=3 * EVENTS).await;
    scene.all_have(3 * EVENTS).await;
    scene.hangs(2 * CONCURRENCY).await;
    scene.still_hangs(2 * CONCURRENCY, 3 * EVENTS).await;
    println!("hanging: {WAITING} waited after {filled:?}, all over after {:?}", begun.elapsed());
}

impl Scene {
    async fn set() -> Scene {
        let (hanging, healthy) =
            (Receiver::start(RECEIVER_SECRET).await, Receiver::start(RECEIVER_SECRET).await);
        hanging.behave(|_| Behaviour::Hang);
        // Longer than this story: what ends in it ended too early.
        let policy = format!("timeout = \"120s\"\nconcurrency = {CONCURRENCY}");
        let mut config = destination("hanging", &hanging.url("/hanging"), &policy);
        for name in names() {
            let policy = "retry = { schedule = [\"100ms\"], attempts = 100 }";
            config += &destination(&name, &healthy.url(&format!("/{name}")), policy);
        }
        config += "[route.jobs]\nsource = \"api\"\nto = [\"hanging\"]\n\n";
        let to: Vec<String> = names().chain(["hanging".to_owned()]).collect();
        config += &format!("[route.all]\nsource = \"github\"\ntypes = [\"pull_request.*\"]\nto = {to:?}\n");
        let gateway = Gateway::start(&config).await;
        let sender = Sender::new(&gateway.source_url());
        Scene { gateway, hanging, healthy, sender, hook: PullRequests::new(GITHUB_SECRET, 1) }
    }

    /// Makes the backlog while the destination is paused, so that none of it is on the wire yet.
    async fn fill(&self) {
        let paused = self.gateway.run(&["pause", "hanging"]).await;
        assert_eq!(paused.code, Some(0), "{paused:?}");
        let admin = self.gateway.admin();
        let body =
            json!({ "events": vec![json!({ "type": "job.new", "data": 1 }); PER_REQUEST] }).to_string();
        for _ in 0..WAITING / PER_REQUEST {
            let answer = admin.send("/v1/events", &[], &body).await;
            assert_eq!(answer.status, 202, "{answer:?}");
        }
        assert!(self.hanging.all().is_empty(), "it is paused");
    }

    async fn send(&self, numbers: std::ops::RangeInclusive<u64>) -> Vec<String> {
        let mut events = Vec::new();
        for number in numbers {
            events.push(self.sender.send_new(&self.hook.closed(number)).await);
        }
        events
    }

    /// Waits until so many requests hang.
    async fn hangs(&self, count: usize) {
        let find = |all: &[Received]| (all.len() >= count).then_some(());
        self.hanging.until("its permits are all in use", LIMIT, find).await;
    }

    /// Waits until every healthy destination has all events.
    async fn all_have(&self, events: u64) {
        let wanted: BTreeSet<(String, String)> = names()
            .flat_map(|name| (1..=events).map(move |number| (format!("/{name}"), number.to_string())))
            .collect();
        let what = format!("{} healthy deliveries arrived", wanted.len());
        self.healthy
            .until(&what, LIMIT, |all| {
                // Bodies are read when it can be true at last: every arrival asks.
                let accepted = || all.iter().filter(|received| received.is_accepted());
                let may_be = accepted().count() >= wanted.len();
                (may_be && accepted().map(of).collect::<BTreeSet<_>>() == wanted).then_some(())
            })
            .await;
        for received in self.healthy.all() {
            assert_eq!(received.signature, Ok(()));
        }
    }

    /// Not one of its requests has ended: another would have taken its place, and it has had an attempt.
    async fn still_hangs(&self, requests: usize, events: u64) {
        let all = self.hanging.all();
        assert_eq!(all.len(), requests, "one ended, for another took its place");
        assert!(all.iter().all(|received| received.answered.is_none()), "nothing was answered");
        let waiting = WAITING + usize::try_from(events).expect("a few");
        let admin = self.gateway.admin();
        eventually("all the rest of it waits, untried", SOON, async || {
            let metrics = String::from_utf8_lossy(&admin.get("/metrics").await.body).into_owned();
            let of = |state: &str| {
                let name = format!("hookgate_deliveries{{state=\"{state}\"}} ");
                metrics.lines().find_map(|line| line.strip_prefix(&name)).and_then(|text| text.parse().ok())
            };
            let live: (Option<usize>, Option<usize>) = (of("pending"), of("in_flight"));
            (live == (Some(waiting - CONCURRENCY), Some(CONCURRENCY))).then_some(())
        })
        .await;
        for state in ["delivered", "dead_lettered", "held"] {
            let path = format!("/v1/deliveries?destination=hanging&state={state}&limit=1");
            let rows = admin.read(&path).await;
            assert_eq!(rows["data"].as_array().map(Vec::len), Some(0), "{rows}");
        }
    }
}

fn names() -> impl Iterator<Item = String> {
    (1..=HEALTHY).map(|nth| format!("healthy-{nth}"))
}

/// Where a request arrived, and which pull request it is about.
fn of(received: &Received) -> (String, String) {
    let body: serde_json::Value = serde_json::from_slice(&received.body).unwrap_or_default();
    (received.path.clone(), body["number"].to_string())
}
