//! An application's own events, and what its Idempotency-Key promises.

use bytes::Bytes;
use hookgate_core::publication::Publication;
use hookgate_core::word::Headers;
use hookgate_ports::doubles::{Call, Fault};
use hookgate_ports::{EventFilter, Journal, StoreError};

use super::house::{House, Plan, scope};
use crate::{Batch, Receipt, Refusal};

fn publication(event_type: &str) -> Publication {
    Publication {
        event_type: event_type.into(),
        subject: None,
        order_key: None,
        headers: Headers::new(),
        body: Bytes::from_static(b"{}"),
    }
}

pub(super) async fn publish(house: &House, types: &[&str], key: Option<&str>) -> Result<Receipt, Refusal> {
    let body = types.join(",");
    let batch = Batch {
        publications: types.iter().map(|event_type| publication(event_type)).collect(),
        idempotency: key.map(|key| (key, body.as_bytes())),
        trace: None,
    };
    house.engine.publish(batch, &house.engine.current().of(scope())).await
}

async fn stored(house: &House) -> usize {
    let page = house.store.events(scope(), EventFilter::default(), None, 100).await;
    page.expect("the store answers").rows.len()
}

#[tokio::test]
async fn a_key_with_another_body_stores_nothing_however_long_the_batch() {
    let house = House::build(Plan::one()).await;

    let first = publish(&house, &["a", "b"], Some("k")).await.expect("stored");
    let again = publish(&house, &["a", "b"], Some("k")).await.expect("answered");
    let other = publish(&house, &["a", "b", "c", "d"], Some("k")).await;

    assert!(again.is_duplicate() && !first.is_duplicate());
    assert_eq!(
        again.events.iter().map(|taken| taken.event).collect::<Vec<_>>(),
        first.events.iter().map(|taken| taken.event).collect::<Vec<_>>()
    );
    assert_eq!(other, Err(Refusal::KeyReused));
    assert_eq!(stored(&house).await, 2);
}

#[tokio::test]
async fn a_batch_that_broke_off_in_the_middle_is_completed_by_the_same_call() {
    let house = House::build(Plan::one()).await;
    house.store.fail_next(Call::Accept, Fault::After(StoreError::Unknown("connection lost".into())));

    assert_eq!(publish(&house, &["a", "b", "c"], Some("k")).await, Err(Refusal::Unknown));
    assert_eq!(stored(&house).await, 1, "the first event decides whether the key is new");
    let again = publish(&house, &["a", "b", "c"], Some("k")).await.expect("stored");

    assert_eq!(again.events.iter().map(|taken| taken.is_duplicate).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(stored(&house).await, 3);
}

#[tokio::test]
async fn without_a_key_a_batch_is_one_commit() {
    let house = House::build(Plan::one()).await;
    house.store.fail_next(Call::Accept, Fault::Before(StoreError::Down("disk full".into())));

    assert_eq!(publish(&house, &["a", "b"], None).await, Err(Refusal::Down));
    assert_eq!(stored(&house).await, 0);
    assert_eq!(publish(&house, &["a", "b"], None).await.expect("stored").events.len(), 2);
    assert_eq!(publish(&house, &["a", "b"], None).await.expect("stored").events.len(), 2);
    assert_eq!(stored(&house).await, 4);
}
