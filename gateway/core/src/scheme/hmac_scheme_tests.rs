//! The scheme engine against a published vector, and against everything a stranger may send.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};

use super::*;
use crate::scheme::{Verification, verify};
use crate::word::Headers;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

const NOW: Millis = Millis(1_800_000_000_000);

fn request(body: &'static str, headers: &[(&'static str, &str)]) -> RawRequest {
    let headers: Headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")))
        .collect();
    RawRequest {
        method: Method::POST,
        url: "https://hooks.example.com/in/s".into(),
        headers,
        body: Bytes::from_static(body.as_bytes()),
        peer: IpAddr::from([127, 0, 0, 1]),
        received_at: NOW,
    }
}

fn body_only() -> HmacScheme {
    let mut scheme = HmacScheme::over_body("X-Hub-Signature-256");
    scheme.signature.prefix = "sha256=".into();
    scheme
}

fn verified(scheme: HmacScheme, keys: &[&str], request: RawRequest) -> Result<(), Rejection> {
    let keys = keys.iter().map(|key| Secret::from(*key)).collect();
    verify(request, &Verification::Hmac { scheme: Box::new(scheme), keys }, NOW).map(|_| ())
}

/// The vector of GitHub's page "Validating webhook deliveries".
const PUBLISHED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const PUBLISHED_KEY: &str = "It's a Secret to Everybody";

fn published(signature: &str) -> RawRequest {
    request("Hello, World!", &[("x-hub-signature-256", signature)])
}

#[test]
fn the_published_vector_verifies() {
    assert_eq!(verified(body_only(), &[PUBLISHED_KEY], published(PUBLISHED)), Ok(()));
    let upper = PUBLISHED.replace("757107ea", "757107EA");
    assert_eq!(verified(body_only(), &[PUBLISHED_KEY], published(&upper)), Ok(()));
}

#[test]
fn during_a_rotation_any_key_does() {
    assert_eq!(verified(body_only(), &["new", PUBLISHED_KEY], published(PUBLISHED)), Ok(()));
    let wrong = Err(Rejection::WrongSignature("x-hub-signature-256".into()));
    assert_eq!(verified(body_only(), &["new", "newer"], published(PUBLISHED)), wrong);
    assert_eq!(verified(body_only(), &[], published(PUBLISHED)), wrong);
}

#[test]
fn what_is_not_the_signature_is_refused() {
    let other_body = request("Hello, World?", &[("x-hub-signature-256", PUBLISHED)]);
    let cut = &PUBLISHED[..PUBLISHED.len() - 2];

    assert!(matches!(verified(body_only(), &[PUBLISHED_KEY], other_body), Err(Rejection::WrongSignature(_))));
    assert!(matches!(
        verified(body_only(), &[PUBLISHED_KEY], published(cut)),
        Err(Rejection::WrongSignature(_))
    ));
    for text in ["", "sha256=", "757107", "sha1=00", "sha256=zz", "sha256=0", "Sha256=00"] {
        let result = verified(body_only(), &[PUBLISHED_KEY], published(text));
        assert!(
            matches!(result, Err(Rejection::MalformedHeader { .. } | Rejection::WrongSignature(_))),
            "{text}: {result:?}"
        );
    }
    let missing = request("Hello, World!", &[]);
    let why = verified(body_only(), &[PUBLISHED_KEY], missing);
    assert_eq!(why, Err(Rejection::MissingHeader("x-hub-signature-256".into())));
}

/// As Stripe-like providers sign: `t` in a header of its own here, several signatures in one header.
fn timed() -> HmacScheme {
    let place = Place { separator: Some(' '), prefix: "v1,".into(), ..Place::header("x-signature") };
    HmacScheme {
        algorithm: Algorithm::Sha512,
        signature: place,
        encoding: Encoding::Base64,
        signed: SignedPart::parse_all("{headers.x-id}.{timestamp}.{body}").expect("a template"),
        timestamp: Some(Timestamp {
            place: Place::header("x-time"),
            unit: Unit::Seconds,
            tolerance_seconds: 300,
        }),
        ..HmacScheme::over_body("")
    }
}

fn signed_at(seconds: i64) -> RawRequest {
    let mut mac = Hmac::<Sha512>::new_from_slice(b"k").expect("any length");
    mac.update(format!("7.{seconds}.body").as_bytes());
    let signature = format!("v1a,AAAA v1,AAAA v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    request("body", &[("x-id", "7"), ("x-time", &seconds.to_string()), ("x-signature", &signature)])
}

#[test]
fn parts_timestamps_and_several_signatures_are_understood() {
    assert_eq!(verified(timed(), &["k"], signed_at(NOW.seconds())), Ok(()));
}

#[test]
fn a_signature_outside_the_tolerance_is_stale_in_either_direction() {
    for (off, ok) in [(300, true), (-300, true), (301, false), (-301, false)] {
        let result = verified(timed(), &["k"], signed_at(NOW.seconds() - off));
        assert_eq!(result.is_ok(), ok, "{off}: {result:?}");
    }
    let far =
        request("body", &[("x-id", "7"), ("x-time", "-9223372036854775808"), ("x-signature", "v1,AAAA")]);
    assert!(matches!(verified(timed(), &["k"], far), Err(Rejection::Stale { .. })));
}

#[test]
fn a_part_that_is_not_there_is_named() {
    let no_id = request("body", &[("x-time", &NOW.seconds().to_string()), ("x-signature", "v1,AAAA")]);
    let no_time = request("body", &[("x-id", "7"), ("x-signature", "v1,AAAA")]);

    assert_eq!(verified(timed(), &["k"], no_id), Err(Rejection::MissingHeader("x-id".into())));
    assert_eq!(verified(timed(), &["k"], no_time), Err(Rejection::MissingHeader("x-time".into())));
}
