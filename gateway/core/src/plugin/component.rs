//! What a component is: its roles, what it asks for, what it says of itself, and why one is refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::word::Digest;

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
    /// One sentence for `plugin inspect`.
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
