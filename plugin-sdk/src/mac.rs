//! The capability `mac`: HMACs under keys that the plugin never sees.
//!
//! Granted in the gateway's configuration: `grant = { mac = ["NAME"] }`, with the key's secrets in
//! `[secret.NAME]`. Name it in `plugin.toml`: `asks = ["mac"]`.

use crate::NotGranted;

/// The hash under the HMAC (RFC 2104).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// HMAC-SHA-1, for products of old.
    Sha1,
    /// HMAC-SHA-256, the usual one.
    Sha256,
    /// HMAC-SHA-512.
    Sha512,
}

/// Returns the HMAC under the key's newest secret.
///
/// # Errors
/// There is no such key, or it is not granted.
pub fn sign(key: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, NotGranted> {
    #[cfg(target_family = "wasm")]
    let answer = crate::__bindings::imports::hookgate::plugin::mac::sign(key, algorithm.into(), data);
    #[cfg(not(target_family = "wasm"))]
    let answer = crate::testing::current(|host| host.sign(key, algorithm, data)).unwrap_or_else(no_host);
    answer.map_err(NotGranted)
}

/// Tells whether `tag`, as raw bytes, is the HMAC under any of the key's secrets (rotation). The host
/// compares in constant time.
///
/// # Errors
/// There is no such key, or it is not granted.
pub fn verify(key: &str, algorithm: Algorithm, data: &[u8], tag: &[u8]) -> Result<bool, NotGranted> {
    #[cfg(target_family = "wasm")]
    let answer = crate::__bindings::imports::hookgate::plugin::mac::verify(key, algorithm.into(), data, tag);
    #[cfg(not(target_family = "wasm"))]
    let answer =
        crate::testing::current(|host| host.verify(key, algorithm, data, tag)).unwrap_or_else(no_host);
    answer.map_err(NotGranted)
}

/// Writes bytes as hex digits, lower case.
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(b"0123456789abcdef"[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads hex digits of either case; none if the text is not of them.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let nibble = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    text.as_bytes().chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)).collect()
}

#[cfg(not(target_family = "wasm"))]
fn no_host<T>() -> Result<T, String> {
    Err("no host; run this inside `testing::Host::run`".to_owned())
}

#[cfg(target_family = "wasm")]
impl From<Algorithm> for crate::__bindings::imports::hookgate::plugin::mac::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1,
            Algorithm::Sha256 => Self::Sha256,
            Algorithm::Sha512 => Self::Sha512,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Host;

    /// RFC 2202, test case 2; RFC 4231, test case 2.
    #[test]
    fn a_test_host_signs_by_the_rfcs_vectors() {
        let host = Host::new().mac("partner", ["Jefe"]);
        let cases = [
            (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Algorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Algorithm::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ];
        for (algorithm, hex) in cases {
            let tag = host.run(|| sign("partner", algorithm, b"what do ya want for nothing?"));

            assert_eq!(tag.map(|tag| to_hex(&tag)), Ok(hex.to_owned()));
        }
    }

    #[test]
    fn the_newest_secret_signs_and_all_verify() {
        let host = Host::new().mac("partner", ["new", "old"]);
        let old = Host::new().mac("partner", ["old"]).run(|| sign("partner", Algorithm::Sha256, b"x"));
        let new = Host::new().mac("partner", ["new"]).run(|| sign("partner", Algorithm::Sha256, b"x"));
        let verify = |tag: &[u8]| host.run(|| verify("partner", Algorithm::Sha256, b"x", tag));

        assert_eq!(host.run(|| sign("partner", Algorithm::Sha256, b"x")), new);
        assert_eq!(verify(&old.expect("granted")), Ok(true));
        assert_eq!(verify(&new.expect("granted")), Ok(true));
        assert_eq!(verify(b""), Ok(false));
        assert!(host.run(|| sign("other", Algorithm::Sha1, b"")).is_err());
    }

    #[test]
    fn hex_reads_what_it_wrote() {
        assert_eq!(from_hex(&to_hex(&[0, 15, 255])), Some(vec![0, 15, 255]));
        assert_eq!(from_hex("0AfF"), Some(vec![10, 255]));
        for wrong in ["0", "0g", "é0", " 00"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }
}
