//! What a destination and a plugin are spared: a rate, a breaker, a quarantine. Each holds back what it is
//! about, shows that it does, and nobody else waits for it.

use std::fs;
use std::time::Duration;

use hookgate_tests::{
    Behaviour, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Received, Receiver, Sender, eventually,
};
use serde_json::json;

use crate::setup::{SOON, all_ended, delivery, destination, route, text};
use hookgate_tests::guest::{component, wants_memory};

/// Waits until exactly this is held: kind, name and fact of each.
async fn held(gateway: &Gateway, wanted: &[[&str; 3]]) {
    let what = format!("what is held is {wanted:?}");
    eventually(&what, SOON, async || {
        let controls = gateway.admin().all("/v1/controls").await;
        let found: Vec<[&str; 3]> = controls
            .iter()
            .map(|control| ["kind", "name", "fact"].map(|field| text(control, field)))
            .collect();
        (found == wanted).then_some(())
    })
    .await;
}

fn of_path<'r>(all: &'r [Received], path: &'r str) -> impl Iterator<Item = &'r Received> {
    all.iter().filter(move |received| received.path == path)
}

#[tokio::test]
async fn a_rate_is_kept_by_its_destination_and_by_no_other() {
    const EVENTS: usize = 14;
    const BURST: u64 = 4;
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = destination("rated", &receiver.url("/rated"), &format!("rate = \"2/s\"\nburst = {BURST}"))
        + &destination("free", &receiver.url("/free"), "")
        + "[route.all]\nsource = \"api\"\nto = [\"rated\", \"free\"]\n";
    let gateway = Gateway::start(&config).await;
    let batch = json!({ "events": vec![json!({ "type": "job.new", "data": 1 }); EVENTS] }).to_string();

    let answer = gateway.admin().send("/v1/events", &[], &batch).await;

    assert_eq!(answer.status, 202, "{answer:?}");
    receiver.accepted("/free", EVENTS, SOON).await;
    let all = receiver.all();
    assert!(of_path(&all, "/rated").count() < EVENTS, "the other one has all of them, this one cannot");
    receiver.accepted("/rated", EVENTS, SOON).await;
    all_ended(&gateway.admin(), SOON).await;
    let mut begun = Vec::new();
    for row in gateway.admin().all("/v1/deliveries?destination=rated&state=delivered").await {
        let attempts = gateway.admin().all(&format!("/v1/deliveries/{}/attempts", text(&row, "id"))).await;
        begun.extend(attempts.iter().map(|attempt| text(attempt, "started_at").to_owned()));
    }
    begun.sort();
    assert_eq!(begun.len(), EVENTS, "none was refused, none was tried twice");
    for (nth, at) in (0_u64..).zip(&begun) {
        // A second is allowed to the first one between its permit and its record.
        let earliest = (500 * nth).saturating_sub(500 * (BURST - 1) + 1_000);
        let after = (day_ms(at) + DAY_MS - day_ms(&begun[0])) % DAY_MS;
        assert!(after >= earliest, "request {nth} began {after} ms after the first: {begun:?}");
    }
}

const DAY_MS: u64 = 86_400_000;

/// Returns the milliseconds since midnight of a time such as `2026-03-02T08:14:51.123Z`.
fn day_ms(at: &str) -> u64 {
    let number = |from: usize, to: usize| at[from..to].parse::<u64>().expect("a time of the admin API");
    ((number(11, 13) * 60 + number(14, 16)) * 60 + number(17, 19)) * 1_000 + number(20, 23)
}

#[tokio::test]
async fn a_breaker_spares_a_receiver_that_fails_until_it_answers_again() {
    const EVENTS: u64 = 3;
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(|received| Behaviour::Answer(if received.path == "/crm" { 503 } else { 200 }));
    let policy = "concurrency = 1\nbreaker = { failures = 3, open = \"2s\" }\n\
                  retry = { schedule = [\"100ms\"], attempts = 50 }";
    let config = destination("crm", &receiver.url("/crm"), policy)
        + &destination("other", &receiver.url("/other"), "")
        + &route("crm", "pull_request.*", "crm", "")
        + &route("other", "pull_request.*", "other", "");
    let gateway = Gateway::start(&config).await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));

    for number in 1..=EVENTS {
        sender.send_new(&hook.closed(number)).await;
    }

    held(&gateway, &[["destination", "crm", "breaker"]]).await;
    let shown = gateway.run(&["controls"]).await;
    for part in ["destination", "crm", "breaker", "3 failures in a row", "system"] {
        assert!(shown.out.contains(part), "{part}: {shown:?}");
    }
    receiver.accepted("/other", 3, SOON).await;
    // Two probes more, each a pause after what failed before it: without a breaker it would be 100 ms.
    let find = |all: &[Received]| (of_path(all, "/crm").count() >= 5).then(|| all.to_vec());
    let all = receiver.until("two probes", SOON, find).await;
    let times: Vec<_> = of_path(&all, "/crm").map(|received| received.at).collect();
    for pair in [[2, 3], [3, 4]] {
        let pause = times[pair[1]] - times[pair[0]];
        assert!(pause > Duration::from_secs(1), "request {} came {pause:?} after that before it", pair[1]);
    }

    receiver.behave(|_| Behaviour::Answer(200));
    receiver.accepted("/crm", 3, SOON).await;
    all_ended(&gateway.admin(), SOON).await;
    held(&gateway, &[]).await;
    let rows = gateway.admin().all("/v1/deliveries?destination=crm").await;
    assert!(rows.iter().all(|row| row["state"] == "delivered"), "{rows:?}");
    let attempts: u64 = rows.iter().filter_map(|row| row["attempts"].as_u64()).sum();
    assert_eq!(
        attempts,
        of_path(&receiver.all(), "/crm").count() as u64,
        "an open breaker uses no attempt up"
    );
}

#[tokio::test]
async fn a_plugin_that_keeps_breaking_is_quarantined_until_an_operator_resumes_it() {
    const EVENTS: u64 = 24;
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = |memory: &str| {
        format!("[plugin.hungry]\ncomponent = \"hungry.wasm\"\nlimits = {{ memory = \"{memory}\" }}\n\n")
            + &destination("fed", &receiver.url("/fed"), "")
            + &destination("other", &receiver.url("/other"), "")
            + &route("fed", "pull_request.*", "fed", "transform = [{ plugin = \"hungry\" }]")
            + &route("other", "pull_request.*", "other", "transform = [{ plugin = \"pr-summary\" }]")
    };
    let mut gateway = Gateway::prepare(&config("2MiB"));
    fs::write(gateway.folder().join("hungry.wasm"), component(&wants_memory()))
        .expect("the folder is writable");
    gateway.start_again().await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));

    for number in 1..EVENTS {
        sender.send_new(&hook.closed(number)).await;
    }

    let quarantine = [["plugin", "hungry", "quarantined"]];
    held(&gateway, &quarantine).await;
    // It breaks no more: what comes now is not even tried.
    let late = sender.send_new(&hook.closed(EVENTS)).await;
    let row = delivery(&gateway, &late, "fed", "held", SOON).await;
    assert_eq!(text(&row["last_attempt"], "outcome"), "quarantined", "{row}");
    let all_held = async || {
        let rows = gateway.admin().all("/v1/deliveries?destination=fed&state=held").await;
        (rows.len() as u64 == EVENTS).then_some(())
    };
    eventually("all its deliveries are held", SOON, all_held).await;
    receiver.accepted("/other", 24, SOON).await;

    // Neither a restart nor a reload lets it out: only who says so, or another component.
    gateway.kill().await;
    gateway.configure(&config("32MiB"));
    gateway.start_again().await;
    let shown = gateway.run(&["controls"]).await;
    for part in ["plugin", "hungry", "quarantined", "system"] {
        assert!(shown.out.contains(part), "{part}: {shown:?}");
    }
    let last = sender.send_new(&hook.closed(EVENTS + 1)).await;
    delivery(&gateway, &last, "other", "delivered", SOON).await;
    delivery(&gateway, &last, "fed", "held", SOON).await;
    assert_eq!(of_path(&receiver.all(), "/fed").count(), 0, "nothing is ever sent untransformed");

    let resumed = gateway.run(&["resume", "hungry", "--plugin"]).await;

    assert!(resumed.code == Some(0) && resumed.out.contains("it was quarantined"), "{resumed:?}");
    receiver.accepted("/fed", 25, SOON).await;
    all_ended(&gateway.admin(), SOON).await;
    held(&gateway, &[]).await;
    assert_eq!(of_path(&receiver.all(), "/fed").count(), 25, "each of them once");
}
