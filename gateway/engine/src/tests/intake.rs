//! What a sender is promised, and when.

use std::time::Duration;

use hookgate_core::delivery::End;
use hookgate_ports::doubles::{Call, Fault};
use hookgate_ports::{DeliveryState, StoreError};
use http::{HeaderName, HeaderValue};

use super::house::{House, Plan, scope};
use crate::{Refusal, Taken};

#[tokio::test]
async fn an_accepted_event_arrives_signed_under_its_message_id() {
    let house = House::build(Plan::one()).await;

    let receipt = house.post("1", r#"{"total":1}"#).await.expect("accepted");

    let row = house.until_state(DeliveryState::Finished(End::Delivered)).await;
    assert_eq!((row.event, row.attempts), (receipt.event, 1));
    let sent = house.wire.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].body, r#"{"total":1}"#);
    assert_eq!(sent[0].headers.first_text("webhook-id"), Some(row.message.to_string()));
    assert!(sent[0].headers.first_text("webhook-signature").is_some_and(|text| text.starts_with("v1,")));
}

#[tokio::test]
async fn a_duplicate_is_answered_with_the_first_event_and_sent_once() {
    let house = House::build(Plan::one()).await;

    let first = house.post("1", "{}").await.expect("accepted");
    let second = house.post("1", "{}").await.expect("answered");
    let other = house.post("2", "{}").await.expect("accepted");

    assert_eq!(second, Taken { event: first.event, is_duplicate: true });
    assert!(!other.is_duplicate);
    house.until_delivered(2).await;
    assert_eq!(house.wire.sent().len(), 2);
}

#[tokio::test]
async fn what_the_store_does_not_take_is_refused_and_not_sent() {
    let house = House::build(Plan::one()).await;
    house
        .store
        .fail_next(Call::Accept, Fault::Before(StoreError::Busy { retry_after: Duration::from_secs(3) }));
    house.store.fail_next(Call::Accept, Fault::Before(StoreError::Down("disk full".into())));

    assert_eq!(house.post("1", "{}").await, Err(Refusal::Busy(Duration::from_secs(3))));
    assert_eq!(house.post("2", "{}").await, Err(Refusal::Down));

    // Permits and tokens came back: the next ones are born taken again, up to the concurrency.
    for n in 3..7 {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }
    house.until_delivered(4).await;
}

#[tokio::test]
async fn a_commit_with_an_unknown_result_is_refused_and_still_delivered_once() {
    let house = House::build(Plan::one()).await;
    house.store.fail_next(Call::Accept, Fault::After(StoreError::Unknown("connection lost".into())));

    assert_eq!(house.post("1", "{}").await, Err(Refusal::Unknown));

    let rows = house.until_given_back_and_delivered().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(house.wire.sent().len(), 1);
}

#[tokio::test]
async fn a_sender_that_hangs_up_loses_nothing() {
    let house = House::build(Plan::one()).await;
    let topology = house.engine.current().of(scope());
    let source = topology.source("shop").expect("the house has one source");

    {
        let mut receiving = Box::pin(house.engine.receive(house.request("1", "{}"), source, &topology));
        // The commit is under way after the first poll; then the sender is gone.
        let first = futures_poll(&mut receiving).await;
        assert!(first.is_none(), "the commit is another task's");
    }

    house.until_delivered(1).await;
}

#[tokio::test]
async fn a_message_that_goes_round_in_circles_is_refused() {
    let house = House::build(Plan::one()).await;
    let topology = house.engine.current().of(scope());
    let source = topology.source("shop").expect("the house has one source");
    let mut request = house.request("1", "{}");
    request.headers.push(HeaderName::from_static("hookgate-hops"), HeaderValue::from_static("8"));

    let refused = house.engine.receive(request, source, &topology).await;

    assert_eq!(refused, Err(Refusal::Looped(8)));
    assert!(house.deliveries().await.is_empty());
}

/// Polls a future once.
async fn futures_poll<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
