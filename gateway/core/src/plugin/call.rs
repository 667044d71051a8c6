//! One use of a plugin: which component, with what, and what it may spend.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Grants;
use crate::limits;
use crate::word::{Digest, Millis, Slug};

/// What a plugin may spend in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginLimits {
    /// Time that the guest may run.
    pub deadline: Duration,
    /// All its linear memories and tables together, in bytes.
    pub memory_bytes_max: usize,
}

impl Default for PluginLimits {
    fn default() -> PluginLimits {
        PluginLimits { deadline: limits::PLUGIN_DEADLINE, memory_bytes_max: limits::PLUGIN_MEMORY_BYTES }
    }
}

/// One use of a plugin: which machine code, with what.
#[derive(Debug, Clone)]
pub struct Call {
    /// The plugin's name in the configuration, for logs and metrics.
    pub plugin: Slug,
    /// Which component.
    pub digest: Digest,
    /// Its config where it is used, as JSON text; `{}` without one.
    pub config: Arc<str>,
    /// What it may spend.
    pub limits: PluginLimits,
    /// What it may use beyond its own memory.
    pub grants: Arc<Grants>,
    /// What its clock shows all through the call: when the event or request was received; for a connector
    /// when the attempt began.
    pub now: Millis,
}
