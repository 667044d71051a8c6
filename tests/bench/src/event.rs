//! The events of the benchmark: GitHub's `pull_request` webhook, cut down to the 1.8 KB a real one has
//! after nearly all its URLs are left out. The number and every id differ from event to event, so that nothing
//! behind can cache by content; the number is what the sink recognises an event by.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::Full;

use crate::signing::Key;

/// The body; each `#` stands for the event's number.
const BODY: &str = include_str!("pull_request.json");

/// What an event is to the route of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// `pull_request.…`: the route takes it and the sink gets it.
    Routed,
    /// A type no route names: it is stored and that is all.
    Unrouted,
}

impl EventKind {
    fn header(self) -> &'static str {
        match self {
            Self::Routed => "pull_request",
            Self::Unrouted => "issues",
        }
    }
}

/// Makes requests to one source.
pub(crate) struct EventMaker {
    uri: Uri,
    host: String,
    key: Key,
    kind: EventKind,
    /// Differs from run to run, so that a delivery id never comes twice.
    nonce: u32,
    pieces: Vec<&'static str>,
}

impl EventMaker {
    /// Prepares events for `uri`, which needs a host, signed with `key`.
    pub(crate) fn new(uri: Uri, key: Key, kind: EventKind, nonce: u32) -> Self {
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        Self { uri, host, key, kind, nonce, pieces: BODY.trim_end().split('#').collect() }
    }

    /// Makes the signed request for event `number`.
    pub(crate) fn request(&self, number: u64) -> http::Result<Request<Full<Bytes>>> {
        let body = self.body(number);
        Request::builder()
            .method(Method::POST)
            .uri(self.uri.path())
            .header(HOST, &self.host)
            .header(USER_AGENT, "GitHub-Hookshot/f8a2c1d")
            .header(CONTENT_TYPE, "application/json")
            .header("x-github-event", self.kind.header())
            .header("x-github-delivery", self.delivery_id(number))
            .header("x-github-hook-id", "512345678")
            .header("x-hub-signature-256", self.key.sign_github(&body))
            .body(Full::new(body))
    }

    /// Makes the body of event `number`.
    pub(crate) fn body(&self, number: u64) -> Bytes {
        let number = number.to_string();
        let mut body = Vec::with_capacity(BODY.len() + self.pieces.len() * number.len());
        for (index, piece) in self.pieces.iter().enumerate() {
            if index > 0 {
                body.extend_from_slice(number.as_bytes());
            }
            body.extend_from_slice(piece.as_bytes());
        }
        Bytes::from(body)
    }

    /// A UUID of version 4 in form; unique by run and number rather than by chance.
    fn delivery_id(&self, number: u64) -> String {
        format!(
            "{:08x}-{:04x}-4{:03x}-8000-{:012x}",
            self.nonce,
            (number >> 60) & 0xffff,
            (number >> 48) & 0xfff,
            number & 0xffff_ffff_ffff
        )
    }
}

/// Finds an event's number in a body that came back, by the first `"number":` in it.
pub(crate) fn number_of(body: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"\"number\":";
    let start = body.windows(NAME.len()).position(|window| window == NAME)? + NAME.len();
    let digits = body[start..].iter().copied().skip_while(|byte| *byte == b' ');
    let mut number = None;
    for digit in digits.take_while(u8::is_ascii_digit) {
        number = Some(number.unwrap_or(0_u64).checked_mul(10)?.checked_add(u64::from(digit - b'0'))?);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maker(kind: EventKind) -> EventMaker {
        let uri = Uri::from_static("http://127.0.0.1:8080/in/github");
        EventMaker::new(uri, Key::github("secret").unwrap(), kind, 7)
    }

    #[test]
    fn a_body_is_json_of_the_promised_size_and_carries_its_number() {
        let body = maker(EventKind::Routed).body(1_234_567);

        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["number"], 1_234_567);
        assert_eq!(value["action"], "opened");
        assert_eq!(number_of(&body), Some(1_234_567));
        assert!((1_500..=2_000).contains(&body.len()), "{} bytes", body.len());
    }

    #[test]
    fn a_request_verifies_and_its_delivery_id_is_its_own() {
        let routed = maker(EventKind::Routed);
        let key = Key::github("secret").unwrap();

        let (one, two) = (routed.request(1).unwrap(), routed.request(2).unwrap());

        let signature = one.headers()["x-hub-signature-256"].as_bytes();
        assert!(key.verifies_github(signature, &routed.body(1)));
        assert_eq!(one.headers()["x-github-delivery"], "00000007-0000-4000-8000-000000000001");
        assert_ne!(one.headers()["x-github-delivery"], two.headers()["x-github-delivery"]);
        assert_eq!(one.headers()["host"], "127.0.0.1:8080");
        let unrouted = maker(EventKind::Unrouted).request(1).unwrap();
        assert_eq!(unrouted.headers()["x-github-event"], "issues");
    }

    #[test]
    fn a_number_is_found_or_refused() {
        for (body, number) in [
            (&br#"{"action":"opened","number": 42,"x":"number"}"#[..], Some(42)),
            (br#"{"number":7}"#, Some(7)),
            (br#"{"number":"7"}"#, None),
            (br#"{"number":99999999999999999999}"#, None),
            (b"", None),
        ] {
            assert_eq!(number_of(body), number);
        }
    }
}
