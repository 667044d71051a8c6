//! Endpoints that events fill in, and what of them may be shown.

use bytes::Bytes;

use super::*;
use crate::event::Parts;
use crate::word::{EventId, Headers, Millis};

fn event(body: &str) -> Content {
    Content::new(Parts {
        id: EventId(1),
        source: "shop".into(),
        event_type: "order.paid".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(Headers::new()),
        body: Bytes::copy_from_slice(body.as_bytes()),
    })
}

fn filled(template: &str, body: &str) -> Result<String, Unaddressed> {
    let template = EndpointTemplate::parse(template).expect("a template");
    Endpoint::Template(template).url(&event(body)).map(String::from)
}

#[test]
fn an_event_fills_path_and_query_in() {
    let body = r#"{"account":"acme","n":7,"deep":{"ok":true}}"#;
    let cases = [
        ("https://h.test/{body.account}", "https://h.test/acme"),
        ("https://h.test/a/{body.n}/b?x={body.deep.ok}", "https://h.test/a/7/b?x=true"),
        ("https://h.test?s={source}&t={type}", "https://h.test/?s=shop&t=order.paid"),
        ("https://h.test/literal", "https://h.test/literal"),
    ];
    for (template, url) in cases {
        assert_eq!(filled(template, body).as_deref(), Ok(url), "{template}");
    }
}

#[test]
fn a_value_is_data_and_cannot_lead_elsewhere() {
    let account = |value: &str| {
        let body = serde_json::json!({ "account": value }).to_string();
        filled("https://h.test/hooks/{body.account}/in?k={body.account}", &body)
    };
    let cases = [
        ("a/b", "https://h.test/hooks/a%2Fb/in?k=a%2Fb"),
        ("a?b#c&d=e", "https://h.test/hooks/a%3Fb%23c%26d%3De/in?k=a%3Fb%23c%26d%3De"),
        ("@evil.test", "https://h.test/hooks/%40evil.test/in?k=%40evil.test"),
        ("%2e%2e", "https://h.test/hooks/%252e%252e/in?k=%252e%252e"),
        ("ä b", "https://h.test/hooks/%C3%A4%20b/in?k=%C3%A4%20b"),
        ("...", "https://h.test/hooks/.../in?k=..."),
        ("\r\n", "https://h.test/hooks/%0D%0A/in?k=%0D%0A"),
    ];
    for (value, url) in cases {
        assert_eq!(account(value).as_deref(), Ok(url), "{value}");
    }
    for value in [".", ".."] {
        assert!(matches!(account(value), Err(Unaddressed::OtherPath(_))), "{value}");
    }
    let halves = filled("https://h.test/a/{body.x}{body.y}", r#"{"x":".","y":"."}"#);
    assert!(matches!(halves, Err(Unaddressed::OtherPath(_))), "{halves:?}");
    let spelled = filled("https://h.test/a/%2E{body.x}", r#"{"x":"."}"#);
    assert!(matches!(spelled, Err(Unaddressed::OtherPath(_))), "{spelled:?}");
}

#[test]
fn what_the_event_lacks_is_named() {
    let why = filled("https://h.test/{body.account}", "{}").expect_err("no account");

    assert_eq!(why.to_string(), "the event has no body.account, which the endpoint is filled with");
    assert!(filled("https://h.test/{body.account}", "no json").is_err());
}

#[test]
fn an_event_does_not_choose_the_host() {
    for (text, at) in [
        ("https://{body.host}/", 8),
        ("https://h.test{body.port}", 14),
        ("{body.url}", 0),
        ("https://a.{body.host}/x/{body.y}", 10),
    ] {
        let error = EndpointTemplate::parse(text).expect_err("the host is the operator's");
        assert_eq!(error.at, at, "{text}");
    }
    assert!(EndpointTemplate::parse("https://h.test/{body.").is_err(), "templates say what is wrong in them");
    let sample = EndpointTemplate::parse("https://h.test/{body.a}?b={body.b}").expect("a template").sample();
    assert_eq!(sample, "https://h.test/x?b=x");
}

#[test]
fn of_a_secret_endpoint_only_the_reference_is_shown() {
    let endpoint = Endpoint::Secret {
        url: Secret::from("https://hooks.example.com/T0/xyz"),
        shown: "${env:URL}".into(),
    };
    let template = Endpoint::Template(EndpointTemplate::parse("https://h.test/{type}").expect("a template"));

    assert_eq!(endpoint.shown_for(&event("{}")).as_deref(), Ok("${env:URL}"));
    assert_eq!(
        endpoint.url(&event("{}")).map(String::from).as_deref(),
        Ok("https://hooks.example.com/T0/xyz")
    );
    assert_eq!(template.shown(), "https://h.test/{type}");
    assert_eq!(template.shown_for(&event("{}")).as_deref(), Ok("https://h.test/order.paid"));
}

#[test]
fn what_is_kept_of_an_attempt_depends_on_its_success() {
    let cases = [(Keep::All, true, true), (Keep::Failed, false, true), (Keep::Nothing, false, false)];
    for (keep, of_success, of_failure) in cases {
        assert_eq!((keep.keeps(true), keep.keeps(false)), (of_success, of_failure), "{keep:?}");
    }
}
