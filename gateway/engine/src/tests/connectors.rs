//! Connectors: they build requests and judge answers, and see neither endpoint nor credentials.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use hookgate_core::delivery::End;
use hookgate_core::plugin::{CrashKind, Grants, GuestOutbound, Judged, Judgement};
use hookgate_core::topology::{Auth, Destination};
use hookgate_core::word::{Headers, Secret};
use hookgate_ports::doubles::{Reply, Script, ScriptedGuests, crash};
use hookgate_ports::{DeliveryState, Journal};

use super::house::{Plan, scope};
use super::plugins::house;

fn outbound(url: &str) -> GuestOutbound {
    GuestOutbound {
        method: "PUT".into(),
        url: url.into(),
        headers: Headers::new(),
        body: Some(Bytes::from_static(b"built")),
    }
}

fn speaker(reference: &'static str, judge: impl Fn(u16) -> Judged + Send + Sync + 'static) -> Script {
    Script::new().connect_out(move |_, _| Ok(Ok(outbound(reference))), move |_, answer| judge(answer.status))
}

fn with_token(destination: &mut Destination) {
    destination.auth = Auth::Bearer(Secret::from("hunter2"));
}

#[tokio::test]
async fn a_connector_builds_the_request_and_the_credentials_are_added_behind_it() {
    let guests = ScriptedGuests::new();
    let digest = guests.install_script(b"speaker", speaker("chat?a=b", |_| Ok(Judgement::Delivered)));
    let plan = Plan { connector: Some(digest), change: Some(with_token), ..Plan::one() };
    let house = house(plan, &guests).await;
    house.wire.script("crm.test", [Reply::status(500)]);

    house.post("1", "{}").await.expect("accepted");

    let row = house.until_state(DeliveryState::Finished(End::Delivered)).await;
    let sent = house.wire.sent().remove(0);
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("PUT", "https://crm.test/chat?a=b"));
    assert_eq!(
        (sent.body.as_ref(), sent.headers.first_text("authorization")),
        (&b"built"[..], Some("Bearer hunter2".into()))
    );
    let attempt = house.store.attempts(scope(), row.id).await.expect("the store answers").remove(0);
    assert_eq!(
        (attempt.gist.status, attempt.made_by),
        (Some(500), vec![digest]),
        "its word counts, not the status"
    );
    assert_eq!(attempt.sent.first_text("authorization").as_deref(), Some("«configured»"));
    assert!(attempt.sent.first("webhook-signature").is_some());
}

#[tokio::test]
async fn what_a_connector_says_of_an_answer_counts() {
    let cases: [(fn() -> Judgement, DeliveryState); 3] = [
        (|| Judgement::Declined("invalid_payload".into()), DeliveryState::Finished(End::DeadLettered)),
        (|| Judgement::Retry { after: None, reason: "busy".into() }, DeliveryState::Pending),
        (|| Judgement::Gone("no_service".into()), DeliveryState::Finished(End::DeadLettered)),
    ];
    for (judgement, state) in cases {
        let guests = ScriptedGuests::new();
        let digest = guests.install_script(b"speaker", speaker("", move |_| Ok(judgement())));
        let house = house(Plan { connector: Some(digest), ..Plan::one() }, &guests).await;

        house.post("1", "{}").await.expect("accepted");

        house.until(|rows| rows[0].last.is_some() && rows[0].state == state).await;
        assert_eq!(house.wire.sent().len(), 1);
    }
}

#[tokio::test]
async fn a_judge_that_breaks_is_asked_again_and_nothing_is_sent_again() {
    let guests = ScriptedGuests::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let judge = move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => crash(CrashKind::Trap),
        1 => Ok(Judgement::Retry { after: None, reason: "busy".into() }),
        _ => Ok(Judgement::Delivered),
    };
    let digest = guests.install_script(b"speaker", speaker("", judge));
    let house = house(Plan { connector: Some(digest), ..Plan::one() }, &guests).await;

    house.post("1", "{}").await.expect("accepted");
    house.until(|rows| rows[0].last.is_some() && rows[0].state == DeliveryState::Pending).await;
    assert_eq!((house.wire.sent().len(), house.deliveries().await[0].attempts), (1, 0));
    house.pass(1);
    house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;
    assert_eq!(house.wire.sent().len(), 1, "the answer was kept and judged again");

    house.pass(10);
    house.until_state(DeliveryState::Finished(End::Delivered)).await;
    assert_eq!((house.wire.sent().len(), asked.load(Ordering::Relaxed)), (2, 3));
}

#[tokio::test]
async fn a_reference_to_another_host_is_the_plugins_failure_and_nothing_is_sent() {
    let guests = ScriptedGuests::new();
    let script = speaker("https://evil.test/", |_| Ok(Judgement::Delivered));
    let digest = guests.install_script(b"speaker", script);
    let house = house(Plan { connector: Some(digest), ..Plan::one() }, &guests).await;

    house.post("1", "{}").await.expect("accepted");

    let rows = house.until(|rows| rows[0].last.is_some()).await;
    assert_eq!(rows[0].last.as_ref().map(|last| last.outcome.as_str()), Some("crashed_incompatible"));
    assert!(house.wire.sent().is_empty());
}

#[tokio::test]
async fn what_keys_made_is_kept_before_it_is_sent_and_sent_again_as_it_is() {
    let guests = ScriptedGuests::new();
    let digest = guests.install_script(
        b"speaker",
        speaker("", |status| match status {
            200 => Ok(Judgement::Delivered),
            _ => Ok(Judgement::Retry { after: None, reason: "busy".into() }),
        }),
    );
    let grants = Arc::new(Grants {
        mac: [("partner".to_owned(), vec![Secret::from("k")])].into(),
        ..Grants::default()
    });
    let house = house(Plan { connector: Some(digest), grants, ..Plan::one() }, &guests).await;
    house.wire.script("crm.test", [Reply::status(503)]);

    house.post("1", "{}").await.expect("accepted");
    house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;
    house.pass(10);

    house.until_state(DeliveryState::Finished(End::Delivered)).await;
    let builds = house.guests.calls().len();
    assert_eq!((house.wire.sent().len(), builds), (2, 1), "it is built once");
}
