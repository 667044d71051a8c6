//! What crosses between the host and a guest: what a guest is shown, and what it gives back.
//!
//! What it gives back was checked by the host against the contract and the bounds.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::word::{Headers, Millis};

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

/// What an authenticator is shown of a request that is not an event yet.
#[derive(Debug, Clone)]
pub struct GuestRequest {
    /// Upper case.
    pub method: Arc<str>,
    /// As received, percent-encoded, without the query.
    pub path: Arc<str>,
    /// As received, without `?`; empty if there is none.
    pub query: Arc<str>,
    /// Its header fields, nothing masked: they may prove the sender.
    pub headers: Arc<Headers>,
    /// Byte for byte, as signed by the sender.
    pub body: Bytes,
}

/// How an accepted request becomes an event. None: what the source's configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// The event's type.
    pub event_type: Option<String>,
    /// A second request with the same key is a duplicate.
    pub dedupe_key: Option<String>,
    /// Events of one key are delivered in order where the route asks for it.
    pub order_key: Option<String>,
    /// What the event is about.
    pub subject: Option<String>,
}

/// An authenticator's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Store the request as an event.
    Accept(Shape),
    /// A handshake or ping: answer this, store nothing.
    Respond(GuestResponse),
    /// Refuse it. The reason is for the log, never for the sender.
    Deny(String),
}

/// An HTTP response: read from a receiver, or made to answer a sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestResponse {
    /// From a guest: 200 to 599.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
    /// From a receiver: the first part, up to `limits::RESPONSE_BYTES_MAX`.
    pub body: Bytes,
}

/// What a connector has sent to its destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestOutbound {
    /// An HTTP token in upper case; never empty: the host puts `POST` in.
    pub method: String,
    /// A reference to be resolved against the destination's endpoint (RFC 3986); empty for the endpoint
    /// itself. It holds no white space and no control characters; where it leads was not checked.
    pub url: String,
    /// Header fields, none of the host's own.
    pub headers: Headers,
    /// None: the event's body, byte for byte.
    pub body: Option<Bytes>,
}

/// What a receiver's answer means, in the words of the connector that speaks its language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It has the message.
    Delivered,
    /// It may take it later.
    Retry {
        /// Not before so long; none: by the delivery's own schedule.
        after: Option<Duration>,
        /// In the plugin's words.
        reason: String,
    },
    /// It never will take this message: dead-letter now.
    Declined(String),
    /// The destination is gone for good: disable it.
    Gone(String),
}
