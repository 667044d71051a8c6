//! Sending: permits, retries, dead letters.

use hookgate_core::delivery::End;
use hookgate_core::outcome::Reach;
use hookgate_ports::DeliveryState;
use hookgate_ports::doubles::Reply;

use super::house::{House, Plan};

#[tokio::test]
async fn a_failing_receiver_is_tried_again_when_it_is_due_under_the_same_message_id() {
    let house = House::build(Plan::one()).await;
    house.wire.script("crm.test", [Reply::status(500), Reply::unreachable(Reach::Timeout)]);

    house.post("1", "{}").await.expect("accepted");
    house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;
    house.pass(9);
    assert_eq!(house.wire.sent().len(), 1, "it is not due before its delay");
    house.pass(1);
    house.until(|rows| rows[0].attempts == 2 && rows[0].state == DeliveryState::Pending).await;
    house.pass(20);
    let row = house.until_state(DeliveryState::Finished(End::Delivered)).await;

    assert_eq!(row.attempts, 3);
    let ids: Vec<_> =
        house.wire.sent().iter().map(|request| request.headers.first_text("webhook-id")).collect();
    assert_eq!(ids, vec![Some(row.message.to_string()); 3]);
    let stamps: Vec<_> =
        house.wire.sent().iter().map(|r| r.headers.first_text("webhook-timestamp")).collect();
    assert_ne!(stamps[0], stamps[1], "each attempt is signed anew");
}

#[tokio::test]
async fn the_last_attempt_that_fails_makes_a_dead_letter() {
    let house = House::build(Plan::one()).await;
    house.wire.always("crm.test", Reply::status(503));

    house.post("1", "{}").await.expect("accepted");
    for (attempts, delay) in [(1, 10), (2, 20)] {
        house.until(|rows| rows[0].attempts == attempts && rows[0].state == DeliveryState::Pending).await;
        house.pass(delay);
    }

    let row = house.until_state(DeliveryState::Finished(End::DeadLettered)).await;
    assert_eq!((row.attempts, row.reason.as_deref()), (3, Some("exhausted")));
    assert_eq!(house.wire.sent().len(), 3);
}

#[tokio::test]
async fn a_destination_has_no_more_requests_on_the_wire_than_its_concurrency() {
    let house = House::build(Plan::one()).await;
    house.wire.always("crm.test", Reply::status(200).held());

    for n in 0..20 {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }
    house.wire.seen(4).await;
    house.pass(1);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.wire.traffic().in_flight, 4);

    house.wire.always("crm.test", Reply::status(200));
    house.wire.release_all();
    house.until_delivered(20).await;
    assert_eq!(house.wire.traffic().in_flight_max, 4);
    assert_eq!(house.wire.sent().len(), 20, "each was sent once");
}

#[tokio::test]
async fn a_destination_that_hangs_holds_up_nobody_else() {
    let plan = Plan { destinations: vec![("hangs", 2, vec![10]), ("works", 2, vec![10])], ..Plan::default() };
    let house = House::build(plan).await;
    house.wire.always("hangs.test", Reply::status(200).held());

    for n in 0..50 {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }

    let works = |rows: &[hookgate_ports::DeliveryRow]| {
        rows.iter()
            .filter(|row| row.destination == "works" && row.state == DeliveryState::Finished(End::Delivered))
            .count()
    };
    house.until(|rows| works(rows) == 50).await;
    assert_eq!(house.wire.traffic().in_flight, 2);
}

#[tokio::test]
async fn what_a_removed_destination_was_owed_waits_for_its_name_to_return() {
    let house = House::build(Plan::one()).await;
    house.wire.script("crm.test", [Reply::status(500)]);
    house.post("1", "{}").await.expect("accepted");
    house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;

    house.swap(&Plan { destinations: vec![("other", 1, vec![])], ..Plan::default() }).await;
    house.pass(3600);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.wire.sent().len(), 1);

    house.swap(&Plan::one()).await;
    house.until_state(DeliveryState::Finished(End::Delivered)).await;
}

#[tokio::test]
async fn a_large_body_is_not_passed_over_for_ever() {
    let plan = Plan { destinations: vec![("one", 1, vec![1]), ("two", 1, vec![1])], ..Plan::default() };
    let house = House::build(plan).await;
    let large: &'static str = Box::leak("x".repeat(20 << 20).into_boxed_str());
    house.wire.always("one.test", Reply::status(503));
    house.wire.always("two.test", Reply::status(503));
    house.post("1", large).await.expect("accepted");
    house.until(|rows| rows.iter().all(|row| row.attempts == 1 && row.state == DeliveryState::Pending)).await;

    house.wire.always("one.test", Reply::status(200));
    house.wire.always("two.test", Reply::status(200));
    house.pass(1);

    for _ in 0..20 {
        house.pass(1);
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
    house.until_delivered(2).await;
}
