//! Rates, and what is kept of attempts.

use std::num::NonZeroU32;
use std::time::Duration;

use hookgate_core::delivery::End;
use hookgate_core::rate::Rate;
use hookgate_core::topology::{Destination, Keep};
use hookgate_ports::doubles::Reply;
use hookgate_ports::{DeliveryState, Journal};

use super::house::{House, Plan, scope};

fn two_a_minute(destination: &mut Destination) {
    let rate = Rate::new(NonZeroU32::new(2).expect("2"), Duration::from_secs(60)).expect("a rate");
    destination.rate = Some(rate.with_burst(NonZeroU32::new(2).expect("2")));
}

#[tokio::test]
async fn a_rate_lets_as_many_begin_as_it_says() {
    let house = House::build(Plan::changed(two_a_minute)).await;
    for n in 0..5 {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }
    house.wire.seen(2).await;
    for _ in 0..500 {
        tokio::task::yield_now().await;
    }
    assert_eq!(house.wire.sent().len(), 2);

    house.pass(30);
    house.wire.seen(3).await;
    house.pass(60);
    house.until_delivered(5).await;
}

/// What is changed of a destination, and whether a failed and a successful attempt are then kept whole.
type Case = (fn(&mut Destination), bool, bool);

#[tokio::test]
async fn of_attempts_is_kept_what_the_destination_says() {
    let cases: [Case; 3] = [
        (|destination| destination.keep = Keep::All, true, true),
        (|destination| destination.keep = Keep::Failed, true, false),
        (|destination| destination.keep = Keep::Nothing, false, false),
    ];
    for (change, of_failure, of_success) in cases {
        let house = House::build(Plan::changed(change)).await;
        house.wire.script("crm.test", [Reply::status(500)]);
        house.post("1", "{}").await.expect("accepted");
        house.until(|rows| rows[0].attempts == 1 && rows[0].state == DeliveryState::Pending).await;
        house.pass(10);
        let row = house.until_state(DeliveryState::Finished(End::Delivered)).await;

        let attempts = house.store.attempts(scope(), row.id).await.expect("the store answers");
        let kept = |status| {
            let attempt =
                attempts.iter().find(|attempt| attempt.gist.status == Some(status)).expect("it was made");
            (attempt.rendered.is_some(), attempt.answer.is_some(), !attempt.sent.is_empty())
        };
        assert_eq!(kept(500), (of_failure, of_failure, of_failure));
        assert_eq!(kept(200), (of_success, of_success, of_success));
    }
}
