//! What one call holds: what is on loan, the plugin's config, grants and log, and what it has spent.

use std::sync::Arc;

use hookgate_core::limits::PLUGIN_MAC_BYTES_MAX;
use hookgate_core::plugin::{Grants, GuestEvent, GuestRequest};
use hookgate_core::word::Millis;
use wasmtime::{Error, Result};

use crate::crash::Ended;
use crate::guest_log::GuestLog;
use crate::limiter::Limiter;
use crate::view::{EventView, RequestView};

/// What a guest has on loan for one call. Every handle that it has stands for this.
#[derive(Debug)]
pub(crate) enum Lent {
    Event(EventView),
    Request(RequestView),
    /// The role is given plain values only.
    Nothing,
}

impl From<GuestEvent> for Lent {
    fn from(event: GuestEvent) -> Lent {
        Lent::Event(EventView::new(event))
    }
}

impl From<GuestRequest> for Lent {
    fn from(request: GuestRequest) -> Lent {
        Lent::Request(RequestView::new(request))
    }
}

impl Lent {
    /// Returns the size of the body that the guest can ask for.
    pub(crate) fn body_bytes(&self) -> usize {
        match self {
            Lent::Event(view) => view.event().body.len(),
            Lent::Request(view) => view.request().body.len(),
            Lent::Nothing => 0,
        }
    }
}

/// The state behind one fresh instance.
#[derive(Debug)]
pub(crate) struct CallState {
    pub(crate) lent: Lent,
    /// The plugin's config where it is used, as JSON text.
    pub(crate) config: Arc<str>,
    /// What it may use.
    pub(crate) grants: Arc<Grants>,
    /// What its clock shows.
    pub(crate) now: Millis,
    /// The guest's lines.
    pub(crate) log: GuestLog,
    /// The bound of its memory.
    pub(crate) limiter: Limiter,
    /// Bytes that the host may still hash for it.
    pub(crate) mac_bytes_left: usize,
}

impl CallState {
    /// Returns the event on loan. A guest gets a handle of one only in a role that is lent one.
    pub(crate) fn event(&self) -> Result<&EventView> {
        match &self.lent {
            Lent::Event(view) => Ok(view),
            Lent::Request(_) | Lent::Nothing => Err(Error::msg("no event is on loan in this call")),
        }
    }

    /// Returns the request on loan.
    pub(crate) fn request(&self) -> Result<&RequestView> {
        match &self.lent {
            Lent::Request(view) => Ok(view),
            Lent::Event(_) | Lent::Nothing => Err(Error::msg("no request is on loan in this call")),
        }
    }

    /// Takes what `tags` HMACs over so many bytes cost off the call's bill, before they are computed: no tick
    /// interrupts the host.
    pub(crate) fn hash(&mut self, bytes: usize, tags: usize) -> Result<()> {
        let left = self.mac_bytes_left.checked_sub(bytes.saturating_mul(tags));
        self.mac_bytes_left = left.ok_or(Ended::Hashing { bytes_max: PLUGIN_MAC_BYTES_MAX })?;
        Ok(())
    }
}
