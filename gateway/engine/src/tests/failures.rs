//! A store that fails: nothing is sent twice for it, nothing is lost.

use std::time::Duration;

use hookgate_core::delivery::End;
use hookgate_ports::doubles::{Call, Fault, Reply};
use hookgate_ports::{DeliveryRow, DeliveryState, Queue, StoreError};

use super::house::{House, Plan};

impl House {
    /// Waits for upkeep to give rows back that nobody remembers, and for their delivery. Upkeep goes by
    /// the real clock, every two seconds, so this looks again until then.
    pub(super) async fn until_given_back_and_delivered(&self) -> Vec<DeliveryRow> {
        let arrived = async {
            loop {
                let rows = self.deliveries().await;
                if !rows.is_empty()
                    && rows.iter().all(|row| row.state == DeliveryState::Finished(End::Delivered))
                {
                    return rows;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("it is given back and delivered")
    }
}

#[tokio::test]
async fn a_settle_is_repeated_until_the_store_answers_and_the_request_is_not() {
    let house = House::build(Plan::one()).await;
    house.store.fail_next(Call::Settle, Fault::Before(StoreError::Down("disk full".into())));
    house.store.fail_next(Call::Settle, Fault::Before(StoreError::Unknown("connection lost".into())));

    house.post("1", "{}").await.expect("accepted");

    house.until_given_back_and_delivered().await;
    assert_eq!(house.wire.sent().len(), 1);
}

#[tokio::test]
async fn a_settle_whose_answer_was_lost_is_harmless_the_second_time() {
    let house = House::build(Plan::one()).await;
    house.store.fail_next(Call::Settle, Fault::After(StoreError::Unknown("connection lost".into())));

    house.post("1", "{}").await.expect("accepted");

    let rows = house.until_given_back_and_delivered().await;
    assert_eq!(rows[0].attempts, 1);
    assert_eq!(house.wire.sent().len(), 1);
}

#[tokio::test]
async fn a_take_whose_answer_was_lost_is_given_back_and_sent_once() {
    let house = House::build(Plan::one()).await;
    house.wire.script("crm.test", [Reply::status(500)]);
    house.post("1", "{}").await.expect("accepted");
    house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;
    house.store.fail_next(Call::Take, Fault::After(StoreError::Unknown("connection lost".into())));

    house.pass(10);

    house.until_given_back_and_delivered().await;
    assert_eq!(house.wire.sent().len(), 2);
}

#[tokio::test]
async fn a_settle_that_comes_too_late_changes_nothing() {
    let house = House::build(Plan::one()).await;
    house.wire.script("crm.test", [Reply::status(200).held()]);
    house.post("1", "{}").await.expect("accepted");
    house.wire.seen(1).await;
    // Another process enters in the same seat, as after a restart, and adopts what was held.
    let seat = house.store.enter().await.expect("a seat");
    assert_eq!(seat.adopted, 1);

    house.wire.release_all();
    house.wire.until(|traffic| traffic.in_flight == 0).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }

    let rows = house.deliveries().await;
    assert_ne!(rows[0].state, DeliveryState::Finished(End::Delivered));
}
