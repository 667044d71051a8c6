//! What sending adds to a rendered message, and what may be shown of it.

use std::sync::Arc;

use super::*;
use crate::destination::{ConnectorTarget, Endpoint};
use crate::event::Parts;
use crate::render::Draft;
use crate::scheme::declared::{HmacSigning, Rotation, SignedContent};
use crate::scheme::{Algorithm, Encoding};
use crate::word::{DeliveryId, EventId, Scope, Slug};

const NOW: Millis = Millis(1_800_000_000_999);

fn event() -> Arc<Content> {
    Arc::new(Content::new(Parts {
        id: EventId(1),
        source: "shop".into(),
        event_type: "order.paid".into(),
        subject: None,
        order_key: None,
        received_at: NOW,
        headers: Arc::new(Headers::new()),
        body: Bytes::from_static(b"{}"),
    }))
}

fn destination(endpoint: &str) -> Destination {
    let endpoint = Endpoint::Plain(endpoint.parse().expect("a URL"));
    let name = Slug::parse("crm").expect("a slug");
    Destination::posting_to(endpoint, Scope::default_scope().id(), name)
}

fn rendered(destination: &Destination) -> Rendered {
    let Target::Http(http) = &destination.target else { panic!("these tests have HTTP destinations") };
    Draft::of(&event()).addressed(http, 0, vec![]).expect("nothing is filled in")
}

fn signed(destination: &Destination) -> Signed {
    let message = MessageId::of(DeliveryId(9));
    OutboundRequest::signed(&rendered(destination), destination, &event(), &message, NOW).expect("an address")
}

fn authorised(auth: Auth) -> Signed {
    signed(&Destination { auth, ..destination("https://crm.test/hook?a=1") })
}

/// What is on the wire, and what is shown of it.
fn field(signed: &Signed, name: &str) -> (Option<String>, Option<String>) {
    (signed.request.headers.first_text(name), signed.sent.first_text(name))
}

#[test]
fn id_and_time_are_sent_and_shown_without_a_signature_too() {
    let signed = signed(&destination("https://crm.test/hook"));

    let id = Some(MessageId::of(DeliveryId(9)).to_string());
    assert_eq!(field(&signed, "webhook-id"), (id.clone(), id));
    assert_eq!(signed.sent.first_text("webhook-timestamp").as_deref(), Some("1800000000"));
    assert_eq!(signed.sent.len(), 2);
}

#[test]
fn a_declared_signature_stands_in_its_own_header_with_its_time() {
    let scheme = HmacSigning {
        algorithm: Algorithm::Sha256,
        header: HeaderName::from_static("x-broxi-signature"),
        prefix: "v1=".into(),
        separator: ",".into(),
        encoding: Encoding::Hex,
        signed: SignedContent::parse("{timestamp}.{body}").expect("a template"),
        timestamp_header: Some(HeaderName::from_static("x-broxi-timestamp")),
        rotation: Rotation::Newest,
        secrets: vec![Secret::from("k")],
    };
    let expected = format!("v1={}", &scheme.sign("", 1_800_000_000, b"{}")[3..]);
    let signing = Signing::Hmac(scheme);

    let signed = signed(&Destination { signing, ..destination("https://crm.test/hook") });

    assert_eq!(field(&signed, "x-broxi-signature"), (Some(expected.clone()), Some(expected)));
    assert_eq!(signed.sent.first_text("x-broxi-timestamp").as_deref(), Some("1800000000"));
    assert!(signed.request.headers.first("webhook-signature").is_none());
}

#[test]
fn credentials_are_sent_and_their_place_is_shown() {
    let shown = Some(MASKED.to_owned());
    let bearer = authorised(Auth::Bearer(Secret::from("hunter2")));
    assert_eq!(field(&bearer, "authorization"), (Some("Bearer hunter2".into()), shown.clone()));

    // RFC 7617, section 2: Aladdin, open sesame.
    let password = Secret::from("open sesame");
    let basic = authorised(Auth::Basic { user: "Aladdin".into(), password });
    let expected = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    assert_eq!(field(&basic, "authorization"), (Some(expected.into()), shown.clone()));

    let name = HeaderName::from_static("x-api-key");
    let header = authorised(Auth::HeaderKey { name, key: Secret::from("hunter2") });
    assert_eq!(field(&header, "x-api-key"), (Some("hunter2".into()), shown));

    let query = authorised(Auth::QueryKey { name: "key".into(), key: Secret::from("hunter2&x=1") });
    assert_eq!(query.request.url.as_str(), "https://crm.test/hook?a=1&key=hunter2%26x%3D1");
    assert_eq!(query.sent.len(), 2);

    for signed in [bearer, basic, header, query] {
        let debug = format!("{signed:?}");
        assert!(!debug.contains("hunter2") && !debug.contains("QWxhZGRpbj"), "{debug}");
    }
}

fn referred(endpoint: &str, reference: &str) -> Result<String, Unaddressed> {
    let plain = destination(endpoint);
    let rendered = Rendered { reference: reference.to_owned(), ..rendered(&plain) };
    let endpoint = plain.endpoint().clone();
    let plugin = Slug::parse("slack-like").expect("a slug");
    let connector = ConnectorTarget { plugin, config: "{}".into(), endpoint };
    let destination = Destination { target: Target::Connector(connector), ..plain };
    let message = MessageId::of(DeliveryId(9));
    OutboundRequest::signed(&rendered, &destination, &event(), &message, NOW)
        .map(|signed| signed.request.url.into())
}

#[test]
fn a_connectors_reference_stays_with_the_endpoint() {
    let cases = [
        ("https://api.test/v1/", "", "https://api.test/v1/"),
        ("https://api.test/T0/secret?x=1", "", "https://api.test/T0/secret?x=1"),
        ("https://api.test/v1/", "messages?to=a", "https://api.test/v1/messages?to=a"),
        ("https://api.test/v1/", "/other", "https://api.test/other"),
        ("https://api.test/v1/", "https://api.test:443/other", "https://api.test/other"),
    ];
    for (endpoint, reference, url) in cases {
        assert_eq!(referred(endpoint, reference).as_deref(), Ok(url), "{reference}");
    }
    for reference in [
        "https://evil.test/",
        "//evil.test/",
        "http://api.test/",
        "https://api.test:8443/",
        "https://user@api.test/",
        "https://api.test@evil.test/",
        "data:text/plain,x",
        "\\\\evil.test\\x",
        "https://[",
    ] {
        let why = referred("https://api.test/v1/", reference);
        assert!(matches!(why, Err(Unaddressed::OtherOrigin(_))), "{reference}: {why:?}");
    }
}
