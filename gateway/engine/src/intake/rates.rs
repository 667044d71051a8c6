//! Rates of sources: how often each may be called. Asked before the body is read and before anything is
//! verified, so that a flood costs little.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hookgate_core::rate::Bucket;
use hookgate_core::source::Source;
use hookgate_core::word::NameId;
use http::Method;

use super::{Door, Refusal};
use crate::Engine;

/// The bucket of each source that has a rate.
#[derive(Default)]
pub(crate) struct Rates(Mutex<HashMap<NameId, Bucket>>);

impl Rates {
    /// Takes a token of the source's rate; none left: how long until there is one.
    fn take(&self, source: &Source, now: Duration) -> Result<(), Duration> {
        let Some(rate) = &source.rate else { return Ok(()) };
        // A source that is gone leaves its bucket: as many as a process ever knew of, each some 50 bytes.
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(source.id).or_default();
        match bucket.take(rate, now, 1) {
            0 => Err(bucket.wait(rate, now)),
            _ => Ok(()),
        }
    }
}

impl Engine {
    /// Lets a request in if its source takes its method, and the source's rate has room. Ask once for each
    /// request, before its body.
    ///
    /// # Errors
    /// It takes other methods; or when to come again.
    pub fn let_in(&self, source: &Source, method: &Method) -> Result<(), Refusal> {
        let let_in = if source.takes(method) {
            self.rates.take(source, self.ports.clock.monotonic()).map_err(Refusal::TooFast)
        } else {
            Err(Refusal::WrongMethod)
        };
        let_in.inspect_err(|refusal| self.account(Door::of(source), Err(refusal)))
    }
}
