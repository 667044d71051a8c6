//! Signatures from their specifications: GitHub's made, Standard Webhooks' checked. Nothing of the
//! gateway's own code is used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;

/// A receiver accepts a timestamp this far away (Standard Webhooks 1.0, "Verifying webhooks").
const TOLERANCE_SECONDS: i64 = 300;

/// Returns the value of `X-Hub-Signature-256` (GitHub Docs, "Validating webhook deliveries").
pub fn github(secret: &str, body: &[u8]) -> String {
    let digits: String = hmac(secret.as_bytes(), &[body]).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// Returns the value of `X-Slack-Signature` (Slack, "Verifying requests from Slack").
pub fn slack(secret: &str, seconds: i64, body: &[u8]) -> String {
    let tag = hmac(secret.as_bytes(), &[format!("v0:{seconds}:").as_bytes(), body]);
    let digits: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={digits}")
}

/// Checks the three header fields of Standard Webhooks 1.0 over `body`, at `now` in seconds since 1970.
///
/// # Errors
/// Says what a receiver would object to.
pub fn check_standard(secret: &str, headers: &HeaderMap, body: &[u8], now: i64) -> Result<(), String> {
    let id = only(headers, "webhook-id")?;
    let timestamp = only(headers, "webhook-timestamp")?;
    let signatures = only(headers, "webhook-signature")?;
    if id.is_empty() || id.contains('.') {
        return Err(format!("webhook-id {id:?}: empty, or with the dot that separates what is signed"));
    }
    let seconds: i64 =
        timestamp.parse().map_err(|_| format!("webhook-timestamp {timestamp:?} is no number"))?;
    if (now - seconds).abs() > TOLERANCE_SECONDS {
        return Err(format!("webhook-timestamp {seconds} is too far from {now}"));
    }
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap_or(secret))
        .map_err(|error| error.to_string())?;
    let expected = hmac(&key, &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body]);
    let fits = |signature: &str| {
        let encoded = signature.strip_prefix("v1,");
        encoded.and_then(|encoded| STANDARD.decode(encoded).ok()).is_some_and(|given| given == expected)
    };
    if signatures.split(' ').any(fits) {
        Ok(())
    } else {
        Err(format!("webhook-signature {signatures:?} does not fit"))
    }
}

fn only<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, String> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| format!("{name} is no text")),
        (None, _) => Err(format!("{name} is missing")),
        (Some(_), Some(_)) => Err(format!("{name} comes more than once")),
    }
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors(text: &str) -> Vec<Value> {
        serde_json::from_str(text).expect("the vectors are a JSON list")
    }

    fn text<'v>(vector: &'v Value, field: &str) -> &'v str {
        vector[field].as_str().expect("every vector has it")
    }

    fn signed(vector: &Value) -> HeaderMap {
        ["webhook-id", "webhook-timestamp", "webhook-signature"]
            .into_iter()
            .map(|name| (name.parse().expect("a name"), text(vector, name).parse().expect("a value")))
            .collect()
    }

    #[test]
    fn githubs_published_signatures_come_out() {
        for vector in vectors(include_str!("../corpus/signatures/github.json")) {
            let signature = github(text(&vector, "secret"), text(&vector, "body").as_bytes());

            assert_eq!(signature, text(&vector, "x-hub-signature-256"), "{}", text(&vector, "source"));
        }
    }

    #[test]
    fn the_published_signatures_of_standard_webhooks_fit_and_nothing_else_does() {
        for vector in vectors(include_str!("../corpus/signatures/standard.json")) {
            let (secret, body, headers) =
                (text(&vector, "secret"), text(&vector, "body").as_bytes(), signed(&vector));
            let now: i64 = text(&vector, "webhook-timestamp").parse().expect("a number");

            assert_eq!(check_standard(secret, &headers, body, now), Ok(()));
            assert_eq!(check_standard(secret, &headers, body, now + 300), Ok(()));
            assert!(check_standard(secret, &headers, body, now + 301).is_err(), "too late");
            assert!(check_standard(secret, &headers, b"{}", now).is_err(), "another body");
            let other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
            assert!(check_standard(other, &headers, body, now).is_err(), "another key");
            for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
                let mut less = headers.clone();
                less.remove(name);
                assert!(check_standard(secret, &less, body, now).is_err(), "no {name}");
                let mut twice = headers.clone();
                twice.append(name, headers[name].clone());
                assert!(check_standard(secret, &twice, body, now).is_err(), "two of {name}");
            }
        }
    }

    #[test]
    fn one_fitting_signature_of_several_is_enough() {
        let mut headers = signed(&vectors(include_str!("../corpus/signatures/standard.json"))[0]);
        let both = format!("v1,AAAA v1a,x {}", headers["webhook-signature"].to_str().expect("text"));
        headers.insert("webhook-signature", both.parse().expect("a value"));

        let fits = check_standard(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            &headers,
            br#"{"test": 2432232314}"#,
            1_614_265_330,
        );

        assert_eq!(fits, Ok(()));
    }
}
