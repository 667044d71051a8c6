//! A request made by a test, with the answers that the real host would give.

use serde::Serialize;

/// A request for a test. Everything but the body has a plain default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// Makes a `POST` to `/in/test` with this body.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Request {
        Request {
            method: "POST".to_owned(),
            path: "/in/test".to_owned(),
            query: String::new(),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Makes a `POST` whose body is `value` as JSON, with `content-type: application/json`.
    ///
    /// # Panics
    /// `value` has no JSON form.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Request {
        let body = serde_json::to_vec(value).expect("the test's value has a JSON form");
        Request::bytes(body).with_header("content-type", "application/json")
    }

    /// Gives it a method.
    pub fn with_method(mut self, method: impl Into<String>) -> Request {
        self.method = method.into();
        self
    }

    /// Gives it a path.
    pub fn with_path(mut self, path: impl Into<String>) -> Request {
        self.path = path.into();
        self
    }

    /// Gives it a query, without `?`.
    pub fn with_query(mut self, query: impl Into<String>) -> Request {
        self.query = query.into();
        self
    }

    /// Adds a header field; the host gives names in lower case.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }
}

/// What a plugin asks, as the host answers it.
impl Request {
    pub(crate) fn method(&self) -> String {
        self.method.clone()
    }

    pub(crate) fn path(&self) -> String {
        self.path.clone()
    }

    pub(crate) fn query(&self) -> String {
        self.query.clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.headers.clone()
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.body.clone()
    }
}
