//! A hundred reloads under load, each of which changes a route: no request fails, no event is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use hookgate_tests::{GITHUB_SECRET, Gateway, Heard, PullRequests, RECEIVER_SECRET, Receiver, Sender};

use crate::setup::{all_ended, destination, route};

const RELOADS: u32 = 100;
const SENDERS: u32 = 4;

/// Every configuration sends to another path, through a plugin with another config.
fn config(receiver: &Receiver, n: u32) -> String {
    let style = if n.is_multiple_of(2) { "short" } else { "full" };
    destination("team", &receiver.url(&format!("/at-{n}")), "")
        + &route(
            &format!("closed-{n}"),
            "pull_request.*",
            "team",
            &format!("transform = [{{ plugin = \"pr-summary\", config = {{ style = \"{style}\" }} }}]"),
        )
}

#[tokio::test]
async fn a_hundred_reloads_under_load_fail_no_request() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let gateway = Gateway::start(&config(&receiver, 0)).await;
    let stop = Arc::new(AtomicBool::new(false));
    let next = Arc::new(AtomicU64::new(1));
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
            let (stop, next) = (Arc::clone(&stop), Arc::clone(&next));
            tokio::spawn(async move {
                let mut heard = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    heard.push(sender.send(&hook.closed(next.fetch_add(1, Ordering::Relaxed))).await);
                }
                heard
            })
        })
        .collect();

    let mut revisions = Vec::new();
    for n in 1..=RELOADS {
        gateway.configure(&config(&receiver, n));
        let answer = gateway.admin().post("/v1/config/reload").await;
        assert_eq!(answer.status, 200, "reload {n}: {}", String::from_utf8_lossy(&answer.body));
        revisions.push(answer.json()["revision"].to_string());
    }
    stop.store(true, Ordering::Relaxed);
    let mut heard = Vec::new();
    for sender in senders {
        heard.extend(sender.await.expect("a sender does not panic"));
    }

    revisions.dedup();
    assert_eq!(revisions.len(), RELOADS as usize, "each reload is a revision of its own");
    let failed: Vec<&Heard> =
        heard.iter().filter(|heard| !matches!(heard, Heard::Accepted { is_duplicate: false, .. })).collect();
    assert!(failed.is_empty(), "{} of {}: {:?}", failed.len(), heard.len(), failed.first());
    all_ended(&gateway.admin(), Duration::from_secs(120)).await;
    let delivered = gateway.admin().all("/v1/deliveries?state=delivered").await.len();
    assert_eq!(delivered, heard.len(), "one delivery for each event that was answered 2xx");
}
