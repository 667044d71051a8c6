//! Looking on: `GET /v1/tail` and `hookgate tail` show what happens as it happens, and hold nobody up.

use hookgate_tests::{
    ADMIN_KEY, Behaviour, Ended, Events, GITHUB_SECRET, Gateway, Heard, PullRequests, RECEIVER_SECRET,
    Receiver, Sender, eventually, within,
};
use serde_json::{Value, json};

use crate::setup::{SOON, destination, route, text};

/// Retried soon, so that a failure is followed by a success.
const POLICY: &str = "retry = { schedule = [\"200ms\"] }";

async fn start() -> (Gateway, Receiver, Sender) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = destination("team", &receiver.url("/team"), POLICY)
        + &destination("other", &receiver.url("/other"), "")
        + &route("team", "pull_request.*", "team", "")
        + &route("other", "pull_request.*", "other", "")
        + "[route.own]\nsource = \"api\"\ntypes = [\"invoice.*\"]\nto = [\"other\"]\n";
    let gateway = Gateway::start(&config).await;
    let sender = Sender::new(&gateway.source_url());
    (gateway, receiver, sender)
}

async fn look_on(gateway: &Gateway, query: &str) -> Events {
    Events::open(gateway.admin_door(), &format!("/v1/tail{query}"), ADMIN_KEY).await
}

async fn next(events: &mut Events) -> Value {
    let (name, data) = within("something happens", SOON, events.next()).await.expect("the stream goes on");
    assert_eq!(data["kind"], name, "{data}");
    data
}

#[tokio::test]
async fn what_is_accepted_refused_and_tried_is_seen_as_it_happens() {
    let (gateway, receiver, sender) = start().await;
    let mut first = true;
    receiver.behave(move |received| {
        let fails = received.path == "/team" && std::mem::take(&mut first);
        Behaviour::Answer(if fails { 503 } else { 200 })
    });
    let mut all = look_on(&gateway, "").await;
    let mut team = look_on(&gateway, "?destination=team&kind=tried").await;
    let mut failed = look_on(&gateway, "?failed=true").await;

    let hook = PullRequests::new(GITHUB_SECRET, 1);
    let forged = PullRequests::new("another secret", 1).closed(1);
    assert_eq!(sender.send(&forged).await, Heard::Refused(401));
    let event = sender.send_new(&hook.closed(1)).await;
    let refused = next(&mut all).await;
    let accepted = next(&mut all).await;
    let tries = [next(&mut team).await, next(&mut team).await];
    sender.send(&hook.closed(1)).await;

    assert_eq!((text(&refused, "source"), text(&refused, "why")), ("github", "wrong_signature"));
    assert!(!text(&refused, "detail").is_empty(), "{refused}");
    assert_eq!(
        accepted,
        json!({ "kind": "accepted", "at": accepted["at"], "event": event, "type": "pull_request.closed",
                "source": "github", "duplicate": false })
    );
    assert!(text(&accepted, "at").ends_with('Z') && text(&accepted, "at").len() == 24, "{accepted}");
    let row = gateway.admin().read(&format!("/v1/deliveries?event={event}&destination=team")).await;
    for (tried, (attempt, outcome, status, failed)) in
        tries.iter().zip([(1, "refused", 503, true), (2, "success", 200, false)])
    {
        assert_eq!((&tried["attempt"], &tried["status"]), (&json!(attempt), &json!(status)), "{tried}");
        assert_eq!((text(tried, "outcome"), &tried["failed"]), (outcome, &json!(failed)));
        assert_eq!((text(tried, "route"), text(tried, "destination")), ("team", "team"));
        assert_eq!((&tried["delivery"], &tried["event"]), (&row["data"][0]["id"], &json!(event)));
        assert_eq!((text(tried, "source"), text(tried, "type")), ("github", "pull_request.closed"));
    }
    assert_eq!((text(&tries[0], "then"), text(&tries[1], "then")), ("tried again in 0.2 s", "delivered"));

    let seen = [next(&mut all).await, next(&mut all).await, next(&mut all).await, next(&mut all).await];
    let kinds: Vec<&str> = seen.iter().map(|seen| text(seen, "kind")).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "tried").count(), 3, "two to team, one to other");
    let again = seen.iter().find(|seen| seen["kind"] == "accepted").expect("the duplicate");
    assert_eq!((&again["event"], &again["duplicate"]), (&json!(event), &json!(true)));
    let failures = [next(&mut failed).await, next(&mut failed).await];
    assert_eq!(failures.each_ref().map(|seen| text(seen, "kind")), ["refused", "tried"]);
}

#[tokio::test]
async fn what_an_application_publishes_is_seen_under_the_source_api() {
    let (gateway, _receiver, sender) = start().await;
    let mut own = look_on(&gateway, "?source=api").await;
    let mut typed = look_on(&gateway, "?type=invoice.sent&kind=accepted").await;

    sender.send_new(&PullRequests::new(GITHUB_SECRET, 1).closed(1)).await;
    for event_type in ["invoice.paid", "invoice.sent"] {
        let body = json!({ "type": event_type, "data": 1 }).to_string();
        assert_eq!(gateway.admin().send("/v1/events", &[], &body).await.status, 202);
    }

    let mut seen = Vec::new();
    for _ in 0..4 {
        let one = next(&mut own).await;
        assert_eq!(text(&one, "source"), "api");
        seen.push(format!("{} {}", text(&one, "kind"), text(&one, "type")));
    }
    seen.sort();
    assert_eq!(
        seen,
        ["accepted invoice.paid", "accepted invoice.sent", "tried invoice.paid", "tried invoice.sent"]
    );
    assert_eq!(text(&next(&mut typed).await, "type"), "invoice.sent");
}

#[tokio::test]
async fn a_filter_that_could_never_show_anything_is_refused() {
    let (gateway, ..) = start().await;
    let admin = gateway.admin();

    for (query, status, code) in [
        ("colour=red", 400, "bad-parameter"),
        ("kind=missed", 400, "bad-parameter"),
        ("failed=yes", 400, "bad-parameter"),
        ("event=1", 400, "bad-parameter"),
        ("source=A", 400, "bad-parameter"),
        ("destination=taem", 404, "unknown-name"),
        ("route=taem", 404, "unknown-name"),
        ("source=taem", 404, "unknown-name"),
    ] {
        let answer = admin.get(&format!("/v1/tail?{query}")).await;
        assert_eq!((answer.status.as_u16(), text(&answer.json(), "code")), (status, code), "{query}");
    }
}

/// Batches of 1,000 events with long types: some 10 MB for the stream, far more than what the kernel holds for
/// a reader that does not read.
const BATCHES: usize = 20;

async fn flood(gateway: &Gateway) {
    let event = json!({ "type": "x".repeat(256) });
    let batch = json!({ "events": vec![event; 1_000] }).to_string();
    for _ in 0..BATCHES {
        let answer = within("a batch is taken", SOON, gateway.admin().send("/v1/events", &[], &batch)).await;
        assert_eq!(answer.status, 202);
    }
}

#[tokio::test]
async fn a_slow_onlooker_holds_nobody_up_and_is_told_how_much_it_missed() {
    let (gateway, ..) = start().await;
    let mut slow = look_on(&gateway, "?kind=accepted").await;
    flood(&gateway).await;

    let (mut seen, mut missed, mut told) = (0, 0, 0);
    while seen + missed < BATCHES as u64 * 1_000 {
        let one = next(&mut slow).await;
        match text(&one, "kind") {
            "missed" => {
                missed += one["missed"].as_u64().expect("a number");
                told += 1;
            }
            _ => seen += 1,
        }
    }
    assert_eq!(seen + missed, BATCHES as u64 * 1_000, "whatever happened was seen or is counted as missed");
    assert!(missed > 0, "the onlooker was not slow: this is no test");
    println!("looking on: a slow one saw {seen} and was told {told} times that it missed {missed}");
}

#[tokio::test]
async fn there_are_so_many_seats() {
    let (gateway, ..) = start().await;
    let mut seats = Vec::new();
    for _ in 0..32 {
        seats.push(look_on(&gateway, "").await);
    }

    let refused = gateway.admin().get("/v1/tail").await;

    assert_eq!((refused.status.as_u16(), text(&refused.json(), "code")), (503, "too-many-onlookers"));
    assert_eq!(refused.header("retry-after"), "5");
    let said = gateway.run(&["tail"]).await;
    assert_eq!(said.code, Some(75), "{said:?}");
    seats.truncate(31);
    // Who is gone is noticed when there is something to say to them.
    eventually("a seat is free again", SOON, async || {
        gateway.admin().send("/v1/events", &[], r#"{"type":"any"}"#).await;
        Events::ask(gateway.admin_door(), "/v1/tail", ADMIN_KEY).await.ok()
    })
    .await;
}

#[tokio::test]
async fn a_drain_ends_open_tails_in_order_and_waits_for_none() {
    let (mut gateway, _receiver, sender) = start().await;
    let mut open = look_on(&gateway, "").await;
    sender.send_new(&PullRequests::new(GITHUB_SECRET, 1).closed(1)).await;
    assert_eq!(text(&next(&mut open).await, "kind"), "accepted");
    let mut asleep = look_on(&gateway, "").await;

    let status = gateway.terminate().await;

    assert!(status.success(), "{status}");
    let log = gateway.log();
    assert!(log.contains("stopped in order"));
    assert!(!log.contains("closing connections whose requests did not end"), "it waited for a tail: {log}");
    assert_eq!(end(&mut open).await, Ended::InOrder);
    assert_eq!(end(&mut asleep).await, Ended::InOrder);
}

#[tokio::test]
async fn a_drain_waits_for_no_onlooker_that_does_not_read() {
    let (mut gateway, ..) = start().await;
    let mut asleep = look_on(&gateway, "?kind=accepted").await;
    flood(&gateway).await;

    let status = gateway.terminate().await;

    assert!(status.success(), "{status}");
    let log = gateway.log();
    assert!(!log.contains("closing connections whose requests did not end"), "it waited for a tail: {log}");
    assert_eq!(end(&mut asleep).await, Ended::BrokenOff, "it read all: this is no test");
}

async fn end(events: &mut Events) -> Ended {
    loop {
        if let Err(ended) = within("the stream ends", SOON, events.next()).await {
            return ended;
        }
    }
}

#[tokio::test]
async fn the_command_shows_lines_and_goes_on_after_a_restart() {
    let (mut gateway, receiver, sender) = start().await;
    receiver.behave(|received| Behaviour::Answer(if received.path == "/team" { 410 } else { 200 }));
    let hook = PullRequests::new(GITHUB_SECRET, 1);
    let mut people = gateway.start_command(&["tail"]);
    let mut program = gateway.start_command(&["tail", "--destination", "team", "--failed", "--json"]);
    people.warns("looking on").await;
    program.warns("looking on").await;

    sender.send(&PullRequests::new("another secret", 1).closed(1)).await;
    let event = sender.send_new(&hook.closed(1)).await;

    let refused = people.says(&["refused"]).await;
    assert!(refused.contains("github  wrong_signature, "), "{refused}");
    people.says(&["accepted  github  pull_request.closed", &event]).await;
    people.says(&["tried", &event, "attempt 1 in", "; "]).await;
    let line = program.says(&["tried"]).await;
    let line: Value = serde_json::from_str(&line).expect("one JSON object a line");
    assert_eq!((text(&line, "event"), text(&line, "outcome")), (&*event, "gone"));

    gateway.terminate().await;
    people.warns("stopped answering").await;
    gateway.start_again().await;
    people.warns("looking on again").await;
    let later = sender.send_new(&hook.closed(2)).await;
    people.says(&["accepted", &later]).await;
    people.interrupt().await;
    assert_eq!(people.ended().await, Some(0));
}

#[tokio::test]
async fn the_command_ends_when_it_may_not_look_or_nobody_reads() {
    let (gateway, _receiver, sender) = start().await;

    let wrong_key = gateway.run(&["tail", "--admin-key", "hgk_wrong"]).await;
    let nobody = gateway.run(&["tail", "--destination", "taem"]).await;
    let mut unread = gateway.start_command(&["tail"]);
    unread.warns("looking on").await;
    unread.stop_reading();
    sender.send_new(&PullRequests::new(GITHUB_SECRET, 1).closed(1)).await;

    assert_eq!(wrong_key.code, Some(77), "{wrong_key:?}");
    assert!(wrong_key.err.contains("HOOKGATE_ADMIN_KEY"), "{wrong_key:?}");
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    assert!(nobody.err.contains("there is no destination taem"), "{nobody:?}");
    assert_eq!(unread.ended().await, Some(0));
}
