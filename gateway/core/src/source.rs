//! Sources: named inbound addresses, each with its verification and its rules for naming events.

use crate::scheme::Verification;
use crate::template::Template;
use crate::word::{NameId, ScopeId, Slug};

/// A named inbound address.
#[derive(Debug)]
pub struct Source {
    /// The owner.
    pub scope: ScopeId,
    /// The name as an integer.
    pub id: NameId,
    /// The name, which is the last part of its URL.
    pub name: Slug,
    /// How a sender proves who it is.
    pub verification: Verification,
    /// How an event's type is read from a request; none: events have no type.
    pub event_type: Option<Template>,
    /// How duplicates are known; none: every request is a new event.
    pub dedupe: Option<DedupeRule>,
    /// Bytes that a request's body may have.
    pub body_bytes_max: usize,
}

/// What makes two requests the same event.
#[derive(Debug, Clone)]
pub struct DedupeRule {
    /// What the key is read from; a request that lacks it is not deduped.
    pub key: Template,
    /// Whole hours that a key is remembered, at least one.
    pub window_hours: u32,
}
