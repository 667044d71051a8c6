//! The port of the admin API: everything it shows or changes. Reads take a scope, changes an actor.

use bytes::Bytes;
use hookgate_core::delivery::End;
use hookgate_core::render::Rendered;
use hookgate_core::word::{
    Actor, AttemptId, DeliveryId, Digest, EventId, Headers, Kind, MessageId, Millis, NameId, ScopeId, Slug,
};
use thiserror::Error;

use crate::{Fut, StoreError};

/// A page of rows, newest first. A filter that fits few rows may fill it in part only, or not at all: one
/// page looks at no more than [`hookgate_core::limits::SCAN_ROWS_MAX`] rows, and the next goes on from there.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none: this was the last one.
    pub next: Option<Cursor>,
}

/// Where a page begins: below this id. Stable while rows are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor(pub i64);

/// Which events to list.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Only of this source.
    pub source: Option<NameId>,
    /// Only of exactly this type.
    pub event_type: Option<String>,
    /// Only those that no route took.
    pub unrouted: Option<bool>,
    /// Only those received then or later.
    pub since: Option<Millis>,
    /// Only those received before.
    pub until: Option<Millis>,
}

/// An event as listed.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    /// `evt_…`.
    pub id: EventId,
    /// Its source's name; empty of the API.
    pub source: String,
    /// Its type.
    pub event_type: String,
    /// When it was received.
    pub received_at: Millis,
    /// The configuration that planned it.
    pub revision: Digest,
    /// Requests that were duplicates of it.
    pub duplicates: u64,
    /// Deliveries planned for it.
    pub deliveries: u64,
    /// Size of its body.
    pub body_bytes: u64,
    /// The header fields; none in a list.
    pub headers: Option<Headers>,
    /// The body; none in a list.
    pub body: Option<Bytes>,
}

/// Which deliveries to list.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Only of this event.
    pub event: Option<EventId>,
    /// Only to this destination.
    pub destination: Option<NameId>,
    /// Only by this route.
    pub route: Option<NameId>,
    /// Only of events of exactly this type.
    pub event_type: Option<String>,
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only dead letters with this reason.
    pub reason: Option<String>,
    /// Only those born then or later.
    pub since: Option<Millis>,
    /// Only those born before.
    pub until: Option<Millis>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Waits for its due time or a permit.
    Pending,
    /// Waits for somebody to retry it: it has no due time.
    Held,
    /// In a process' hands.
    InFlight,
    /// See [`End`].
    Finished(End),
}

/// A delivery as listed, live or finished.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryRow {
    /// `del_…`.
    pub id: DeliveryId,
    /// Its event.
    pub event: EventId,
    /// The event's type.
    pub event_type: String,
    /// The route's name.
    pub route: String,
    /// The destination's name; empty of one that a router has still to choose for.
    pub destination: String,
    /// What the receiver sees.
    pub message: MessageId,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why, of a dead letter: a stable word.
    pub reason: Option<String>,
    /// Attempts at the destination.
    pub attempts: u32,
    /// When it is tried next; none: not at all, or held.
    pub due: Option<Millis>,
    /// When it ended.
    pub finished_at: Option<Millis>,
    /// The delivery that split into it.
    pub parent: Option<DeliveryId>,
    /// The delivery that it replays.
    pub replay_of: Option<DeliveryId>,
    /// The delivery that made it good: a dead letter that was retried.
    pub resolved_by: Option<DeliveryId>,
    /// What happened last.
    pub last: Option<LastAttempt>,
}

/// The gist of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastAttempt {
    /// The outcome's word.
    pub outcome: String,
    /// The receiver's status.
    pub status: Option<u16>,
    /// One readable sentence.
    pub detail: String,
}

/// An attempt in full.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptRow {
    /// `att_…`.
    pub id: AttemptId,
    /// When it began.
    pub started_at: Millis,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What became of it.
    pub gist: LastAttempt,
    /// What was sent.
    pub rendered: Option<Rendered>,
    /// Header fields that were added to it at the moment of sending, credentials masked.
    pub sent: Headers,
    /// What came back.
    pub answer: Option<(Headers, Bytes)>,
    /// The components that made it.
    pub made_by: Vec<Digest>,
}

/// A configuration that was checked and is to rule from now on.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The owner.
    pub scope: ScopeId,
    /// Digest of the text.
    pub revision: Digest,
    /// The text as written: references, no secrets.
    pub text: String,
    /// Every name in it.
    pub names: Vec<(NameId, Kind, Slug)>,
    /// Every recipe in it: digest and JSON.
    pub recipes: Vec<(Digest, String)>,
    /// Every component that its plugins use.
    pub components: Vec<Component>,
}

/// A plugin's component, to be stored by its digest.
#[derive(Debug, Clone)]
pub struct Component {
    /// The plugin's name.
    pub plugin: Slug,
    /// SHA-256 of the bytes.
    pub digest: Digest,
    /// The file.
    pub bytes: Bytes,
    /// `file`, `embedded` or `uploaded`.
    pub origin: String,
}

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
