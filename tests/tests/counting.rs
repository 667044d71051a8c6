//! Statistics: what happened is counted by minute and name, and shown by `GET /v1/stats` and `hookgate stats`.

use std::collections::{BTreeMap, HashSet};

use hookgate_tests::{
    Admin, Behaviour, GITHUB_SECRET, Gateway, Heard, PullRequests, RECEIVER_SECRET, Receiver, Sender,
    eventually,
};
use serde_json::Value;

use crate::setup::{SOON, all_ended, destination, route, text};

/// How often what happened, as `name outcome`.
type Counts = BTreeMap<String, u64>;

async fn counts(admin: &Admin, query: &str) -> Counts {
    let answer = admin.read(&format!("/v1/stats{query}")).await;
    assert!(answer["next_cursor"].is_null(), "{answer}");
    sums(&answer)
}

fn sums(answer: &Value) -> Counts {
    let mut counts = Counts::new();
    for row in answer["data"].as_array().expect("rows") {
        let n = row["n"].as_u64().expect("a number");
        *counts.entry(format!("{} {}", text(row, "name"), text(row, "outcome"))).or_default() += n;
    }
    counts
}

fn expected(counts: &[(&str, u64)]) -> Counts {
    counts.iter().map(|(what, n)| ((*what).to_owned(), *n)).collect()
}

#[tokio::test]
async fn what_happened_is_counted_by_each_name_and_outlives_the_process() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let mut failed = HashSet::new();
    receiver.behave(move |received| {
        // The first attempt of each message to the team fails.
        let fails = received.path == "/team" && failed.insert(received.message().to_owned());
        Behaviour::Answer(if fails { 500 } else { 200 })
    });
    let config = destination("team", &receiver.url("/team"), "retry = { schedule = [\"200ms\"] }")
        + &destination("other", &receiver.url("/other"), "")
        + &route("team", "pull_request.*", "team", "")
        + &route("other", "pull_request.*", "other", "")
        + "[route.own]\nsource = \"api\"\nto = [\"other\"]\n";
    let mut gateway = Gateway::start(&config).await;
    let (sender, admin) = (Sender::new(&gateway.source_url()), gateway.admin());
    let hook = PullRequests::new(GITHUB_SECRET, 1);

    for number in 1..=3 {
        sender.send_new(&hook.closed(number)).await;
    }
    assert!(matches!(sender.send(&hook.closed(1)).await, Heard::Accepted { is_duplicate: true, .. }));
    let forged = PullRequests::new("another secret", 1).closed(1);
    assert_eq!(sender.send(&forged).await, Heard::Refused(401));
    assert_eq!(admin.send("/v1/events", &[], r#"{"type":"own"}"#).await.status, 202);
    all_ended(&admin, SOON).await;

    let by_destination = expected(&[("other success", 4), ("team refused", 3), ("team success", 3)]);
    // Counts are written every other second.
    eventually("all is counted", SOON, async || {
        (counts(&admin, "?by=destination").await == by_destination).then_some(())
    })
    .await;
    assert_eq!(gateway.terminate().await.code(), Some(0));
    gateway.start_again().await;

    for (query, wanted) in [
        ("?by=destination", by_destination),
        (
            "?by=route",
            expected(&[("other success", 3), ("own success", 1), ("team refused", 3), ("team success", 3)]),
        ),
        (
            "?by=source",
            expected(&[
                ("api accepted", 1),
                ("api success", 1),
                ("github accepted", 3),
                ("github duplicate", 1),
                ("github refused", 3),
                ("github success", 6),
                ("github wrong_signature", 1),
            ]),
        ),
        ("?by=plugin", Counts::new()),
        (
            "",
            expected(&[
                (" accepted", 4),
                (" duplicate", 1),
                (" refused", 3),
                (" success", 7),
                (" wrong_signature", 1),
            ]),
        ),
        ("?to=2020-01-01T00:00:00Z", Counts::new()),
    ] {
        assert_eq!(counts(&admin, query).await, wanted, "{query}");
    }
    the_command_sums_up(&gateway).await;
}

async fn the_command_sums_up(gateway: &Gateway) {
    let said = gateway.run(&["stats"]).await;
    let lines: Vec<Vec<&str>> = said.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 3, "{said:?}");
    assert_eq!(lines[0], ["DESTINATION", "WHAT", "N", "GOOD", "MEAN", "FAILURES"]);
    assert_eq!(lines[1][..5], ["other", "attempts", "4", "100.0", "%"], "{said:?}");
    assert_eq!(lines[2][..5], ["team", "attempts", "6", "50.0", "%"], "{said:?}");
    assert_eq!(lines[2][7..], ["refused", "3"], "{said:?}");

    let said = gateway.run(&["stats", "--by", "source"]).await;
    let requests = said.out.lines().find(|line| line.starts_with("github") && line.contains("requests"));
    assert!(
        requests.is_some_and(|line| line.contains("80.0 %") && line.ends_with("wrong_signature 1")),
        "{said:?}"
    );
    let said = gateway.run(&["stats", "--by", "route", "--json"]).await;
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(sums(&answer)["team refused"], 3);
    let long_ago = gateway.run(&["stats", "--to", "2020-01-01T00:00:00Z"]).await;
    assert_eq!((long_ago.code, long_ago.err.trim()), (Some(0), "nothing found"), "{long_ago:?}");
    let mistaken = gateway.run(&["stats", "--from", "yesterday"]).await;
    assert_eq!(mistaken.code, Some(1), "{mistaken:?}");
    assert!(mistaken.err.contains("from: expected a time such as"), "{mistaken:?}");
}

#[tokio::test]
async fn a_question_that_does_not_read_is_refused() {
    let gateway = Gateway::start("").await;
    let admin = gateway.admin();

    for query in [
        "by=colour",
        "colour=red",
        "from=yesterday",
        "to=1",
        "cursor=~",
        "limit=1",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
    ] {
        let answer = admin.get(&format!("/v1/stats?{query}")).await;
        let said = (answer.status.as_u16(), text(&answer.json(), "code").to_owned());
        assert_eq!(said, (400, "bad-parameter".to_owned()), "{query}");
    }
}
