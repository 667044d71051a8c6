//! The store in memory fails as it is told to.

use std::sync::Arc;

use hookgate_core::delivery::{Lane, Owner};
use hookgate_core::word::{NameId, ScopeId, Token};

use super::*;
use crate::doubles::VirtualClock;
use crate::{Queue, Want};

fn memory() -> Memory {
    Memory::new(Arc::new(VirtualClock::default()))
}

fn nothing(owner: Owner) -> Accept {
    Accept { owner, entries: Vec::new() }
}

fn lost() -> StoreError {
    StoreError::Unknown("the connection broke".into())
}

#[tokio::test]
async fn a_fault_strikes_once_and_only_its_call() {
    let memory = memory();
    let owner = memory.enter().await.unwrap().owner;
    memory.fail_next(Call::Take, Fault::Before(lost()));

    let accepted = memory.accept(nothing(owner)).await;
    let taken =
        (memory.take(owner, Vec::new()).await.map(drop), memory.take(owner, Vec::new()).await.map(drop));

    assert_eq!((accepted, taken), (Ok(Vec::new()), (Err(lost()), Ok(()))));
}

#[tokio::test]
async fn faults_of_one_call_queue_up() {
    let memory = memory();
    memory.fail_next(Call::Accept, Fault::Before(StoreError::Ended));
    memory.fail_next(Call::Accept, Fault::After(lost()));

    let answers = (memory.accept(nothing(Owner(1))).await, memory.accept(nothing(Owner(1))).await);

    assert_eq!(answers, (Err(StoreError::Ended), Err(lost())));
    assert_eq!(memory.accept(nothing(Owner(1))).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_lost_answer_of_a_call_that_fails_is_its_own_error() {
    let memory = memory();
    let lane = Lane { scope: ScopeId(1), id: NameId(1) };
    let want = Want { lane, count: 1, bytes: 1, token: Token(1), suspects: false };
    memory.fail_next(Call::Take, Fault::After(lost()));

    assert_eq!(memory.take(Owner(1), vec![want]).await.map(drop), Err(StoreError::Ended));
}
