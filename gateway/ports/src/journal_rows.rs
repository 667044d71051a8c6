//! What the admin API reads and writes: rows, filters and what a configuration leaves in the store.

use bytes::Bytes;
use hookgate_core::delivery::End;
use hookgate_core::render::Rendered;
use hookgate_core::word::{
    AttemptId, DeliveryId, Digest, EventId, Headers, Kind, MessageId, Millis, NameId, ScopeId, Slug,
};

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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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

/// A plugin as the store knows it: what the configuration names from a file, what is inside the binary, and
/// what was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRow {
    /// Its name.
    pub name: String,
    /// The component that answers to the name now; none: it was removed.
    pub active: Option<Digest>,
    /// `file`, `embedded` or `uploaded`: where the active component is from; empty without one.
    pub origin: String,
    /// Every component that was stored under the name, newest first.
    pub versions: Vec<PluginVersion>,
}

/// A component that was stored under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginVersion {
    /// Which.
    pub digest: Digest,
    /// When it was stored.
    pub at: Millis,
    /// Size of the file.
    pub bytes: u64,
    /// `file`, `embedded` or `uploaded`.
    pub origin: String,
    /// What it says of itself, as JSON; empty if it says nothing.
    pub manifest: String,
}

/// What storing a component came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uploaded {
    /// It answers to its name now: the first of that name, or an embedded one in place of another.
    Active,
    /// It is stored, and waits for [`crate::Journal::activate`].
    Waiting,
    /// Nothing is stored: it is an embedded one that an operator removed.
    Removed,
}

/// What a bulk retry came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetriedMany {
    /// Deliveries that are pending now.
    pub retried: u64,
    /// Where the next call goes on; none: nothing is left that the filter fits.
    pub next: Option<Cursor>,
}

/// What statistics are told apart by, beside minute and outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatsBy {
    /// Nothing: sums over all.
    Nothing,
    /// Source.
    Source,
    /// Route.
    Route,
    /// Destination.
    Destination,
    /// Plugin.
    Plugin,
}

/// Statistics of whole minutes, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// One row for each minute, name and outcome.
    pub rows: Vec<StatRow>,
    /// Where the next call begins; none: that was all.
    pub next: Option<Millis>,
}

/// What happened in a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatRow {
    /// The minute's beginning.
    pub minute: Millis,
    /// The name that it is told apart by; empty where there is none.
    pub name: String,
    /// The outcome's word.
    pub outcome: String,
    /// How often.
    pub n: u64,
    /// How long it took, all together.
    pub took_ms: u64,
}
