//! What a transform makes of an event.

use serde::Serialize;

use crate::Stop;

/// A message to be delivered. What is left out is the event's own.
///
/// Of the event's inbound header fields only `content-type` is passed on; a field set here takes
/// the place of one of the same name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "a message goes out only if the role returns it"]
pub struct Message {
    event_type: Option<String>,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Message {
    /// Passes the event's body on, byte for byte and without a copy.
    pub fn pass() -> Message {
        Message::default()
    }

    /// Writes `value` as JSON, with `content-type: application/json`.
    ///
    /// # Errors
    /// Declined: `value` has no JSON form, such as a map whose keys are not texts.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Message, Stop> {
        let body = serde_json::to_vec(value)
            .map_err(|error| Stop::declined(format!("the message cannot be written as JSON: {error}")))?;
        Ok(Message::bytes(body).header("content-type", "application/json"))
    }

    /// Sends these bytes. Name their type with [`Message::header`], else it is the event's.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Message {
        Message { body: Some(body.into()), ..Message::default() }
    }

    /// Sends this text, with `content-type: text/plain; charset=utf-8`.
    pub fn text(body: impl Into<String>) -> Message {
        Message::bytes(body.into()).header("content-type", "text/plain; charset=utf-8")
    }

    /// Adds a header field.
    ///
    /// The host refuses a name that is no HTTP token, a value with control characters but tab, and
    /// the fields that are its own: `host`, `content-length`, `connection` and its kin, and what
    /// signs the message.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Message {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Gives the message another event type than the event's.
    pub fn event_type(mut self, event_type: impl Into<String>) -> Message {
        self.event_type = Some(event_type.into());
        self
    }
}

/// For tests of a plugin: what the message holds.
impl Message {
    /// Returns the new event type, if one was given.
    pub fn get_event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }

    /// Returns the value of the first field of this name, in any case.
    pub fn get_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the new body; none if the event's own is passed on.
    pub fn get_body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// Returns the new body as JSON; null if it is none.
    pub fn body_json(&self) -> serde_json::Value {
        let read = |body: &Vec<u8>| serde_json::from_slice(body).ok();
        self.body.as_ref().and_then(read).unwrap_or_default()
    }
}

impl From<Message> for crate::__bindings::imports::hookgate::plugin::types::Message {
    fn from(message: Message) -> Self {
        let Message { event_type, headers, body } = message;
        Self { event_type, headers, body }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_message_of_json_says_so() {
        let message = Message::json(&[1, 2]).expect("JSON").event_type("numbers").header("X-Count", "2");

        assert_eq!(message.get_body(), Some(&b"[1,2]"[..]));
        assert_eq!(message.get_header("content-type"), Some("application/json"));
        assert_eq!(message.get_header("x-count"), Some("2"));
        assert_eq!(message.get_event_type(), Some("numbers"));
    }

    #[test]
    fn a_passed_message_carries_nothing_of_its_own() {
        let message = Message::pass();

        assert_eq!(message.get_body(), None);
        assert_eq!(message.get_event_type(), None);
        assert_eq!(message.body_json(), serde_json::Value::Null);
    }

    #[test]
    fn what_has_no_json_form_is_declined() {
        let odd = HashMap::from([((1, 2), 3)]);

        let stop = Message::json(&odd).expect_err("a tuple is no key");

        assert!(matches!(stop, Stop::Declined(reason) if reason.contains("key must be a string")));
    }
}
