//! The port to plugins.

use std::collections::BTreeSet;

use bytes::Bytes;
use hookgate_core::plugin::{
    Authenticated, Built, Call, Facts, GuestEvent, GuestRequest, GuestResponse, Judged, Refused, Routed,
    Transformed,
};
use hookgate_core::word::Digest;

use crate::Fut;

/// Runs plugins. Knows no store: the caller hands it the component of a digest once, with `load`.
///
/// The calls of all roles are alike: each runs in a fresh instance within the call's limits. A digest that is
/// not loaded or lacks the role, a grant that the component needs and the call does not have, and a result
/// that the contract forbids are crashes of the kind `incompatible`.
///
/// Calls are cancel-safe: a dropped one ends the guest at its next epoch.
pub trait Guests: Send + Sync {
    /// Reads what a component is, without compiling it. Takes up to some milliseconds of CPU.
    ///
    /// # Errors
    /// Says why the component can be no plugin here, and what to do about it.
    fn inspect(&self, component: &[u8]) -> Result<Facts, Refused>;

    /// Makes a component callable: inspects, compiles or finds the machine code in the cache, links.
    /// Loading what is loaded is free.
    ///
    /// # Errors
    /// As [`Guests::inspect`], or the component does not compile or link.
    fn load(&self, component: Bytes) -> Fut<'_, Result<Facts, Refused>>;

    /// Tells whether calls of this digest can run now.
    fn is_loaded(&self, digest: &Digest) -> bool;

    /// Forgets all components but these; calls that run end on theirs.
    fn retain(&self, wanted: &BTreeSet<Digest>);

    /// Makes messages of an event.
    fn transform(&self, call: Call, event: GuestEvent) -> Fut<'_, Transformed>;

    /// Chooses among these names. What comes back is a part of them, each once, in the guest's order.
    fn route(&self, call: Call, event: GuestEvent, candidates: Vec<String>) -> Fut<'_, Routed>;

    /// Decides whether a request's sender is who it says.
    fn authenticate(&self, call: Call, request: GuestRequest) -> Fut<'_, Authenticated>;

    /// Makes the request that a connector sends for an event.
    fn build(&self, call: Call, event: GuestEvent) -> Fut<'_, Built>;

    /// Says what a receiver's answer means to its connector.
    fn judge(&self, call: Call, response: GuestResponse) -> Fut<'_, Judged>;
}
