//! What one call holds: the event on loan, the plugin's config and log, and what it has spent.

use std::sync::Arc;

use crate::guest_log::GuestLog;
use crate::limiter::Limiter;
use crate::view::EventView;

/// The state behind one fresh instance.
#[derive(Debug)]
pub(crate) struct CallState {
    /// The event on loan. Every handle that the guest has stands for it.
    pub(crate) event: EventView,
    /// The plugin's config where it is used, as JSON text.
    pub(crate) config: Arc<str>,
    /// The guest's lines.
    pub(crate) log: GuestLog,
    /// The bound of its memory.
    pub(crate) limiter: Limiter,
}
