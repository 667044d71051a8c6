//! An HTTP response: read from a receiver, or answered to a sender.

use std::borrow::Cow;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::__bindings::imports::hookgate::plugin::types;

/// An HTTP response. A connector is shown one, an authenticator may answer one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// Makes a response with this body, without a field that says what it is.
    pub fn bytes(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response { status, headers: Vec::new(), body: body.into() }
    }

    /// Makes a response of text, with `content-type: text/plain; charset=utf-8`.
    pub fn text(status: u16, body: impl Into<String>) -> Response {
        Response::bytes(status, body.into()).header("content-type", "text/plain; charset=utf-8")
    }

    /// Makes a response of JSON, with `content-type: application/json`.
    ///
    /// # Errors
    /// `value` has no JSON form, such as a map whose keys are not texts.
    pub fn json<T: Serialize + ?Sized>(status: u16, value: &T) -> Result<Response, String> {
        let body = serde_json::to_vec(value).map_err(|error| error.to_string())?;
        Ok(Response::bytes(status, body).header("content-type", "application/json"))
    }

    /// Adds a header field.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Response {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What the response holds.
impl Response {
    /// Returns the status, such as 200.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of the first field of this name, in any case.
    pub fn get_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the body; from a receiver its first part, up to 64 KiB.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the body as text; what is not UTF-8 is replaced.
    pub fn as_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// Reads the body as JSON; none if it is not JSON, or not of this shape.
    pub fn as_json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns `retry-after` where it is given in seconds. A date is not read: without the capability
    /// `clock` a plugin does not know what time it is, and the host reads dates itself.
    pub fn retry_after(&self) -> Option<Duration> {
        self.get_header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }
}

impl From<Response> for types::Response {
    fn from(response: Response) -> Self {
        let Response { status, headers, body } = response;
        Self { status, headers, body }
    }
}

impl From<types::Response> for Response {
    fn from(response: types::Response) -> Response {
        let types::Response { status, headers, body } = response;
        Response { status, headers, body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_crosses_both_ways() {
        let response = Response::json(200, &serde_json::json!({ "ok": true })).expect("JSON");

        let back = Response::from(types::Response::from(response.clone()));

        assert_eq!(back, response);
        assert_eq!(back.as_text(), "{\"ok\":true}");
        assert_eq!(back.as_json::<serde_json::Value>(), Some(serde_json::json!({ "ok": true })));
        assert_eq!(back.get_header("Content-Type"), Some("application/json"));
    }

    #[test]
    fn a_wait_is_read_in_seconds_only() {
        let wait = |text: &str| Response::bytes(429, "").header("Retry-After", text).retry_after();

        assert_eq!(wait(" 30 "), Some(Duration::from_secs(30)));
        assert_eq!(wait("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(Response::bytes(429, "").retry_after(), None);
    }
}
