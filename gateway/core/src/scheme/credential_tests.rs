//! Keys that are shown: who gets in, and what is kept of them.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderValue, Method};

use super::*;
use crate::request::VERIFIED_MARK;
use crate::scheme::{Verification, verify};
use crate::word::{Headers, Millis};

fn request(url: &str, headers: &[(&'static str, &str)]) -> RawRequest {
    let headers: Headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value")))
        .collect();
    RawRequest {
        method: Method::POST,
        url: url.into(),
        headers,
        body: Bytes::from_static(b"{}"),
        peer: IpAddr::from([127, 0, 0, 1]),
        received_at: Millis(0),
    }
}

fn keys() -> Vec<NamedKey> {
    let key = |name: &str, secret: &str| NamedKey { name: name.into(), secret: Secret::from(secret) };
    vec![key("acme", "hunter2-acme"), key("globex", "hunter2-globex")]
}

fn check(
    credential: Credential,
    url: &str,
    headers: &[(&'static str, &str)],
    wanted: Result<usize, Rejection>,
) {
    let verification = Verification::Shown { credential, keys: keys() };

    let verified = verify(request(url, headers), &verification, Millis(0));

    let by = verified.as_ref().map(|verified| verified.key().expect("a key")).map_err(Clone::clone);
    assert_eq!(by, wanted, "{url} {headers:?}");
    if let Ok(verified) = verified {
        let request = verified.into_request();
        let kept = String::from_utf8_lossy(&request.headers.encode()).into_owned() + &request.url;
        assert!(!kept.contains("hunter2"), "{kept}");
        assert_eq!(kept.matches(VERIFIED_MARK).count(), headers.len(), "{kept}");
    }
}

const URL: &str = "https://h/in/s";
const WRONG: Result<usize, Rejection> = Err(Rejection::WrongCredential);
const MISSING: Result<usize, Rejection> = Err(Rejection::MissingCredential);

#[test]
fn a_key_in_a_header_opens_and_is_masked() {
    let header = || Credential::Header(HeaderName::from_static("x-api-key"));

    check(header(), URL, &[("x-api-key", "hunter2-acme")], Ok(0));
    check(header(), URL, &[("x-api-key", "hunter2-globex"), ("x-copy", "key=hunter2-globex")], Ok(1));
    check(header(), URL, &[("x-api-key", "hunter2-acm")], WRONG);
    check(header(), URL, &[("x-api-key", "hunter2-acme ")], WRONG);
    check(header(), URL, &[("x-api-key", "")], WRONG);
    check(header(), URL, &[], MISSING);
}

#[test]
fn a_key_in_the_query_opens_and_survives_nowhere() {
    let query = || Credential::Query("key".into());

    check(query(), "https://h/in/s?a=b&key=hunter2-acme", &[], Ok(0));
    check(
        query(),
        "https://h/in/s?key=hunter2%2Dglobex",
        &[("referer", "/in/s?key=hunter2%2Dglobex")],
        Ok(1),
    );
    check(query(), "https://h/in/s?key=", &[], WRONG);
    check(query(), "https://h/in/s?Key=hunter2-acme", &[], MISSING);
    check(query(), URL, &[], MISSING);
}

#[test]
fn bearer_and_basic_read_as_their_rfcs_say() {
    check(Credential::Bearer, URL, &[("authorization", "Bearer hunter2-acme")], Ok(0));
    check(Credential::Bearer, URL, &[("authorization", "bearer  hunter2-globex")], Ok(1));
    check(Credential::Bearer, URL, &[("authorization", "Basic hunter2-acme")], MISSING);
    check(Credential::Bearer, URL, &[("authorization", "Bearer")], MISSING);
    let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
    check(Credential::Basic, URL, &[("authorization", &basic("acme:hunter2-acme"))], Ok(0));
    check(Credential::Basic, URL, &[("authorization", &basic("globex:hunter2-globex"))], Ok(1));
    check(Credential::Basic, URL, &[("authorization", &basic("globex:hunter2-acme"))], WRONG);
    check(Credential::Basic, URL, &[("authorization", &basic("hunter2-acme"))], WRONG);
    check(Credential::Basic, URL, &[("authorization", "Basic %%%")], WRONG);
    check(Credential::Basic, URL, &[("authorization", "Basic")], MISSING);
}

#[test]
fn without_keys_nobody_gets_in() {
    let verification = Verification::Shown { credential: Credential::Bearer, keys: vec![] };
    let request = request(URL, &[("authorization", "Bearer ")]);

    assert_eq!(verify(request, &verification, Millis(0)).map(|_| ()), Err(Rejection::WrongCredential));
}
