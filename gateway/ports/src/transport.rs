//! The port to the wire.

use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::Outcome;

use crate::Fut;

/// Sends requests. Every failure is an outcome; there is no other error.
pub trait Transport: Send + Sync {
    /// Sends one request and reads the answer, within the request's timeout. Follows no redirect,
    /// repeats nothing but a request that a reused connection lost before it was written.
    ///
    /// Cancel-safe: a dropped call closes the request's connection.
    fn send(&self, request: OutboundRequest) -> Fut<'_, Outcome>;
}
