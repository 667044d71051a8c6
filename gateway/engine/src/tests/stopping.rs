//! Stopping in order: what is on the wire ends, the rest goes back uncounted.

use std::sync::Arc;
use std::time::Duration;

use hookgate_core::delivery::End;
use hookgate_ports::doubles::{Memory, Reply, ScriptedGuests, VirtualClock, Wire};
use hookgate_ports::{DeliveryState, Queue};

use super::house::{House, Plan};

#[tokio::test]
async fn what_is_on_the_wire_ends_before_the_engine_does() {
    let mut house = House::build(Plan::one()).await;
    house.wire.always("crm.test", Reply::status(200).held());
    house.post("1", "{}").await.expect("accepted");
    house.wire.seen(1).await;

    house.stop.cancel();
    tokio::task::yield_now().await;
    house.wire.release_all();
    (&mut house.running).await.expect("it ends in order");

    let rows = house.deliveries().await;
    assert_eq!(rows[0].state, DeliveryState::Finished(End::Delivered));
}

#[tokio::test]
async fn what_does_not_end_in_time_is_closed_and_given_back_uncounted() {
    let clock = VirtualClock::default();
    let store = Memory::new(Arc::new(clock.clone()));
    let wire = Wire::new();
    let mut house =
        House::in_store(Plan::one(), store.clone(), clock.clone(), ScriptedGuests::new(), wire.clone()).await;
    wire.script("crm.test", [Reply::status(200).held()]);
    house.post("1", "{}").await.expect("accepted");
    wire.seen(1).await;

    house.stop.cancel();
    (&mut house.running).await.expect("it ends in order");

    assert_eq!(wire.traffic().dropped, 1);
    let seat = store.enter().await.expect("a seat");
    assert_eq!(seat.adopted, 0, "it was given back, not found");
    let next = House::in_store(Plan::one(), store, clock, ScriptedGuests::new(), wire).await;
    let rows = next.until_delivered(1).await;
    assert_eq!(rows[0].attempts, 1);
}

#[tokio::test]
async fn what_is_accepted_while_the_engine_stops_waits_for_the_next_one() {
    let mut house = House::build(Plan::one()).await;
    house.wire.always("crm.test", Reply::status(200).held());
    house.post("1", "{}").await.expect("accepted");
    house.wire.seen(1).await;
    house.stop.cancel();
    while !house.engine.draining.load(std::sync::atomic::Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }

    house.post("2", "{}").await.expect("a sender is still answered");

    house.wire.release_all();
    tokio::time::timeout(Duration::from_secs(10), &mut house.running)
        .await
        .expect("in time")
        .expect("in order");
    assert_eq!(house.wire.sent().len(), 1);
}
