//! The port to plugins.

use bytes::Bytes;
use hookgate_core::plugin::{Call, Facts, GuestEvent, Refused, Transformed};
use hookgate_core::word::Digest;

use crate::Fut;

/// Runs plugins. Knows no store: the caller hands it the component of a digest once, with `load`.
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

    /// Forgets a component; calls that run end on it.
    fn unload(&self, digest: &Digest);

    /// Calls the role `transform` in a fresh instance. A digest that is not loaded, or lacks the role,
    /// is a crash of the kind `incompatible`.
    ///
    /// Cancel-safe: a dropped call ends the guest at its next epoch.
    fn transform(&self, call: Call, event: GuestEvent) -> Fut<'_, Transformed>;
}
