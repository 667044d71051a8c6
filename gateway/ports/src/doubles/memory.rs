//! A store in memory, with the semantics that the conformance suite of `hookgate-store` holds every store to.
//!
//! For tests of those who use a store: it forgets everything when it is dropped, waits for nothing, and
//! fails when it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hookgate_core::event::Accepted;

use super::memory_state::State;
use crate::{Accept, Clock, Fut, Intake, StoreError};

/// A store in memory. Clones are the same store.
#[derive(Clone)]
pub struct Memory {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    faults: Mutex<BTreeMap<Call, VecDeque<Fault>>>,
}

/// A call that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// [`Intake::accept`].
    Accept,
    /// [`crate::Queue::due`].
    Due,
    /// [`crate::Queue::take`].
    Take,
    /// [`crate::Queue::keep`].
    Keep,
    /// [`crate::Queue::settle`].
    Settle,
    /// [`crate::Queue::release`].
    Release,
    /// [`crate::Upkeep::tally`].
    Tally,
}

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing happens, and the caller gets this error.
    Before(StoreError),
    /// Everything happens, and the caller gets this error: a lost answer.
    After(StoreError),
}

impl Memory {
    /// Returns an empty store with this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Memory {
        let key = (0..4).flat_map(|_| clock.entropy().to_be_bytes()).collect();
        let shared = Shared { clock, state: Mutex::new(State::new(key)), faults: Mutex::default() };
        Memory { shared: Arc::new(shared) }
    }

    /// Makes the next call of this kind fail; more of them queue up.
    pub fn fail_next(&self, call: Call, fault: Fault) {
        self.faults().entry(call).or_default().push_back(fault);
    }

    /// Runs a call under its next fault, if there is one.
    pub(super) fn call<T>(
        &self,
        call: Call,
        run: impl FnOnce(&mut State) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let fault = self.faults().get_mut(&call).and_then(VecDeque::pop_front);
        match fault {
            None => run(&mut self.state()),
            Some(Fault::Before(error)) => Err(error),
            Some(Fault::After(error)) => {
                run(&mut self.state())?;
                Err(error)
            }
        }
    }

    /// Returns what is stored.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the store's clock.
    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.shared.clock
    }

    fn faults(&self) -> MutexGuard<'_, BTreeMap<Call, VecDeque<Fault>>> {
        self.shared.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intake for Memory {
    fn accept(&self, unit: Accept) -> Fut<'_, Result<Vec<Accepted>, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { self.call(Call::Accept, |state| state.accept(unit, now)) })
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
