//! What onlookers are told, and what is counted.

use std::num::NonZeroU32;
use std::time::Duration;

use hookgate_core::delivery::End;
use hookgate_core::limits;
use hookgate_core::rate::Rate;
use hookgate_core::scheme::Verification;
use hookgate_core::source::Source;
use hookgate_ports::doubles::Reply;
use hookgate_ports::{DeliveryState, Journal, StatsBy};
use http::Method;

use super::house::{House, Plan, scope, slug};
use super::publishing::publish;
use crate::{Onlooker, Refusal, Sight, What};

#[tokio::test]
async fn an_onlooker_sees_events_and_attempts_as_they_happen() {
    let house = House::build(Plan::one()).await;
    let mut seen = house.engine.observe().expect("a seat");
    house.wire.script("crm.test", [Reply::status(500)]);

    let taken = house.post("1", "{}").await.expect("accepted");
    house.post("1", "{}").await.expect("accepted");
    house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;
    house.pass(10);
    house.until_state(DeliveryState::Finished(End::Delivered)).await;

    let (mut accepted, mut tried) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        match seen_next(&mut seen).await {
            What::Accepted { event, is_duplicate, .. } => accepted.push((event, is_duplicate)),
            What::Tried { attempt, outcome, status, destination, source, .. } => {
                assert_eq!(&*source, "shop");
                tried.push((attempt, outcome.text(), status, destination.map(|name| name.to_string())));
            }
            What::Refused { why, .. } => panic!("nothing was refused: {why}"),
        }
    }
    assert_eq!(accepted, [(taken.event, false), (taken.event, true)]);
    let crm = || Some("crm".to_owned());
    assert_eq!(tried, [(1, "refused", Some(500), crm()), (2, "success", Some(200), crm())]);
}

#[tokio::test]
async fn an_onlooker_that_sleeps_holds_nobody_up_and_is_told_that_it_missed_some() {
    let house = House::build(Plan::one()).await;
    let mut seen = house.engine.observe().expect("a seat");

    for n in 0..limits::OBSERVATIONS_MAX {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }
    house.wire.seen(limits::OBSERVATIONS_MAX).await;

    // As many accepted ones, and as many attempts.
    let missed = limits::OBSERVATIONS_MAX as u64;
    assert!(matches!(seen.next().await, Some(Sight::Missed(count)) if count == missed));
    assert!(matches!(seen.next().await, Some(Sight::Seen(_))), "and it goes on");
}

#[tokio::test]
async fn what_an_application_publishes_is_seen_and_counted_like_what_comes_in() {
    let house = House::build(Plan::one()).await;
    let mut seen = house.engine.observe().expect("a seat");

    let first = publish(&house, &["a", "b"], Some("k")).await.expect("stored");
    publish(&house, &["a", "b"], Some("k")).await.expect("known");
    publish(&house, &["a", "other"], Some("k")).await.expect_err("another body under the key");

    let mut what = Vec::new();
    for _ in 0..5 {
        match seen_next(&mut seen).await {
            What::Accepted { event, event_type, source, is_duplicate } => {
                what.push(format!("{source} {event_type} {event} {is_duplicate}"));
            }
            What::Refused { source, why, detail } => what.push(format!("{source} {why} {detail}")),
            What::Tried { delivery, .. } => panic!("no route takes it: {delivery}"),
        }
    }
    let (a, b) = (first.events[0].event, first.events[1].event);
    assert_eq!(
        what,
        [
            format!("api a {a} false"),
            format!("api b {b} false"),
            format!("api a {a} true"),
            format!("api b {b} true"),
            "api key_reused its Idempotency-Key was used with another body".to_owned(),
        ]
    );
    house.engine.flush_tally().await;
    let to = house.engine.now().after(Duration::from_secs(60));
    let stats = house.store.stats(scope(), house.engine.now(), to, StatsBy::Nothing).await.expect("stats");
    let counts: Vec<(&str, u64)> = stats.rows.iter().map(|row| (&*row.outcome, row.n)).collect();
    assert_eq!(counts, [("accepted", 1), ("duplicate", 1), ("key_reused", 1)]);
}

#[tokio::test]
async fn what_is_refused_before_its_body_is_read_is_seen_too() {
    let house = House::build(Plan::one()).await;
    let mut seen = house.engine.observe().expect("a seat");
    let rate = Rate::new(NonZeroU32::MIN, Duration::from_secs(60)).expect("a rate");
    let source = Source { rate: Some(rate), ..Source::new(scope(), slug("busy"), Verification::None) };

    assert_eq!(house.engine.let_in(&source, &Method::GET), Err(Refusal::WrongMethod));
    assert_eq!(house.engine.let_in(&source, &Method::POST), Ok(()));
    let wait = Duration::from_secs(60);
    assert_eq!(house.engine.let_in(&source, &Method::POST), Err(Refusal::TooFast(wait)));

    for wanted in ["wrong_method", "too_fast"] {
        match seen_next(&mut seen).await {
            What::Refused { source, why, .. } => assert_eq!((&*source, why), ("busy", wanted)),
            other @ (What::Accepted { .. } | What::Tried { .. }) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn there_are_so_many_seats_and_one_that_goes_leaves_its_own() {
    let house = House::build(Plan::one()).await;
    let mut seats: Vec<_> = (0..limits::ONLOOKERS_MAX).map(|_| house.engine.observe()).collect();
    assert!(seats.iter().all(Option::is_some));

    assert!(house.engine.observe().is_none());
    seats.pop();

    assert!(house.engine.observe().is_some());
}

async fn seen_next(onlooker: &mut Onlooker) -> What {
    match onlooker.next().await {
        Some(Sight::Seen(observation)) => observation.what,
        other => panic!("expected something that happened: {other:?}"),
    }
}
