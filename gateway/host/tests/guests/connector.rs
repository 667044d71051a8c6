//! The embedded connector, compiled, through the whole host: what it has sent, and how it takes an answer.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::plugin::{Call, Facts, GuestResponse, Judgement, Role, Stop};
use hookgate_core::word::{Digest, Headers};
use hookgate_host::Host;
use hookgate_ports::Guests;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::guest::{CLOSED, call, event, host, load};

/// Loads the embedded plugin that speaks for a product.
async fn connector(host: &Host) -> Facts {
    for plugin in hookgate_connectors::EMBEDDED {
        let facts = load(host, plugin.component).await;
        if facts.roles.contains(&Role::ConnectOut) {
            return facts;
        }
    }
    panic!("a connector is embedded");
}

fn with(digest: Digest, config: Value) -> Call {
    Call { config: config.to_string().into(), ..call(digest) }
}

#[tokio::test]
async fn a_connector_builds_a_request_to_the_endpoint_itself() {
    let host = host();
    let facts = connector(&host).await;

    let config = json!({ "template": "pull-request" });
    let built = host.build(with(facts.digest, config), event(CLOSED)).await.expect("no crash");

    let outbound = built.expect("no stop");
    let body: Value = serde_json::from_slice(&outbound.body.expect("a body of its own")).expect("JSON");
    assert_eq!((outbound.method.as_str(), outbound.url.as_str()), ("POST", ""));
    assert_eq!(outbound.headers.first_text("content-type").as_deref(), Some("application/json"));
    assert_eq!(body["blocks"].as_array().map(Vec::len), Some(2), "{body}");
    assert!(body["text"].as_str().is_some_and(|text| text.contains("merged #318")), "{body}");
    assert_eq!((facts.uses.len(), host.grows_memory(&facts.digest)), (0, Some(false)));
}

#[tokio::test]
async fn a_template_of_the_operators_is_filled_in_and_what_does_not_fit_is_declined() {
    let host = host();
    let digest = connector(&host).await.digest;
    let section = |text: &str| json!([{ "type": "section", "text": { "type": "mrkdwn", "text": text } }]);

    let filled = json!({ "template": section("{body.action} {headers.x-github-event} {type}") });
    let holed = json!({ "template": section("{body.nothing}") });
    let built = host.build(with(digest, filled), event(CLOSED)).await.expect("no crash").expect("no stop");
    let declined = host.build(with(digest, holed), event(CLOSED)).await.expect("no crash");

    let body: Value = serde_json::from_slice(&built.body.expect("a body")).expect("JSON");
    assert_eq!(body["text"], "closed pull_request pull_request.closed");
    assert!(matches!(&declined, Err(Stop::Declined(why)) if why.contains("{body.nothing}")), "{declined:?}");
}

#[tokio::test]
async fn a_connector_judges_answers() {
    let host = host();
    let digest = connector(&host).await.digest;
    let answer = |status: u16, body: &'static str| {
        let field = (HeaderName::from_static("retry-after"), HeaderValue::from_static("7"));
        let headers: Headers = [field].into_iter().collect();
        let response = GuestResponse { status, headers, body: Bytes::from_static(body.as_bytes()) };
        host.judge(call(digest), response)
    };

    assert_eq!(answer(200, "ok").await, Ok(Judgement::Delivered));
    assert!(matches!(answer(400, "invalid_payload").await, Ok(Judgement::Declined(_))));
    assert!(matches!(answer(404, "no_service").await, Ok(Judgement::Gone(_))));
    let wait = Some(Duration::from_secs(7));
    assert!(matches!(answer(429, "rate_limited").await, Ok(Judgement::Retry { after, .. }) if after == wait));
}
