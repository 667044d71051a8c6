//! The memory store's own: a fault with its effect, and one without.

use hookgate_core::delivery::{Birth, Owner};
use hookgate_ports::doubles::{Call, Fault, Memory};
use hookgate_ports::{Accept, Intake, Journal, StoreError};

use super::Entries;
use super::make::scope;

#[tokio::test]
async fn an_unknown_result_comes_with_its_effect_or_without() {
    let (entries, clock) = Entries::with_clock();
    let memory = Memory::new(std::sync::Arc::new(clock));
    let unknown = || StoreError::Unknown("the connection broke".into());
    memory.fail_next(Call::Accept, Fault::Before(unknown()));
    memory.fail_next(Call::Accept, Fault::After(unknown()));
    let (without, with) = (entries.planned(Birth::Pending), entries.planned(Birth::Pending));
    let (absent, present) = (without.event.content.id, with.event.content.id);

    for entry in [without, with] {
        let answer = memory.accept(Accept { owner: Owner(1), entries: vec![entry] }).await;
        assert_eq!(answer, Err(unknown()));
    }

    assert_eq!(memory.event(scope(), absent).await, Ok(None));
    assert!(memory.event(scope(), present).await.unwrap().is_some());
}
