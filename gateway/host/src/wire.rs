//! What roles return, in the shape of the contract's records and variants.
//!
//! Names here are the contract's; they are checked against each component when it is loaded.

use wasmtime::component::{ComponentType, Lift};

/// The record `message`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct WireMessage {
    #[component(name = "event-type")]
    pub(crate) event_type: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// The record `retry`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct WireRetry {
    #[component(name = "after-ms")]
    pub(crate) after_ms: Option<u64>,
    pub(crate) reason: String,
}

/// The variant `stop`.
#[derive(Debug, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum WireStop {
    #[component(name = "skip")]
    Skip(String),
    #[component(name = "declined")]
    Declined(String),
    #[component(name = "retry")]
    Retry(WireRetry),
}

/// The enum `level` of the interface `log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes them of their numbers")]
pub(crate) enum WireLevel {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

/// What the function `transform` returns.
pub(crate) type WireTransformed = Result<Vec<WireMessage>, WireStop>;
