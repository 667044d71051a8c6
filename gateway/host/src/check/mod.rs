//! Checks what a guest returned, against the contract and the bounds, before anybody sees it.
//!
//! Never cuts: what is too long or not allowed ends the call, with the field's name.

mod admission;
mod message;
mod outbound;
mod routed;

use std::time::Duration;

use hookgate_core::limits::{HEADER_BYTES_MAX, HEADER_COUNT_MAX, PLUGIN_OUTPUT_BYTES_MAX};
use hookgate_core::plugin::{Crash, CrashKind, Stop};
use hookgate_core::word::Headers;
use http::{HeaderName, HeaderValue};

pub(crate) use admission::authenticated;
pub(crate) use message::transformed;
pub(crate) use outbound::{built, judged};
pub(crate) use routed::routed;

use crate::crash::crash;
use crate::wire::WireStop;

/// Longest reason of a stop: it is shown in a list and stored with every attempt.
const REASON_BYTES_MAX: usize = 4 << 10;

/// Fields that belong to the connection (RFC 9110, 7.6.1, and the older ones that proxies still know) or
/// that the host computes.
const HOST_FIELDS: [&str; 13] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "http2-settings",
];

/// Fields that sign the message (Standard Webhooks 1.0; RFC 9421), which no plugin may put there.
const SIGNING_FIELDS: [&str; 5] =
    ["webhook-id", "webhook-timestamp", "webhook-signature", "signature", "signature-input"];

/// Fields of the gateway itself begin with this.
const OWN_PREFIX: &str = "hookgate-";

fn header_size(headers: &[(String, String)]) -> usize {
    headers.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// Checks the size of one record: its header fields and its body together.
fn check_size(headers: &[(String, String)], body: Option<&[u8]>) -> Result<(), Crash> {
    let bytes = header_size(headers) + body.map_or(0, <[u8]>::len);
    if bytes > PLUGIN_OUTPUT_BYTES_MAX {
        return Err(too_large(&format!("{bytes} bytes, at most {PLUGIN_OUTPUT_BYTES_MAX} are allowed")));
    }
    Ok(())
}

fn check_headers(fields: &[(String, String)]) -> Result<Headers, Crash> {
    let (count, bytes) = (fields.len(), header_size(fields));
    if count > HEADER_COUNT_MAX || bytes > HEADER_BYTES_MAX {
        return Err(too_large(&format!(
            "{count} header fields of {bytes} bytes, at most {HEADER_COUNT_MAX} of {HEADER_BYTES_MAX} are allowed"
        )));
    }
    fields.iter().map(|(name, value)| check_field(name, value)).collect()
}

fn check_field(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Crash> {
    let incompatible =
        |reason: &str| crash(CrashKind::Incompatible, &format!("header field {name:?}: {reason}"));
    let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| incompatible("not an HTTP token"))?;
    if HOST_FIELDS.contains(&field.as_str()) || field.as_str().starts_with(OWN_PREFIX) {
        return Err(incompatible("it belongs to the host"));
    }
    if SIGNING_FIELDS.contains(&field.as_str()) {
        return Err(incompatible("it signs the message and belongs to the host"));
    }
    if value.chars().any(|c| c.is_control() && c != '\t') {
        return Err(incompatible("its value has a control character"));
    }
    let value =
        HeaderValue::from_bytes(value.as_bytes()).map_err(|_| incompatible("its value is not allowed"))?;
    Ok((field, value))
}

fn check_stop(stop: WireStop) -> Result<Stop, Crash> {
    Ok(match stop {
        WireStop::Skip(reason) => Stop::Skip(check_reason(reason)?),
        WireStop::Declined(reason) => Stop::Declined(check_reason(reason)?),
        WireStop::Retry(retry) => Stop::Retry {
            after: retry.after_ms.map(Duration::from_millis),
            reason: check_reason(retry.reason)?,
        },
    })
}

/// Checks a text that has a bound of its own.
fn check_text(what: &str, text: Option<String>, bytes_max: usize) -> Result<Option<String>, Crash> {
    let bytes = text.as_ref().map_or(0, String::len);
    if bytes > bytes_max {
        return Err(too_large(&format!("{what} of {bytes} bytes, at most {bytes_max} are allowed")));
    }
    Ok(text)
}

fn check_reason(reason: String) -> Result<String, Crash> {
    if reason.len() > REASON_BYTES_MAX {
        return Err(too_large(&format!(
            "a reason of {} bytes, at most {REASON_BYTES_MAX} are allowed",
            reason.len()
        )));
    }
    Ok(reason)
}

fn too_large(what: &str) -> Crash {
    crash(CrashKind::OutputTooLarge, &format!("the guest returned {what}"))
}

fn incompatible(what: &str) -> Crash {
    crash(CrashKind::Incompatible, what)
}
