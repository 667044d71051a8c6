//! What onlookers are told, and what is counted.

use hookgate_core::delivery::End;
use hookgate_ports::DeliveryState;
use hookgate_ports::doubles::Reply;

use super::house::{House, Plan};
use crate::What;

#[tokio::test]
async fn an_onlooker_sees_events_and_attempts_as_they_happen() {
    let house = House::build(Plan::one()).await;
    let mut seen = house.engine.observe();
    house.wire.script("crm.test", [Reply::status(500)]);

    let taken = house.post("1", "{}").await.expect("accepted");
    house.post("1", "{}").await.expect("accepted");
    house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;
    house.pass(10);
    house.until_state(DeliveryState::Finished(End::Delivered)).await;

    let (mut accepted, mut tried) = (Vec::new(), Vec::new());
    while let Ok(observation) = seen.try_recv() {
        match observation.what {
            What::Accepted { event, is_duplicate, .. } => accepted.push((event, is_duplicate)),
            What::Tried { attempt, outcome, status, destination, .. } => {
                tried.push((attempt, outcome, status, destination.map(|name| name.to_string())));
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
    let mut seen = house.engine.observe();

    for n in 0..hookgate_core::limits::OBSERVATIONS_MAX {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }
    house.wire.seen(hookgate_core::limits::OBSERVATIONS_MAX).await;

    assert!(matches!(seen.try_recv(), Err(tokio::sync::broadcast::error::TryRecvError::Lagged(_))));
}
