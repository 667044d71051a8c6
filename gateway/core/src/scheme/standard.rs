//! Standard Webhooks 1.0, the symmetric scheme `v1`: how Hookgate signs what it sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::form::{KeyError, base64_decode};
use crate::word::Secret;

/// The header with the message id.
pub const ID: &str = "webhook-id";
/// The header with the time of the attempt, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// Reads a secret: `whsec_` and Base64 of 24 to 64 bytes (Standard Webhooks 1.0, "Symmetric").
///
/// # Errors
/// It is no Base64, or of another length.
pub fn key(text: &str) -> Result<Secret, KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let bytes = base64_decode(text.strip_prefix("whsec_").unwrap_or(text)).ok_or(KeyError::NotBase64)?;
    if !(24..=64).contains(&bytes.len()) {
        return Err(KeyError::Length { bytes: bytes.len(), wanted: "24 to 64" });
    }
    Ok(Secret::new(bytes))
}

/// Returns the value of `webhook-signature`: one `v1,` signature a key, in their order, split by spaces.
pub fn sign(keys: &[Secret], id: &str, seconds: i64, body: &[u8]) -> String {
    let signatures: Vec<String> = keys.iter().map(|key| signature(key, id, seconds, body)).collect();
    signatures.join(" ")
}

fn signature(key: &Secret, id: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{seconds}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_comes_out() {
        // Standard Webhooks 1.0, and the vector of its reference libraries.
        let key = key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");

        let value = sign(&[key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);

        assert_eq!(value, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn during_a_rotation_every_key_signs_newest_first() {
        let keys = [Secret::from("0123456789012345678901234"), Secret::from("9876543210987654321098765")];

        let value = sign(&keys, "msg_1", 7, b"{}");

        let both: Vec<&str> = value.split(' ').collect();
        assert_eq!(both, [signature(&keys[0], "msg_1", 7, b"{}"), signature(&keys[1], "msg_1", 7, b"{}")]);
    }

    #[test]
    fn a_secret_is_24_to_64_bytes_of_base64() {
        let encoded = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));

        assert!(key(&encoded(24)).is_ok() && key(&encoded(64)).is_ok());
        assert_eq!(key(&encoded(23)).err(), Some(KeyError::Length { bytes: 23, wanted: "24 to 64" }));
        assert_eq!(key(&encoded(65)).err(), Some(KeyError::Length { bytes: 65, wanted: "24 to 64" }));
        assert_eq!(key("whsec_äöü").err(), Some(KeyError::NotBase64));
        assert_eq!(key("").err(), Some(KeyError::Empty));
    }
}
