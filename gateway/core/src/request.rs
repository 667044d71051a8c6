//! An inbound message before it is an event: as received, and once its sender is proved.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use crate::word::{Headers, Millis};

/// What stands in place of a secret that proved a sender.
pub const VERIFIED_MARK: &str = "«verified»";

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
pub struct VerifiedRequest(RawRequest);

impl VerifiedRequest {
    /// Takes a request that passed verification, and masks what proved it where that is itself a secret.
    pub(crate) fn admitted(mut request: RawRequest, secret_headers: &[HeaderName]) -> VerifiedRequest {
        let mark = HeaderValue::from_bytes(VERIFIED_MARK.as_bytes()).expect("the mark is visible UTF-8");
        let secret = |name: &HeaderName| {
            secret_headers.contains(name)
                || matches!(name.as_str(), "authorization" | "cookie" | "proxy-authorization")
        };
        for (name, value) in request.headers.iter_mut() {
            if secret(name) {
                *value = mark.clone();
            }
        }
        VerifiedRequest(request)
    }

    /// Returns the request, its secrets masked.
    pub fn request(&self) -> &RawRequest {
        &self.0
    }

    /// Gives the request up, its secrets masked.
    pub fn into_request(self) -> RawRequest {
        self.0
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
            url: "http://h/in/s".into(),
            headers: [field("authorization", "Bearer s"), field("x-key", "s"), field("x-signature", "abc")]
                .into_iter()
                .collect(),
            body: Bytes::new(),
            peer: IpAddr::from([127, 0, 0, 1]),
            received_at: Millis(0),
        };

        let verified = VerifiedRequest::admitted(request, &[HeaderName::from_static("x-key")]);

        let headers = &verified.request().headers;
        assert_eq!(headers.first_text("authorization").as_deref(), Some(VERIFIED_MARK));
        assert_eq!(headers.first_text("x-key").as_deref(), Some(VERIFIED_MARK));
        assert_eq!(headers.first_text("x-signature").as_deref(), Some("abc"));
    }
}
