//! The request that a connector has sent.

use serde::Serialize;

use crate::Stop;

/// A request for the host to send to the destination. What is left out: `POST` to the endpoint itself,
/// with the event's body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[must_use = "a request is sent only if the role returns it"]
pub struct Outbound {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Outbound {
    /// Sends the event's body, byte for byte and without a copy.
    pub fn pass() -> Outbound {
        Outbound::default()
    }

    /// Writes `value` as JSON, with `content-type: application/json`.
    ///
    /// # Errors
    /// Declined: `value` has no JSON form, such as a map whose keys are not texts.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Outbound, Stop> {
        let body = serde_json::to_vec(value)
            .map_err(|error| Stop::declined(format!("the request cannot be written as JSON: {error}")))?;
        Ok(Outbound::bytes(body).header("content-type", "application/json"))
    }

    /// Sends these bytes. Name their type with [`Outbound::header`].
    pub fn bytes(body: impl Into<Vec<u8>>) -> Outbound {
        Outbound { body: Some(body.into()), ..Outbound::default() }
    }

    /// Sends by another method than `POST`: `PUT`, `PATCH`, `DELETE`, `GET` or `HEAD`.
    pub fn method(mut self, method: impl Into<String>) -> Outbound {
        self.method = method.into();
        self
    }

    /// Sends to a reference that is resolved against the destination's endpoint (RFC 3986), such as
    /// `?wait=true` or `messages/42`. Another origin than the endpoint's is a crash: the plugin need not
    /// know an endpoint that is a secret, and cannot send it elsewhere.
    pub fn url(mut self, reference: impl Into<String>) -> Outbound {
        self.url = reference.into();
        self
    }

    /// Adds a header field. The host refuses the same fields as for
    /// [`Message::header`](crate::Message::header).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Outbound {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// For tests of a plugin: what the request holds.
impl Outbound {
    /// Returns the method; empty means `POST`.
    pub fn get_method(&self) -> &str {
        &self.method
    }

    /// Returns the reference; empty means the endpoint itself.
    pub fn get_url(&self) -> &str {
        &self.url
    }

    /// Returns the value of the first field of this name, in any case.
    pub fn get_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the body; none if the event's own is sent.
    pub fn get_body(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// Returns the body as JSON; null if it is none.
    pub fn body_json(&self) -> serde_json::Value {
        let read = |body: &Vec<u8>| serde_json::from_slice(body).ok();
        self.body.as_ref().and_then(read).unwrap_or_default()
    }
}

impl From<Outbound> for crate::__bindings::imports::hookgate::plugin::types::Outbound {
    fn from(outbound: Outbound) -> Self {
        let Outbound { method, url, headers, body } = outbound;
        Self { method, url, headers, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::__bindings::imports::hookgate::plugin::types;

    #[test]
    fn a_request_crosses_as_it_was_made() {
        let made = Outbound::json(&serde_json::json!({ "a": 1 })).expect("JSON").method("PUT").url("/x");

        let crossed = types::Outbound::from(made.clone().header("x-a", "1"));

        assert_eq!((crossed.method.as_str(), crossed.url.as_str()), ("PUT", "/x"));
        assert_eq!(crossed.body.as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(crossed.headers.len(), 2);
        assert_eq!((made.get_method(), made.get_url()), ("PUT", "/x"));
        assert_eq!(made.get_header("Content-Type"), Some("application/json"));
        assert_eq!(made.body_json()["a"], 1);
        assert_eq!(Outbound::pass().get_body(), None);
    }
}
