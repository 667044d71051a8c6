//! Handshakes of the presets that have one: answered when proved, refused when not, and nothing else is one.

use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::*;
use crate::preset::Preset;
use crate::scheme::base64_decode;

const NOW: Millis = Millis(1_700_000_000_000);
const SECRET: &str = "hunter2";

fn answered(
    preset: &str,
    method: Method,
    query: &str,
    headers: &[(&'static str, String)],
    body: &str,
) -> Result<Option<Answer>, Rejection> {
    let preset = Preset::named(preset).expect(preset);
    let verification = preset.verification(vec![Secret::from(SECRET)]).expect("reads");
    let handshakes = preset.handshakes(Some(&Secret::from("made up"))).expect("reads");
    let request = RawRequest {
        method,
        url: format!("https://h/in/s?{query}"),
        headers: headers
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
            })
            .collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        peer: IpAddr::from([127, 0, 0, 1]),
        received_at: NOW,
    };
    for handshake in handshakes {
        if let Some(answer) = handshake.answer(&request, &verification, NOW)? {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

fn tag(encoding: Encoding, text: &str) -> String {
    let write = |to: &mut dyn FnMut(&[u8])| {
        to(text.as_bytes());
        Ok::<(), Rejection>(())
    };
    let tag = Algorithm::Sha256.tag(Construction::Hmac, &Secret::from(SECRET), write);
    encoding.encode(&tag.expect("nothing is missing"))
}

fn text(body: &str) -> Option<Answer> {
    Some(Answer { content_type: "text/plain; charset=utf-8", body: body.into() })
}

fn json(body: String) -> Option<Answer> {
    Some(Answer { content_type: "application/json", body })
}

fn slack(body: &str, signed: &str) -> Result<Option<Answer>, Rejection> {
    let signature = format!("v0={}", tag(Encoding::Hex, &format!("v0:1700000000:{signed}")));
    let time = "1700000000".to_owned();
    answered(
        "slack",
        Method::POST,
        "",
        &[("x-slack-request-timestamp", time), ("x-slack-signature", signature)],
        body,
    )
}

#[test]
fn url_verification_is_answered_only_when_it_is_signed() {
    let body = r#"{"token":"t","challenge":"3eZbrw1aB","type":"url_verification"}"#;
    let event = r#"{"type":"event_callback","challenge":"3eZbrw1aB"}"#;

    assert_eq!(slack(body, body), Ok(text("3eZbrw1aB")));
    assert!(matches!(slack(body, "another"), Err(Rejection::WrongSignature(_))));
    assert_eq!(slack(event, event), Ok(None));
    assert_eq!(slack("no json", "no json"), Ok(None));
}

#[test]
fn a_validation_is_answered_with_a_signature_of_the_token() {
    let body = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
    let signature = format!("v0={}", tag(Encoding::Hex, &format!("v0:1700000000:{body}")));
    let headers = [("x-zm-request-timestamp", "1700000000".to_owned()), ("x-zm-signature", signature)];
    let mac = tag(Encoding::Hex, "qgg8vlvZRS6UYooatFL8Aw");

    let wanted = format!(r#"{{"encryptedToken":"{mac}","plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#);
    assert_eq!(answered("zoom", Method::POST, "", &headers, body), Ok(json(wanted)));
    assert!(answered("zoom", Method::POST, "", &headers[..1], body).is_err());
}

#[test]
fn a_subscription_is_answered_under_the_operators_token() {
    let get = |query: &str| answered("meta", Method::GET, query, &[], "");

    let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=made%20up";
    assert_eq!(get(query), Ok(text("1158201444")));
    assert_eq!(get(&query.replace("made", "mode")), Err(Rejection::WrongCredential));
    assert_eq!(
        get("hub.mode=subscribe&hub.challenge=1"),
        Err(Rejection::MissingField("query.hub.verify_token".into()))
    );
    assert_eq!(get("hub.mode=unsubscribe&hub.challenge=1"), Ok(None));
    assert_eq!(answered("meta", Method::POST, query, &[], ""), Ok(None));
}

#[test]
fn a_challenge_without_proof_is_repeated_and_nothing_more() {
    assert_eq!(answered("dropbox", Method::GET, "challenge=abc%3Cb%3E", &[], ""), Ok(text("abc<b>")));
    assert_eq!(answered("dropbox", Method::GET, "", &[], ""), Ok(None));
    let long = format!("challenge={}", "x".repeat(10_000));
    assert!(matches!(
        answered("dropbox", Method::GET, &long, &[], ""),
        Err(Rejection::MalformedField { .. })
    ));
}

#[test]
fn nobody_gets_an_event_signed_by_asking_for_it() {
    let crc = |query: &str| answered("x", Method::GET, query, &[], "");

    let token = "9b4507b3-9040-4669-9ca3-6b94edb50553";
    let mac = tag(Encoding::Base64, token);
    assert_eq!(base64_decode(&mac).map(|bytes| bytes.len()), Some(32));
    assert_eq!(
        crc(&format!("crc_token={token}")),
        Ok(json(format!(r#"{{"response_token":"sha256={mac}"}}"#)))
    );
    for forged in ["crc_token=%7B%22for_user_id%22%3A%221%22%7D", "crc_token=", "crc_token=%22a%22"] {
        assert!(matches!(crc(forged), Err(Rejection::MalformedField { .. })), "{forged}");
    }
}
