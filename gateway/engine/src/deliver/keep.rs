//! Keeping: what must not be made, sent or judged twice is committed with its delivery. And suspects:
//! deliveries that nodes died with, which run alone and leave a trace of how far they came.

use std::sync::atomic::Ordering;

use hookgate_core::delivery::{Kept, Leased};
use hookgate_core::limits;
use hookgate_core::outcome::{Answer, Outcome};
use hookgate_core::plugin::CrashKind;
use hookgate_core::recipe::Stage;
use hookgate_core::render::Rendered;
use hookgate_core::topology::Target;
use hookgate_ports::{Keep, Settled, StoreError};
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::Trying;
use super::make::Made;
use super::plugin::broken;
use crate::Engine;

/// The right to let guests run: with others, or alone.
pub(super) enum Turn<'a> {
    Together { _held: RwLockReadGuard<'a, ()> },
    Alone { _held: RwLockWriteGuard<'a, ()> },
}

impl Engine {
    /// Waits for the right to let guests run: of a suspect, until no other one runs.
    pub(super) async fn turn(&self, leased: &Leased) -> Turn<'_> {
        if is_suspect(leased) {
            Turn::Alone { _held: self.renders.write().await }
        } else {
            Turn::Together { _held: self.renders.read().await }
        }
    }

    /// Notes that a suspect is made: the next one may be taken.
    pub(super) fn suspect_made(&self, leased: &Leased) {
        if is_suspect(leased) {
            self.suspect_in_hand.store(false, Ordering::Relaxed);
            self.gate.discover_now();
        }
    }

    /// Returns what is kept with the delivery.
    pub(super) async fn kept(&self, leased: &Leased) -> Result<Option<Kept>, Outcome> {
        if !leased.has_kept && !is_suspect(leased) {
            return Ok(None);
        }
        self.ports.queue.kept(leased.id).await.map_err(|error| {
            let message = format!("what is kept with the delivery could not be read: {error}");
            broken("store", CrashKind::Incompatible, message)
        })
    }

    /// Keeps a message before it is sent, where its plugins would not make the same again or it is a
    /// suspect's: a death while it waits for its receiver then says nothing about its plugins.
    ///
    /// # Errors
    /// It was not kept, so it is not sent.
    pub(super) async fn keep_unrepeatable(
        &self,
        to: &Trying<'_>,
        stages: &[Stage],
        made: Made,
    ) -> Result<Made, Outcome> {
        let Made::Message(rendered) = &made else { return Ok(made) };
        if !is_suspect(to.leased) && is_repeatable(to, stages) {
            return Ok(made);
        }
        match self.keep(to.leased, Kept::Rendered(rendered.clone())).await {
            Ok(Settled::Done) => Ok(made),
            Ok(Settled::LeaseLost) => Err(unkept("somebody else holds the delivery")),
            Err(error) => Err(unkept(&error.to_string())),
        }
    }

    /// Keeps an answer, so that its message is not sent again before somebody said what the answer means.
    /// Where that fails the message may be sent again, as after a death.
    pub(super) async fn keep_answer(&self, leased: &Leased, rendered: Rendered, answer: Answer) {
        if let Err(error) = self.keep(leased, Kept::Answered { rendered, answer }).await {
            tracing::warn!(delivery.id = %leased.id, %error, "an answer was not kept; its message may be sent again");
        }
    }

    /// Keeps the message alone again, when its answer was understood and it is to be sent once more.
    pub(super) async fn keep_rendered(&self, leased: &Leased, rendered: Rendered) {
        if let Err(error) = self.keep(leased, Kept::Rendered(rendered)).await {
            tracing::warn!(delivery.id = %leased.id, %error, "an answer that was judged is still kept; it is judged again");
        }
    }

    async fn keep(&self, leased: &Leased, kept: Kept) -> Result<Settled, StoreError> {
        self.ports.queue.keep(Keep { delivery: leased.id, lease: leased.lease, kept }).await
    }
}

/// Tells whether nodes died with the delivery so often that it may be the reason.
pub(super) fn is_suspect(leased: &Leased) -> bool {
    leased.lost >= limits::LOST_SUSPECT
}

/// Tells whether plugins would make the same again: not with what keys and secrets make today, nor, of a
/// connector, by the clock.
fn is_repeatable(to: &Trying<'_>, stages: &[Stage]) -> bool {
    let grants = |plugin: &str| to.topology.plugin(plugin).map(|plugin| &plugin.grants);
    let is_keyless = |plugin: &str| grants(plugin).is_none_or(|g| g.mac.is_empty() && g.secret.is_empty());
    let by_connector = to.destination.is_none_or(|destination| match &destination.target {
        Target::Http(_) => true,
        Target::Connector(connector) => {
            let plugin = connector.plugin.as_str();
            is_keyless(plugin) && grants(plugin).is_none_or(|grants| !grants.clock)
        }
    });
    by_connector && stages.iter().all(|stage| is_keyless(stage.plugin.as_str()))
}

fn unkept(why: &str) -> Outcome {
    let message = format!("what it made would not come out the same again, and was not kept: {why}");
    broken("store", CrashKind::Incompatible, message)
}
