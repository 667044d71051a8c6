//! What the writer's queue refuses, and what it never does.

use std::sync::Arc;
use std::time::Duration;

use hookgate_core::delivery::Owner;
use hookgate_core::event::Accepted;
use hookgate_core::limits;
use hookgate_ports::doubles::VirtualClock;
use hookgate_ports::{Accept, StoreError};
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::Waiting;
use crate::conformance::Entries;
use crate::sqlite::Metrics;
use crate::sqlite::unit::Unit;

type Answer = oneshot::Receiver<Result<Vec<Accepted>, StoreError>>;

const TOO_LONG: Duration = limits::ACCEPT_WAIT_MAX.saturating_add(Duration::from_millis(1));

struct Queue {
    waiting: Waiting,
    entries: Entries,
    clock: VirtualClock,
}

impl Queue {
    fn new() -> Queue {
        let (entries, clock) = Entries::with_clock();
        Queue { waiting: Waiting::new(Arc::new(clock.clone()), Metrics::default()), entries, clock }
    }

    fn accept(&self) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let unit = Accept { owner: Owner(0), entries: vec![self.entries.plain()] };
        self.waiting.accept(Unit::Accept(unit, reply)).map(|()| answer)
    }
}

fn is_busy<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Busy { retry_after }) if *retry_after > limits::ACCEPT_WAIT_MAX)
}

#[tokio::test]
async fn a_commit_that_takes_too_long_means_busy_for_all_behind_it() {
    let queue = Queue::new();
    let mut written = queue.accept().unwrap();
    let batch = queue.waiting.next().await.unwrap();
    queue.clock.advance(Duration::from_millis(1));
    let mut behind = queue.accept().unwrap();

    queue.clock.advance(TOO_LONG);
    let refused = queue.accept();

    assert!(is_busy(&refused));
    assert!(behind.try_recv().is_ok_and(|answer| is_busy(&answer)), "it was not written, and it knows");
    assert_eq!(written.try_recv(), Err(TryRecvError::Empty), "what is being written nobody can call back");
    queue.waiting.committed(batch.len(), TOO_LONG);
    assert!(queue.accept().is_ok(), "the commit has ended");
}

#[tokio::test]
async fn a_first_request_behind_a_stuck_commit_is_refused_too() {
    let queue = Queue::new();
    let _written = queue.accept().unwrap();
    let _batch = queue.waiting.next().await.unwrap();

    queue.clock.advance(limits::ACCEPT_WAIT_MAX);
    assert!(queue.accept().is_ok());
    queue.clock.advance(Duration::from_millis(1));

    assert!(is_busy(&queue.accept()));
}

#[tokio::test]
async fn upkeep_refuses_what_waits_behind_a_stuck_commit() {
    let queue = Queue::new();
    let _written = queue.accept().unwrap();
    let _batch = queue.waiting.next().await.unwrap();
    let (mut old, clock) = (queue.accept().unwrap(), &queue.clock);
    clock.advance(TOO_LONG);

    queue.waiting.refuse_stale();

    assert!(old.try_recv().is_ok_and(|answer| is_busy(&answer)));
}
