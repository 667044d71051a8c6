//! The tally: what the store did not take is counted the next time, what it may have taken is not.

use std::time::Duration;

use hookgate_core::word::{Kind, Millis};
use hookgate_ports::doubles::{Call, Fault};
use hookgate_ports::{Journal, StatsBy, StoreError};

use super::house::{House, Plan, id, scope};

/// Counts 3 requests, flushes them under a fault and counts 2 more, flushes again, and returns what the store
/// has: as it is a name's in one minute, one number or none.
async fn check(fault: Fault) -> u64 {
    let mut house = House::build(Plan::one()).await;
    house.stop.cancel();
    // From here on nobody flushes but the test.
    (&mut house.running).await.expect("it ends in order");
    let count = |n: usize| {
        (0..n).for_each(|_| house.engine.tally_request(scope(), id(Kind::Source, "shop"), "accepted"));
    };
    house.store.fail_next(Call::Tally, fault);

    count(3);
    house.engine.flush_tally().await;
    count(2);
    house.engine.flush_tally().await;
    house.engine.flush_tally().await;

    let all = house.store.stats(scope(), Millis(0), Millis(i64::MAX), StatsBy::Source).await;
    all.expect("the store answers").rows.iter().map(|row| row.n).sum()
}

#[tokio::test]
async fn counts_that_the_store_did_not_take_wait_for_the_next_flush() {
    let busy = StoreError::Busy { retry_after: Duration::from_secs(1) };

    assert_eq!(check(Fault::Before(busy)).await, 5);
    assert_eq!(check(Fault::Before(StoreError::Down("disk full".into()))).await, 5);
}

#[tokio::test]
async fn counts_that_the_store_may_have_taken_are_not_counted_twice() {
    let unknown = || StoreError::Unknown("connection lost".into());

    assert_eq!(check(Fault::After(unknown())).await, 5, "it had taken them");
    assert_eq!(check(Fault::Before(unknown())).await, 2, "it had not: they are lost");
}
