//! An inbound request as an authenticator sees it.

use serde::de::DeserializeOwned;

#[cfg(target_family = "wasm")]
type View = crate::__bindings::imports::hookgate::plugin::types::Request;
#[cfg(not(target_family = "wasm"))]
type View = crate::testing::Request;

/// An inbound request that is not an event yet. A view, like [`Event`](crate::Event).
#[derive(Debug)]
pub struct Request<'a> {
    view: &'a View,
}

impl<'a> Request<'a> {
    /// Wraps what the host lends for the length of the call; natively, a test's request.
    pub(crate) fn new(view: &'a View) -> Request<'a> {
        Request { view }
    }

    /// Returns the method, upper case.
    pub fn method(&self) -> String {
        self.view.method()
    }

    /// Returns the path as received, percent-encoded, without the query.
    pub fn path(&self) -> String {
        self.view.path()
    }

    /// Returns the query as received, without `?`; empty if there is none.
    pub fn query(&self) -> String {
        self.view.query()
    }

    /// Returns the first header field of this name, in any case. A value that is not UTF-8 is read
    /// as Latin-1.
    pub fn header(&self, name: &str) -> Option<String> {
        self.view.header(name)
    }

    /// Returns all header fields in order, names in lower case.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.view.headers()
    }

    /// Returns the body, byte for byte, as signed by the sender.
    pub fn body(&self) -> Vec<u8> {
        self.view.body()
    }

    /// Reads the body as JSON. Name only the fields that you need: serde skips the rest.
    ///
    /// # Errors
    /// Says where the body is not JSON, or not of this shape. Passed on by `?` it is answered with 503;
    /// to refuse such a request, return [`Admission::deny`](crate::Admission::deny).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_slice(&self.body()).map_err(|error| format!("the body does not read: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_test_request_answers_as_it_was_made() {
        let request = testing::Request::json(&serde_json::json!({ "a": 1 }))
            .with_method("PUT")
            .with_path("/in/partner")
            .with_query("a=1")
            .with_header("X-Key", "k");
        let view = Request::new(&request);

        assert_eq!(
            (view.method(), view.path(), view.query()),
            ("PUT".into(), "/in/partner".into(), "a=1".into())
        );
        assert_eq!(view.header("x-KEY").as_deref(), Some("k"));
        assert_eq!(view.headers().len(), 2);
        assert_eq!(view.json::<serde_json::Value>(), Ok(serde_json::json!({ "a": 1 })));
        assert!(view.json::<Vec<u8>>().is_err_and(|why| why.starts_with("the body does not read: ")));
    }
}
