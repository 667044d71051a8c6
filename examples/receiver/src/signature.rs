//! Standard Webhooks 1.0, "Verifying signatures", written from the specification and not from the
//! gateway's signer, so that the two check each other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha2::Sha256;

/// A signature may be this far from now, in seconds. Standard Webhooks 1.0 advises five minutes.
const TOLERANCE_SECONDS: i64 = 300;

/// The key that both sides know.
#[derive(Clone)]
pub(crate) struct Key(Vec<u8>);

impl Key {
    /// Reads `whsec_` and Base64.
    pub(crate) fn parse(text: &str) -> Result<Key, String> {
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        let bytes = STANDARD.decode(encoded).map_err(|error| format!("no Base64 after whsec_: {error}"))?;
        if bytes.is_empty() { Err("the secret is empty".into()) } else { Ok(Key(bytes)) }
    }

    /// Verifies a webhook. `now` is in seconds since 1970.
    ///
    /// # Errors
    /// Says what does not hold.
    pub(crate) fn verify(&self, headers: &HeaderMap, body: &[u8], now: i64) -> Result<(), String> {
        let id = text(headers, "webhook-id")?;
        let timestamp = text(headers, "webhook-timestamp")?;
        let seconds: i64 = timestamp.parse().map_err(|_| "webhook-timestamp is no number".to_owned())?;
        let away = now.abs_diff(seconds);
        if away > TOLERANCE_SECONDS.unsigned_abs() {
            return Err(format!("the signature's time is {away} s away"));
        }
        let fits = text(headers, "webhook-signature")?
            .split(' ')
            .any(|signature| self.fits(signature, id, timestamp, body));
        if fits { Ok(()) } else { Err("no signature fits".into()) }
    }

    fn fits(&self, signature: &str, id: &str, timestamp: &str, body: &[u8]) -> bool {
        let Some(encoded) = signature.strip_prefix("v1,") else { return false };
        let Ok(given) = STANDARD.decode(encoded) else { return false };
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        // Compares in constant time.
        mac.verify_slice(&given).is_ok()
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, String> {
    let value = headers.get(name).ok_or_else(|| format!("{name} is missing"))?;
    value.to_str().map_err(|_| format!("{name} is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the specification's reference libraries.
    fn vector() -> (Key, HeaderMap, &'static [u8]) {
        let key = Key::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let fields = [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(name, value.parse().expect("a value"));
        }
        (key, headers, br#"{"test": 2432232314}"#)
    }

    #[test]
    fn one_fitting_signature_is_enough() {
        let (key, headers, body) = vector();

        assert_eq!(key.verify(&headers, body, 1_614_265_330), Ok(()));
    }

    #[test]
    fn another_body_does_not_fit() {
        let (key, headers, _) = vector();

        assert_eq!(key.verify(&headers, b"{}", 1_614_265_330), Err("no signature fits".into()));
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        let (key, headers, body) = vector();

        for (away, holds) in [(300, true), (301, false), (-300, true), (-301, false)] {
            assert_eq!(key.verify(&headers, body, 1_614_265_330 + away).is_ok(), holds, "{away} s");
        }
    }

    #[test]
    fn a_missing_header_is_named() {
        let (key, mut headers, body) = vector();
        headers.remove("webhook-id");

        assert_eq!(key.verify(&headers, body, 1_614_265_330), Err("webhook-id is missing".into()));
    }
}
