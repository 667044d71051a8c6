//! What goes on the wire of a request.

use std::time::Duration;

use hookgate_core::destination::HttpVersion;
use hookgate_core::word::Headers;

use super::*;

fn outbound(url: &str, headers: &[(&'static str, &'static str)]) -> OutboundRequest {
    OutboundRequest {
        method: Method::POST,
        url: Url::parse(url).unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect::<Headers>(),
        body: Bytes::from_static(b"{}"),
        timeout: Duration::from_secs(1),
        version: HttpVersion::Agreed,
    }
}

#[test]
fn the_target_is_the_url_without_credentials_and_fragment() {
    let urls = [
        ("https://crm.test", "https://crm.test/"),
        ("https://crm.test:443/a?b=c#d", "https://crm.test/a?b=c"),
        ("http://crm.test:8080/a%20b/ü?q=`{|}^\\[]", "http://crm.test:8080/a%20b/%C3%BC?q=`{|}^\\[]"),
        ("http://user:pass@crm.test/?", "http://crm.test/?"),
        ("http://[2606::1]:81/x", "http://[2606::1]:81/x"),
        ("http://BÜCHER.test/", "http://xn--bcher-kva.test/"),
        ("http://crm.test/a|b[c]\"<>^`{}", "http://crm.test/a|b[c]%22%3C%3E^%60%7B%7D"),
    ];

    for (url, target) in urls {
        assert_eq!(wire(outbound(url, &[])).unwrap().uri().to_string(), target, "{url}");
    }
}

/// The parser of URLs decides what needs an escape, and the one of targets must take whatever it lets pass.
#[test]
fn every_character_of_a_url_reaches_the_target() {
    for character in (0u8..=0x7f).map(char::from).chain(['ü', '\u{200b}', '\u{10ffff}']) {
        let url = format!("https://crm.test/a{character}b?c{character}d");
        assert!(wire(outbound(&url, &[])).is_ok(), "{character:?}");
    }
}

#[test]
fn what_is_no_request_of_http_is_misconfigured() {
    let mut tunnel = outbound("https://crm.test/", &[]);
    tunnel.method = Method::CONNECT;

    for request in [tunnel, outbound("ftp://crm.test/", &[]), outbound("data:text/plain,x", &[])] {
        assert!(matches!(wire(request), Err(Failure::Misconfigured(_))));
    }
}

#[test]
fn fields_pass_as_they_are_but_for_those_of_the_connection() {
    let request = outbound(
        "https://crm.test/",
        &[
            ("x-a", "1"),
            ("host", "evil.test"),
            ("x-a", "2"),
            ("content-length", "999"),
            ("transfer-encoding", "chunked"),
            ("connection", "upgrade"),
            ("upgrade", "h2c"),
            ("webhook-id", "msg_1"),
        ],
    );

    let sent = wire(request).unwrap();

    let fields: Vec<(&str, &[u8])> = sent.headers().iter().map(|(n, v)| (n.as_str(), v.as_bytes())).collect();
    assert_eq!(fields, [("x-a", &b"1"[..]), ("x-a", b"2"), ("webhook-id", b"msg_1")]);
}

#[test]
fn a_urls_credentials_are_basic_authentication_unless_the_sender_names_its_own() {
    let value = |url, headers| wire(outbound(url, headers)).unwrap().headers().get(AUTHORIZATION).cloned();

    // RFC 7617, section 2.
    let aladdin = value("https://Aladdin:open%20sesame@crm.test/", &[]).unwrap();

    assert_eq!(aladdin, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assert!(aladdin.is_sensitive());
    assert_eq!(value("https://a&b+c@crm.test/", &[]).unwrap(), "Basic YSZiK2M6");
    assert_eq!(value("https://crm.test/", &[]), None);
    assert_eq!(value("https://a:b@crm.test/", &[("authorization", "Bearer x")]).unwrap(), "Bearer x");
}
