//! The two signatures of the benchmark: GitHub's on the way in, Standard Webhooks' on the way out.
//! Both are HMAC-SHA256; the keyed state is made once and cloned per message, which saves two of the
//! compressions a fresh key costs.

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

/// What GitHub puts before the hex digits of `X-Hub-Signature-256`.
const GITHUB_PREFIX: &str = "sha256=";

/// What a Standard Webhooks secret begins with; base64 follows.
const SECRET_PREFIX: &str = "whsec_";

/// A keyed HMAC-SHA256, ready to be cloned.
#[derive(Clone)]
pub(crate) struct Key(HmacSha256);

impl Key {
    /// Makes a key of the bytes of `secret`, as GitHub does.
    pub(crate) fn github(secret: &str) -> Result<Self> {
        Self::from_bytes(secret.as_bytes())
    }

    /// Makes a key of a `whsec_…` secret.
    pub(crate) fn standard_webhooks(secret: &str) -> Result<Self> {
        let encoded =
            secret.strip_prefix(SECRET_PREFIX).ok_or_else(|| anyhow!("the secret lacks {SECRET_PREFIX}"))?;
        let bytes = STANDARD.decode(encoded).context("the secret is no base64")?;
        Self::from_bytes(&bytes)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self> {
        HmacSha256::new_from_slice(bytes).map(Self).map_err(|_| anyhow!("no key of {} bytes", bytes.len()))
    }

    /// Returns the value of `X-Hub-Signature-256` for `body`.
    pub(crate) fn sign_github(&self, body: &[u8]) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut mac = self.0.clone();
        mac.update(body);
        let mut header = String::with_capacity(GITHUB_PREFIX.len() + 64);
        header.push_str(GITHUB_PREFIX);
        for byte in mac.finalize().into_bytes() {
            header.push(char::from(DIGITS[usize::from(byte >> 4)]));
            header.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        header
    }

    /// Tells whether `header` is GitHub's signature of `body`, in constant time.
    pub(crate) fn verifies_github(&self, header: &[u8], body: &[u8]) -> bool {
        let Some(digits) = header.strip_prefix(GITHUB_PREFIX.as_bytes()) else { return false };
        let Some(expected) = decode_hex(digits) else { return false };
        let mut mac = self.0.clone();
        mac.update(body);
        mac.verify_slice(&expected).is_ok()
    }

    /// Returns the value of `webhook-signature`. Standard Webhooks 1.0, "Signature scheme".
    pub(crate) fn sign_standard(&self, id: &str, timestamp_s: &str, body: &[u8]) -> String {
        let mac = self.standard_mac(id.as_bytes(), timestamp_s.as_bytes(), body);
        let mut header = String::with_capacity(3 + 44);
        header.push_str("v1,");
        STANDARD.encode_string(mac.finalize().into_bytes(), &mut header);
        header
    }

    /// Tells whether one of the signatures in `header` is Standard Webhooks' of these values.
    pub(crate) fn verifies_standard(&self, header: &str, id: &[u8], timestamp: &[u8], body: &[u8]) -> bool {
        header.split(' ').filter_map(|part| part.strip_prefix("v1,")).any(|encoded| {
            STANDARD
                .decode(encoded)
                .is_ok_and(|bytes| self.standard_mac(id, timestamp, body).verify_slice(&bytes).is_ok())
        })
    }

    fn standard_mac(&self, id: &[u8], timestamp: &[u8], body: &[u8]) -> HmacSha256 {
        let mut mac = self.0.clone();
        mac.update(id);
        mac.update(b".");
        mac.update(timestamp);
        mac.update(b".");
        mac.update(body);
        mac
    }
}

fn decode_hex(digits: &[u8]) -> Option<[u8; 32]> {
    if digits.len() != 64 {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn githubs_documented_vector_is_reproduced() {
        // GitHub Docs, "Validating webhook deliveries", testing the webhook payload validation.
        let key = Key::github("It's a Secret to Everybody").unwrap();
        let header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

        assert_eq!(key.sign_github(b"Hello, World!"), header);
        assert!(key.verifies_github(header.as_bytes(), b"Hello, World!"));
        assert!(!key.verifies_github(header.as_bytes(), b"Hello, World"));
    }

    #[test]
    fn the_standard_webhooks_vector_is_reproduced() {
        // Standard Webhooks' reference libraries, test "sign function works".
        let key = Key::standard_webhooks("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, timestamp, body) =
            ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
        let header = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

        assert_eq!(key.sign_standard(id, timestamp, body), header);
        let many = format!("v1,AAAA v2,zzz {header}");
        assert!(key.verifies_standard(&many, id.as_bytes(), timestamp.as_bytes(), body));
        assert!(!key.verifies_standard(&many, id.as_bytes(), b"1614265331", body));
    }

    #[test]
    fn a_malformed_signature_is_refused() {
        let key = Key::github("secret").unwrap();

        for header in ["", "sha256=", "sha1=00", "sha256=zz", &format!("sha256={}", "g".repeat(64))] {
            assert!(!key.verifies_github(header.as_bytes(), b"{}"), "{header}");
        }
    }
}
