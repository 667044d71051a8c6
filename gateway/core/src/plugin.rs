//! Plugins as the rest of Hookgate knows them: what a component is, may use, was given and gave back.
//!
//! How a component runs is the host's business; these are the words it answers in.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::limits;
use crate::word::{Digest, Headers, Millis, Slug};

/// What a component can do: one small exported interface each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// One event in, messages out.
    Transform,
    /// Chooses among a route's destinations.
    Route,
    /// Decides whether a sender is who it says.
    Authenticate,
    /// Names what a product sends.
    ConnectIn,
    /// Speaks a product's API.
    ConnectOut,
}

impl Role {
    /// Every role of the contract.
    pub const ALL: [Role; 5] =
        [Role::Transform, Role::Route, Role::Authenticate, Role::ConnectIn, Role::ConnectOut];

    /// Returns the name of the interface in `hookgate:plugin`.
    pub fn interface(self) -> &'static str {
        match self {
            Role::Transform => "transform",
            Role::Route => "route",
            Role::Authenticate => "authenticate",
            Role::ConnectIn => "connect-in",
            Role::ConnectOut => "connect-out",
        }
    }
}

/// What a plugin may use beyond its own memory, once the operator has granted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// A frozen clock.
    Clock,
    /// HMAC by key name.
    Mac,
    /// Secrets by name.
    Secret,
    /// A bounded key-value store.
    Kv,
    /// HTTP to listed hosts.
    Fetch,
}

impl Capability {
    /// Every capability of the contract.
    pub const ALL: [Capability; 5] =
        [Capability::Clock, Capability::Mac, Capability::Secret, Capability::Kv, Capability::Fetch];

    /// Returns the name of the interface in `hookgate:plugin`, which is also the key under `grant`.
    pub fn interface(self) -> &'static str {
        match self {
            Capability::Clock => "clock",
            Capability::Mac => "mac",
            Capability::Secret => "secret",
            Capability::Kv => "kv",
            Capability::Fetch => "fetch",
        }
    }
}

/// What a plugin says of itself: the JSON in its custom section `hookgate:manifest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The plugin's own name; an operator may install it under another.
    pub name: String,
    /// The plugin's own version, such as `1.2.0`.
    pub version: String,
    /// One sentence for `plugin list`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Capabilities that it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<Capability>,
    /// JSON Schema of the `config` that it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_schema: Option<Value>,
}

/// What a component is, read from its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Size of the file in bytes.
    pub component_bytes: usize,
    /// Roles that it exports.
    pub roles: Vec<Role>,
    /// Capabilities that it imports.
    pub uses: Vec<Capability>,
    /// What it says of itself, if it says anything.
    pub manifest: Option<Manifest>,
}

/// Why a component cannot be a plugin here. The text says what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// Larger than a component may be.
    #[error("the component has {bytes} bytes, at most {max} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        max: usize,
    },
    /// Not a WebAssembly component.
    #[error("{0}")]
    NotAComponent(String),
    /// Imports something that Hookgate does not supply, or another version of the contract.
    #[error("{0}")]
    Import(String),
    /// Exports no role.
    #[error(
        "exports none of the roles transform, route, authenticate, connect-in, connect-out of {contract}"
    )]
    NoRole {
        /// The contract that was looked for.
        contract: String,
    },
    /// Its manifest does not read.
    #[error("the manifest in section hookgate:manifest does not read: {0}")]
    Manifest(String),
    /// Its code does not compile, or its self-test failed.
    #[error("{0}")]
    Unusable(String),
}

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
}

/// What a guest is shown of a message: the accepted event, or what another transform made of it.
///
/// Everything is shared: making one copies no body and no header.
#[derive(Debug, Clone)]
pub struct GuestEvent {
    /// `evt_…`.
    pub id: Arc<str>,
    /// The source's name; empty for an event of the API.
    pub source: Arc<str>,
    /// Empty if nobody named one.
    pub event_type: Arc<str>,
    /// What it is about, if somebody said.
    pub subject: Option<Arc<str>>,
    /// Events of one key are delivered in order where the route asks for it.
    pub order_key: Option<Arc<str>>,
    /// When it was received.
    pub received_at: Millis,
    /// Its header fields.
    pub headers: Arc<Headers>,
    /// Its body.
    pub body: Bytes,
    /// The body as JSON, if somebody parsed it already.
    pub json: Option<Arc<Value>>,
}

/// What a transform makes. Fields left out are the event's own.
#[derive(Debug, Clone, PartialEq)]
pub struct GuestMessage {
    /// None: the event's type stays.
    pub event_type: Option<String>,
    /// Set on the outgoing message; checked by the host against the contract.
    pub headers: Headers,
    /// None: the event's body, byte for byte.
    pub body: Option<Bytes>,
}

/// Why a plugin lets nothing go out, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing to send, and that is right.
    Skip(String),
    /// Never will work: dead-letter now.
    Declined(String),
    /// May work later.
    Retry {
        /// Not before so long; none: by the delivery's own schedule.
        after: Option<Duration>,
        /// In the plugin's words.
        reason: String,
    },
}

/// How a plugin broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrashKind {
    /// It trapped: a panic, a division by zero, a stack overflow.
    Trap,
    /// It ran longer than its deadline.
    Deadline,
    /// It asked for more memory than it may have.
    Memory,
    /// It returned more than crosses.
    OutputTooLarge,
    /// It returned what the contract forbids, or is not loaded.
    Incompatible,
}

impl CrashKind {
    /// Returns the word for logs, metrics and the API.
    pub fn word(self) -> &'static str {
        match self {
            CrashKind::Trap => "trap",
            CrashKind::Deadline => "deadline",
            CrashKind::Memory => "memory",
            CrashKind::OutputTooLarge => "output_too_large",
            CrashKind::Incompatible => "incompatible",
        }
    }
}

/// A plugin's failure: its own, on this call alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {message}", kind.word())]
pub struct Crash {
    /// How it broke.
    pub kind: CrashKind,
    /// What is known, for the operator; bounded.
    pub message: String,
}

/// What a call of `transform` came to: messages, the plugin's own stop, or its crash.
pub type Transformed = Result<Result<Vec<GuestMessage>, Stop>, Crash>;
