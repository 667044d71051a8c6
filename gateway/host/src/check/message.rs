//! What the role `transform` returned.

use bytes::Bytes;
use hookgate_core::limits::{EVENT_TYPE_BYTES_MAX, PLUGIN_OUTPUT_BYTES_MAX, SPLIT_MAX};
use hookgate_core::plugin::{Crash, GuestMessage, Stop};

use super::{check_headers, check_stop, check_text, header_size, too_large};
use crate::wire::{WireMessage, WireTransformed};

/// Checks what the role `transform` returned.
pub(crate) fn transformed(transformed: WireTransformed) -> Result<Result<Vec<GuestMessage>, Stop>, Crash> {
    match transformed {
        Ok(messages) => check_messages(messages).map(Ok),
        Err(stop) => check_stop(stop).map(Err),
    }
}

fn check_messages(messages: Vec<WireMessage>) -> Result<Vec<GuestMessage>, Crash> {
    if messages.len() > SPLIT_MAX {
        return Err(too_large(&format!("{} messages, at most {SPLIT_MAX} are allowed", messages.len())));
    }
    let bytes: usize = messages.iter().map(size).sum();
    if bytes > PLUGIN_OUTPUT_BYTES_MAX {
        return Err(too_large(&format!("{bytes} bytes, at most {PLUGIN_OUTPUT_BYTES_MAX} are allowed")));
    }
    messages.into_iter().map(check_message).collect()
}

fn size(message: &WireMessage) -> usize {
    header_size(&message.headers) + message.body.as_ref().map_or(0, Vec::len)
}

fn check_message(message: WireMessage) -> Result<GuestMessage, Crash> {
    Ok(GuestMessage {
        event_type: check_text("an event type", message.event_type, EVENT_TYPE_BYTES_MAX)?,
        headers: check_headers(&message.headers)?,
        body: message.body.map(Bytes::from),
    })
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
