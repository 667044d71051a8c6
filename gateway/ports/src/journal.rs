//! The port of the admin API: everything it shows or changes. Reads take a scope, changes an actor.

use hookgate_core::control::Fact;
use hookgate_core::word::{Actor, DeliveryId, Digest, EventId, Kind, Millis, NameId, ScopeId, Slug};
use thiserror::Error;

use crate::journal_rows::{
    Applied, AttemptRow, Component, Cursor, DeliveryFilter, DeliveryRow, EventFilter, EventRow, Page,
    PluginRow, RetriedMany, Stats, StatsBy, Uploaded,
};
use crate::{Fut, StoreError};

/// Why a delivery is not sent again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AgainRefused {
    /// No such delivery in this scope.
    #[error("no delivery {0}")]
    Unknown(DeliveryId),
    /// It is being sent at this moment.
    #[error("{0} is being sent right now")]
    InFlight(DeliveryId),
    /// It was retried, archived or discarded before.
    #[error("{0} was resolved before, by {1}")]
    Resolved(DeliveryId, DeliveryId),
    /// It arrived, or ended on purpose: a replay is the word for sending it again.
    #[error("{0} ended as {1}; only dead letters and pending deliveries can be retried")]
    NotFailed(DeliveryId, &'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a plugin is not changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PluginRefused {
    /// Nothing was uploaded or embedded under that name.
    #[error("no plugin {0}")]
    Unknown(Slug),
    /// No such component was stored under that name.
    #[error("plugin {0} has no version {1}")]
    NoVersion(Slug, Digest),
    /// The configuration names a file: the file is what changes it.
    #[error("plugin {0} is a file that the configuration names; change the file and reload")]
    FromFile(Slug),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Shows and changes what is stored.
pub trait Journal: Send + Sync {
    /// Lists events, newest first.
    fn events(
        &self,
        scope: ScopeId,
        filter: EventFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Fut<'_, Result<Page<EventRow>, StoreError>>;

    /// Returns an event whole.
    fn event(&self, scope: ScopeId, id: EventId) -> Fut<'_, Result<Option<EventRow>, StoreError>>;

    /// Lists deliveries, live and finished, newest first.
    fn deliveries(
        &self,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Fut<'_, Result<Page<DeliveryRow>, StoreError>>;

    /// Returns a delivery.
    fn delivery(&self, scope: ScopeId, id: DeliveryId) -> Fut<'_, Result<Option<DeliveryRow>, StoreError>>;

    /// Returns the attempts of a delivery, first to last.
    fn attempts(&self, scope: ScopeId, id: DeliveryId) -> Fut<'_, Result<Vec<AttemptRow>, StoreError>>;

    /// Sends a delivery again: a pending or held one is due at once, its plugin's crashes forgotten but for
    /// one, which lets it render with today's components; a dead letter becomes a new delivery `fresh` under the same message id, and is resolved by it in
    /// the same transaction. Returns the delivery that is now pending.
    fn retry(
        &self,
        actor: Actor,
        scope: ScopeId,
        id: DeliveryId,
        fresh: DeliveryId,
    ) -> Fut<'_, Result<DeliveryId, AgainRefused>>;

    /// Sends many deliveries again, oldest first, one for each id of `fresh`, at most
    /// [`hookgate_core::limits::RETRIES_PER_CALL_MAX`]: dead letters that nobody resolved, or where the filter
    /// names the state, held ones, which keep their ids. Other states fit nothing. Each as
    /// [`Journal::retry`] would, all in one transaction. `from` is where an earlier call ended: a call looks at
    /// no more rows than a page, so one that retries none may still have a next.
    fn retry_all(
        &self,
        actor: Actor,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        fresh: Vec<DeliveryId>,
    ) -> Fut<'_, Result<RetriedMany, StoreError>>;

    /// Pauses something until it is resumed, and tells whether there is such a name.
    fn pause(
        &self,
        actor: Actor,
        scope: ScopeId,
        subject: (Kind, NameId),
        reason: String,
    ) -> Fut<'_, Result<bool, StoreError>>;

    /// Lifts every control of something, whoever set it, and returns which there were. The end of a
    /// quarantine makes deliveries that are held for the plugin due.
    fn resume(
        &self,
        actor: Actor,
        scope: ScopeId,
        subject: (Kind, NameId),
    ) -> Fut<'_, Result<Vec<Fact>, StoreError>>;

    /// Returns what happened in the minutes from `from` on and before `to`.
    fn stats(
        &self,
        scope: ScopeId,
        from: Millis,
        to: Millis,
        by: StatsBy,
    ) -> Fut<'_, Result<Stats, StoreError>>;

    /// Stores a component under its name, with its manifest as JSON. The first of a name is active at once, a
    /// later one when it is activated. An embedded one takes the place of an embedded one, but comes not back
    /// after it was removed. Of a name the last [`hookgate_core::limits::PLUGIN_VERSIONS_MAX`] are kept.
    fn upload(
        &self,
        actor: Actor,
        scope: ScopeId,
        component: Component,
        manifest: String,
    ) -> Fut<'_, Result<Uploaded, StoreError>>;

    /// Lists plugins by name.
    fn plugins(&self, scope: ScopeId) -> Fut<'_, Result<Vec<PluginRow>, StoreError>>;

    /// Lets a stored component answer to its name. The configuration has to be applied for it to be used.
    fn activate(
        &self,
        actor: Actor,
        scope: ScopeId,
        name: Slug,
        digest: Digest,
    ) -> Fut<'_, Result<(), PluginRefused>>;

    /// Removes a name with its versions; an embedded one leaves a mark, so that a start does not bring it
    /// back. Deliveries that pinned one of its components still find it.
    fn remove_plugin(&self, actor: Actor, scope: ScopeId, name: Slug) -> Fut<'_, Result<(), PluginRefused>>;

    /// Returns a component that is stored under an uploaded or embedded name: the one that answers to it, or
    /// that version of it.
    fn component_of(
        &self,
        scope: ScopeId,
        name: Slug,
        version: Option<Digest>,
    ) -> Fut<'_, Result<Option<Component>, StoreError>>;

    /// Stores a configuration with all that its deliveries will need, in one transaction. Where a plugin's
    /// component is another one than before, deliveries that are held for that plugin are due at once.
    fn apply(&self, actor: Actor, applied: Applied) -> Fut<'_, Result<(), StoreError>>;

    /// Returns the digest of the configuration that was applied last.
    fn revision(&self, scope: ScopeId) -> Fut<'_, Result<Option<Digest>, StoreError>>;

    /// Returns the SHA-256 of the admin key that was made at the first start (table `api_key`, name `admin`).
    fn admin_key(&self, scope: ScopeId) -> Fut<'_, Result<Option<Digest>, StoreError>>;

    /// Stores the SHA-256 of a new admin key if there is none yet, and tells whether it did.
    fn make_admin_key(&self, actor: Actor, scope: ScopeId, hash: Digest)
    -> Fut<'_, Result<bool, StoreError>>;
}
