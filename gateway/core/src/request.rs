//! An inbound message before it is an event: as received, and once its sender is proved.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::word::{Headers, Millis, Secret};

/// What stands in place of a secret that proved a sender.
pub const VERIFIED_MARK: &str = "«verified»";

/// A shorter secret is not looked for in other header fields: it would be found everywhere.
const SHOWN_BYTES_MIN: usize = 4;

/// A request as it arrived. Nothing about it is trusted.
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// As sent.
    pub method: Method,
    /// The URL that the sender called, as senders that sign it saw it.
    pub url: String,
    /// In order of arrival, per name.
    pub headers: Headers,
    /// Byte for byte; bounded while it was read.
    pub body: Bytes,
    /// The client's address, behind trusted proxies the one they name.
    pub peer: IpAddr,
    /// When its first byte was read.
    pub received_at: Millis,
}

/// A request whose sender is proved. Only [`crate::scheme::verify`] makes one, so that nothing
/// unverified can become an event.
#[derive(Debug, Clone)]
pub struct VerifiedRequest {
    request: RawRequest,
    by: Option<usize>,
}

impl RawRequest {
    /// Returns the URL's path; `/` where it has none.
    pub fn path(&self) -> &str {
        let path = self.after_authority().split('?').next().unwrap_or_default();
        if path.is_empty() { "/" } else { path }
    }

    /// Returns the URL's query, without the question mark; empty where it has none.
    pub fn query(&self) -> &str {
        self.after_authority().split_once('?').map_or("", |(_, query)| query)
    }

    fn after_authority(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.find(['/', '?']).map_or("", |at| &rest[at..])
    }
}

impl VerifiedRequest {
    /// Takes a request that passed verification, and masks what proved it where that is itself a
    /// secret: these header fields, those that carry credentials by their meaning, and every other one
    /// that repeats `shown` or the URL's query (proxies write both into fields of their own). The URL
    /// is not kept: tokens and keys may stand in it.
    pub(crate) fn admitted(
        mut request: RawRequest,
        secret_headers: &[HeaderName],
        shown: Option<&Secret>,
    ) -> VerifiedRequest {
        let mark = HeaderValue::from_bytes(VERIFIED_MARK.as_bytes()).expect("the mark is visible UTF-8");
        let query = if shown.is_some() { request.query().to_owned() } else { String::new() };
        let repeats = |value: &HeaderValue| {
            let holds = |text: &[u8]| {
                text.len() >= SHOWN_BYTES_MIN && value.as_bytes().windows(text.len()).any(|part| part == text)
            };
            shown.is_some_and(|shown| holds(shown.expose())) || holds(query.as_bytes())
        };
        for (name, value) in request.headers.iter_mut() {
            let is_credential = matches!(name.as_str(), "authorization" | "cookie" | "proxy-authorization");
            if is_credential || secret_headers.contains(name) || repeats(value) {
                *value = mark.clone();
            }
        }
        request.url.clear();
        VerifiedRequest { request, by: None }
    }

    /// Notes which of the source's keys proved it.
    pub(crate) fn by(mut self, nth: usize) -> VerifiedRequest {
        self.by = Some(nth);
        self
    }

    /// Returns which of the source's keys proved it, counted from 0; none where there are no keys.
    pub fn key(&self) -> Option<usize> {
        self.by
    }

    /// Returns the request, its secrets masked.
    pub fn request(&self) -> &RawRequest {
        &self.request
    }

    /// Gives the request up, its secrets masked.
    pub fn into_request(self) -> RawRequest {
        self.request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_proved_the_sender_is_masked_and_signatures_stay() {
        let field =
            |n: &'static str, v: &'static str| (HeaderName::from_static(n), HeaderValue::from_static(v));
        let request = RawRequest {
            method: Method::POST,
            url: "http://h/in/s?key=hunter2%20".into(),
            headers: [
                field("authorization", "Bearer s"),
                field("x-key", "s"),
                field("x-signature", "abc"),
                field("x-original-url", "/in/s?key=hunter2%20"),
                field("x-again", "the key is hunter2"),
            ]
            .into_iter()
            .collect(),
            body: Bytes::new(),
            peer: IpAddr::from([127, 0, 0, 1]),
            received_at: Millis(0),
        };

        let key = HeaderName::from_static("x-key");
        let verified = VerifiedRequest::admitted(request, &[key], Some(&Secret::from("hunter2")));

        let headers = &verified.request().headers;
        assert_eq!(headers.first_text("x-original-url").as_deref(), Some(VERIFIED_MARK));
        assert_eq!(headers.first_text("x-again").as_deref(), Some(VERIFIED_MARK));
        assert_eq!(verified.request().url, "");
        assert_eq!(headers.first_text("authorization").as_deref(), Some(VERIFIED_MARK));
        assert_eq!(headers.first_text("x-key").as_deref(), Some(VERIFIED_MARK));
        assert_eq!(headers.first_text("x-signature").as_deref(), Some("abc"));
    }

    #[test]
    fn path_and_query_are_parts_of_the_url() {
        for (url, path, query) in [
            ("https://h/in/s?a=1&b=%20", "/in/s", "a=1&b=%20"),
            ("https://h/in/s?a?b", "/in/s", "a?b"),
            ("https://h/in/s?", "/in/s", ""),
            ("https://h", "/", ""),
            ("https://h?a", "/", "a"),
            ("", "/", ""),
            ("no-url", "/", ""),
        ] {
            let request = RawRequest {
                method: Method::POST,
                url: url.into(),
                headers: Headers::new(),
                body: Bytes::new(),
                peer: IpAddr::from([127, 0, 0, 1]),
                received_at: Millis(0),
            };
            assert_eq!((request.path(), request.query()), (path, query), "{url}");
        }
    }
}
