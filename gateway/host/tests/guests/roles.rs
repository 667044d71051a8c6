//! Real plugins of every role, built from `examples/plugins`, and what they may and may not use.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hookgate_connectors::component::{Options, Talk, build};
use hookgate_core::plugin::{
    Admission, Call, Capability, CrashKind, Grants, GuestRequest, GuestResponse, Judgement, Role, Shape, Stop,
};
use hookgate_core::scheme::Algorithm;
use hookgate_core::word::{Digest, Headers, Millis, Secret};
use hookgate_host::Host;
use hookgate_ports::Guests;
use http::{HeaderName, HeaderValue};

use crate::guest::{CLOSED, call, event, host, load};

/// Builds a plugin of `examples/plugins`. They share a target folder, so serde is compiled once.
fn example(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("example-plugins");
    let options = Options { target_dir: Some(target), talk: Talk::Kept, ..Options::default() };
    build(&root.join("examples/plugins").join(name), &options).expect("the example builds").component
}

fn grants(secrets: &[&str]) -> Grants {
    let secrets = secrets.iter().map(|text| Secret::from(*text)).collect();
    Grants { clock: true, mac: BTreeMap::from([("partner".to_owned(), secrets)]), ..Grants::default() }
}

const NOW: Millis = Millis(1_700_000_000_000);

/// A request signed as the partner signs, under this secret.
fn signed(secret: &str, time: &str, body: &str) -> GuestRequest {
    let data = format!("{time}.{body}");
    let tag = grants(&[secret]).sign("partner", Algorithm::Sha256, data.as_bytes()).expect("granted");
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    let field = |name: &'static str, value: &str| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
    };
    GuestRequest {
        method: "POST".into(),
        path: "/in/partner".into(),
        query: "".into(),
        headers: Arc::new(
            [field("x-partner-time", time), field("x-partner-tag", &hex)].into_iter().collect(),
        ),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

async fn authenticate(host: &Host, digest: Digest, grants: Grants, request: GuestRequest) -> Admission {
    let call = Call { grants: Arc::new(grants), now: NOW, ..call(digest) };
    host.authenticate(call, request).await.expect("no crash").expect("decided")
}

#[tokio::test]
async fn an_authenticator_decides_by_keys_that_it_never_sees() {
    let host = host();
    let facts = load(&host, &example("partner-auth")).await;
    let both = || grants(&["new", "old"]);
    let body = r#"{"order":"o1","kind":"paid"}"#;
    let paid = Admission::Accept(Shape {
        event_type: Some("order.paid".into()),
        dedupe_key: Some("o1:paid".into()),
        order_key: Some("o1".into()),
        subject: None,
    });

    assert_eq!(facts.roles, [Role::Authenticate]);
    assert_eq!(facts.uses, [Capability::Clock, Capability::Mac]);
    for secret in ["new", "old"] {
        let request = signed(secret, "1700000200", body);
        assert_eq!(authenticate(&host, facts.digest, both(), request).await, paid);
    }
    let cases = [
        (signed("other", "1700000000", body), "the tag does not fit"),
        (signed("new", "1699990000", body), "the time is too far away"),
        (GuestRequest { headers: Arc::default(), ..signed("new", "0", body) }, "is missing"),
    ];
    for (request, expected) in cases {
        let admission = authenticate(&host, facts.digest, both(), request).await;
        assert!(matches!(&admission, Admission::Deny(why) if why.contains(expected)), "{admission:?}");
    }
    let ping = GuestRequest { method: "GET".into(), query: "ping".into(), ..signed("new", "0", "") };
    let Admission::Respond(pong) = authenticate(&host, facts.digest, both(), ping).await else {
        panic!("an answer")
    };
    assert_eq!((pong.status, &pong.body[..]), (200, &b"pong"[..]));
}

#[tokio::test]
async fn a_body_larger_than_any_result_is_still_proved() {
    let host = host();
    let digest = load(&host, &example("partner-auth")).await.digest;
    // With the copy that it signs over it takes more than three bodies of memory.
    let body = "x".repeat(6 << 20);

    let admission = authenticate(&host, digest, grants(&["new"]), signed("new", "1700000000", &body)).await;

    assert_eq!(admission, Admission::Accept(Shape::default()));
}

#[tokio::test]
async fn what_is_not_granted_is_refused_by_name_before_anything_runs() {
    let host = host();
    let digest = load(&host, &example("partner-auth")).await.digest;
    let request = || signed("new", "1700000000", "{}");
    let only = |clock: bool| Grants { clock, ..Grants::default() };
    let other = Grants {
        clock: true,
        mac: BTreeMap::from([("other".to_owned(), vec![Secret::from("k")])]),
        ..Grants::default()
    };
    let with = |grants: Grants| Call { grants: Arc::new(grants), now: NOW, ..call(digest) };

    let no_clock = host.authenticate(with(only(false)), request()).await.expect_err("no clock");
    let no_mac = host.authenticate(with(only(true)), request()).await.expect_err("no mac");
    let other = host.authenticate(with(other), request()).await.expect("it runs");

    for (crash, word) in [(no_clock, "`clock`"), (no_mac, "`mac`")] {
        assert_eq!(crash.kind, CrashKind::Incompatible);
        assert!(crash.message.contains(word) && crash.message.contains("[plugin.guest]"), "{crash}");
    }
    let why = other.expect_err("a key of another name");
    assert!(why.contains("no key \"partner\" is granted"), "{why}");
}

#[tokio::test]
async fn a_router_chooses_among_the_candidates() {
    let host = host();
    let facts = load(&host, &example("size-router")).await;
    let call = Call { config: r#"{"large_from_cents":1000}"#.into(), ..call(facts.digest) };
    let candidates = || ["large-desk", "small-desk"].map(str::to_owned).to_vec();

    let large = host.route(call.clone(), event(r#"{"amount_cents":1000}"#), candidates()).await;
    let none = host.route(call.clone(), event(r#"{"amount_cents":1}"#), vec!["large-desk".into()]).await;
    let skip = host.route(call, event("{}"), candidates()).await;

    assert_eq!(facts.roles, [Role::Route]);
    assert_eq!(large, Ok(Ok(vec!["large-desk".into()])));
    assert_eq!(none, Ok(Ok(Vec::new())));
    assert_eq!(skip, Ok(Err(Stop::Skip("the order has no amount".into()))));
}

#[tokio::test]
async fn a_role_that_a_component_lacks_is_incompatible_by_name() {
    let host = host();
    let digest = load(&host, &example("size-router")).await.digest;
    let response = GuestResponse { status: 200, headers: Headers::new(), body: Bytes::new() };

    let transformed = host.transform(call(digest), event(CLOSED)).await.expect_err("no transform");
    let built = host.build(call(digest), event(CLOSED)).await.expect_err("no build");
    let judged: Result<Judgement, _> = host.judge(call(digest), response).await;

    assert!(transformed.message.contains("it has not the role transform"), "{transformed}");
    for crash in [built, judged.expect_err("no judge")] {
        assert_eq!(crash.kind, CrashKind::Incompatible);
        assert!(crash.message.contains("it has not the role connect-out"), "{crash}");
    }
}
