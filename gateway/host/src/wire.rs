//! What crosses to and from guests, in the shape of the contract's records and variants.
//!
//! Names here are the contract's; they are checked against each component when it is loaded.

use hookgate_core::scheme::Algorithm;
use wasmtime::component::{ComponentType, Lift, Lower};

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

/// What the function `route` returns.
pub(crate) type WireRouted = Result<Vec<String>, WireStop>;

/// The record `shape`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct WireShape {
    #[component(name = "event-type")]
    pub(crate) event_type: Option<String>,
    #[component(name = "dedupe-key")]
    pub(crate) dedupe_key: Option<String>,
    #[component(name = "order-key")]
    pub(crate) order_key: Option<String>,
    pub(crate) subject: Option<String>,
}

/// The record `response`: made by an authenticator, or shown to a connector.
#[derive(Debug, ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct WireResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The variant `admission`.
#[derive(Debug, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum WireAdmission {
    #[component(name = "accept")]
    Accept(WireShape),
    #[component(name = "respond")]
    Respond(WireResponse),
    #[component(name = "deny")]
    Deny(String),
}

/// What the function `authenticate` returns.
pub(crate) type WireAuthenticated = Result<WireAdmission, String>;

/// The record `outbound`.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(crate) struct WireOutbound {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

/// What the function `build` returns.
pub(crate) type WireBuilt = Result<WireOutbound, WireStop>;

/// The variant `judgement`, which the function `judge` returns.
#[derive(Debug, ComponentType, Lift)]
#[component(variant)]
pub(crate) enum WireJudgement {
    #[component(name = "delivered")]
    Delivered,
    #[component(name = "retry")]
    Retry(WireRetry),
    #[component(name = "declined")]
    Declined(String),
    #[component(name = "gone")]
    Gone(String),
}

/// The enum `algorithm` of the interface `mac`.
#[derive(Debug, Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[expect(dead_code, reason = "wasmtime makes them of their numbers")]
pub(crate) enum WireAlgorithm {
    #[component(name = "sha1")]
    Sha1,
    #[component(name = "sha256")]
    Sha256,
    #[component(name = "sha512")]
    Sha512,
}

impl From<WireAlgorithm> for Algorithm {
    fn from(algorithm: WireAlgorithm) -> Algorithm {
        match algorithm {
            WireAlgorithm::Sha1 => Algorithm::Sha1,
            WireAlgorithm::Sha256 => Algorithm::Sha256,
            WireAlgorithm::Sha512 => Algorithm::Sha512,
        }
    }
}
