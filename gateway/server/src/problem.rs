//! Errors as RFC 9457 `application/problem+json`, with a stable code and, where one is to blame, the field.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// What went wrong with a request.
#[derive(Debug, Clone)]
pub struct Problem(Box<Said>);

#[derive(Debug, Clone, Serialize)]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip)]
    retry_after_seconds: Option<u64>,
    #[serde(skip)]
    allow: Option<String>,
    #[serde(skip)]
    challenge: Option<&'static str>,
    #[serde(skip)]
    accept_encoding: Option<&'static str>,
}

/// What is wrong with one field.
#[derive(Debug, Clone, Serialize)]
pub struct FieldError {
    /// Its name: a query parameter, or a JSON Pointer into the body.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub detail: String,
}

impl Problem {
    /// Makes a problem. `code` is stable and stands in docs/errors.md.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem(Box::new(Said {
            kind: format!("urn:hookgate:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
            allow: None,
            challenge: None,
            accept_encoding: None,
        }))
    }

    /// Names a field that is to blame.
    pub fn field(mut self, field: impl Into<String>, detail: impl Into<String>) -> Problem {
        self.0.errors.push(FieldError { field: field.into(), detail: detail.into() });
        self
    }

    /// Says when to come again, in whole seconds, at least one.
    pub fn retry_after(mut self, seconds: u64) -> Problem {
        self.0.retry_after_seconds = Some(seconds.max(1));
        self
    }

    /// Says which methods there are.
    pub fn allow(mut self, methods: impl Into<String>) -> Problem {
        self.0.allow = Some(methods.into());
        self
    }

    /// Says how to show who one is.
    pub fn challenge(mut self, challenge: &'static str) -> Problem {
        self.0.challenge = Some(challenge);
        self
    }

    /// Says which codings of a body are taken.
    pub fn accept_encoding(mut self, codings: &'static str) -> Problem {
        self.0.accept_encoding = Some(codings);
        self
    }

    /// Returns the fields that are to blame.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.errors.iter().map(|error| error.field.as_str())
    }

    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        self.0.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let said = self.0;
        let body = serde_json::to_vec(&said).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(said.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = said.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(methods) = said.allow.and_then(|methods| HeaderValue::try_from(methods).ok()) {
            headers.insert(header::ALLOW, methods);
        }
        if let Some(challenge) = said.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(codings) = said.accept_encoding {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(codings));
        }
        response
    }
}
