//! One delivery becomes several: by a router's choice, or because a transform made several messages.

use hookgate_core::delivery::End;
use hookgate_core::plugin::{CrashKind, Stop};
use hookgate_core::word::Kind;
use hookgate_ports::doubles::{Reply, Script, ScriptedGuests, crash};
use hookgate_ports::{DeliveryRow, DeliveryState};

use super::house::{Plan, id};
use super::plugins::{house, message};

fn in_state(rows: &[DeliveryRow], end: End) -> usize {
    rows.iter().filter(|row| row.state == DeliveryState::Finished(end)).count()
}

#[tokio::test]
async fn several_messages_become_deliveries_of_their_own() {
    let guests = ScriptedGuests::new();
    let two = guests.install(b"two", |_, _| Ok(Ok(vec![message("a"), message("b")])));
    let house = house(Plan::one().with_stage(two), &guests).await;
    house.wire.script("crm.test", [Reply::status(200), Reply::status(500)]);

    house.post("1", "{}").await.expect("accepted");

    let rows = house.until(|rows| rows.len() == 3 && in_state(rows, End::Split) == 1).await;
    let parent = rows.iter().find(|row| row.state == DeliveryState::Finished(End::Split)).expect("it split");
    house.until(|rows| in_state(rows, End::Delivered) == 1).await;
    house.pass(10);
    house.until(|rows| in_state(rows, End::Delivered) == 2).await;
    let mut sent: Vec<_> = house.wire.sent().into_iter().map(|request| request.body).collect();
    sent.sort();
    sent.dedup();
    assert_eq!(sent, ["a", "b"]);
    let ids: Vec<_> = house.wire.sent().iter().filter_map(|r| r.headers.first_text("webhook-id")).collect();
    let born = parent.message.to_string();
    assert!(ids.iter().all(|id| *id == format!("{born}_0") || *id == format!("{born}_1")), "{ids:?}");
    assert_eq!(house.guests.count(&two), 1, "no stage runs twice");
}

#[tokio::test]
async fn each_stage_maps_over_what_the_one_before_made() {
    let guests = ScriptedGuests::new();
    let two = guests.install(b"two", |_, _| Ok(Ok(vec![message("a"), message("b")])));
    let only_a = guests.install(b"only a", |_, event| match &event.body[..] {
        b"a" => Ok(Ok(vec![message("A")])),
        _ => Ok(Err(Stop::Skip("not a".into()))),
    });
    let plan = Plan { stages: vec![two, only_a], ..Plan::one() };
    let house = house(plan, &guests).await;

    house.post("1", "{}").await.expect("accepted");

    house.until_delivered(1).await;
    assert_eq!(house.wire.sent()[0].body, "A", "one is left, so nothing splits");
    assert_eq!(house.guests.count(&only_a), 2);
}

#[tokio::test]
async fn more_messages_than_a_split_may_have_are_the_plugins_failure() {
    let guests = ScriptedGuests::new();
    let many =
        guests.install(b"many", |_, _| Ok(Ok(vec![message("x"); hookgate_core::limits::SPLIT_MAX + 1])));
    let house = house(Plan::one().with_stage(many), &guests).await;

    house.post("1", "{}").await.expect("accepted");

    let rows = house.until(|rows| rows[0].last.is_some()).await;
    assert_eq!(rows[0].last.as_ref().map(|last| last.outcome.as_str()), Some("crashed_output_too_large"));
    assert!(house.wire.sent().is_empty());
}

#[tokio::test]
async fn a_router_chooses_among_its_routes_destinations_before_any_transform() {
    let guests = ScriptedGuests::new();
    let router = guests.install_script(
        b"router",
        Script::new().route(|_, event, names| {
            assert_eq!(event.body, "{}", "it sees the event as it was accepted");
            Ok(Ok(names.iter().filter(|name| *name != "b").cloned().collect()))
        }),
    );
    let stage = guests.install(b"stage", |_, _| Ok(Ok(vec![message("made")])));
    let plan = Plan { router: Some(router), ..Plan::to(&["a", "b", "c"]).with_stage(stage) };
    let house = house(plan, &guests).await;

    house.post("1", "{}").await.expect("accepted");

    let rows = house.until(|rows| in_state(rows, End::Delivered) == 2).await;
    assert_eq!((rows.len(), in_state(&rows, End::Split)), (3, 1));
    let mut urls: Vec<_> = house.wire.sent().iter().map(|request| request.url.to_string()).collect();
    urls.sort();
    assert_eq!(urls, ["https://a.test/hook", "https://c.test/hook"]);
    assert!(house.wire.sent().iter().all(|request| request.body == "made"));
    assert_eq!(house.guests.count(&router), 1);
}

#[tokio::test]
async fn one_chosen_destination_is_a_split_too_and_none_is_a_skip() {
    for (chosen, end) in [(vec!["a".to_owned()], End::Split), (vec![], End::Skipped)] {
        let guests = ScriptedGuests::new();
        let script = Script::new().route(move |_, _, _| Ok(Ok(chosen.clone())));
        let router = guests.install_script(b"router", script);
        let house = house(Plan { router: Some(router), ..Plan::to(&["a", "b"]) }, &guests).await;

        house.post("1", "{}").await.expect("accepted");

        house.until(|rows| in_state(rows, end) == 1).await;
    }
}

#[tokio::test]
async fn a_router_that_breaks_holds_the_delivery_and_sends_it_nowhere() {
    let guests = ScriptedGuests::new();
    let router = guests.install_script(b"router", Script::new().route(|_, _, _| crash(CrashKind::Trap)));
    let house = house(Plan { router: Some(router), ..Plan::to(&["a"]) }, &guests).await;

    house.post("1", "{}").await.expect("accepted");
    for (calls, delay) in [(1, 1), (2, 5), (3, 30)] {
        house.guests.called(calls).await;
        house.until(|rows| rows[0].state == DeliveryState::Pending).await;
        house.pass(delay);
    }

    house.until_state(DeliveryState::Held).await;
    assert!(house.wire.sent().is_empty());
    assert_ne!(id(Kind::Route, "all"), id(Kind::Destination, "a"));
}
