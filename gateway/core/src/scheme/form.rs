//! How hashes, signatures and keys are written: the words that schemes of either direction share.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use thiserror::Error;

use crate::word::{Secret, hex_decode};

/// The hash of a scheme (under its HMAC: RFC 2104).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// For providers of old.
    Sha1,
    /// The usual one.
    #[default]
    Sha256,
    /// Some.
    Sha512,
}

/// What is made of key and content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Construction {
    /// HMAC under the key.
    #[default]
    Hmac,
    /// The plain hash; the key is itself a part of the content. For providers of old.
    Hash,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Hex digits of either case.
    #[default]
    Hex,
    /// Base64, standard or URL-safe, padded or not.
    Base64,
}

/// How a secret's text becomes the key's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyForm {
    /// The text's own bytes.
    #[default]
    Utf8,
    /// Hex digits.
    Hex,
    /// Base64.
    Base64,
}

/// A secret's text is not of the form that its scheme wants. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// There is no text.
    #[error("the secret is empty")]
    Empty,
    /// Not hex digits.
    #[error("the secret is not made of hex digits")]
    NotHex,
    /// Not Base64.
    #[error("the secret is not Base64")]
    NotBase64,
    /// Too short or too long for the scheme.
    #[error("the secret has {bytes} bytes, {wanted} are wanted")]
    Length {
        /// As given.
        bytes: usize,
        /// As allowed.
        wanted: &'static str,
    },
}

impl KeyForm {
    /// Decodes a secret's text.
    ///
    /// # Errors
    /// The text is not of this form.
    pub fn decode(self, text: &str) -> Result<Secret, KeyError> {
        if text.is_empty() {
            return Err(KeyError::Empty);
        }
        match self {
            KeyForm::Utf8 => Ok(Secret::from(text)),
            KeyForm::Hex => hex_decode(text).map(Secret::new).ok_or(KeyError::NotHex),
            KeyForm::Base64 => base64_decode(text).map(Secret::new).ok_or(KeyError::NotBase64),
        }
    }

    /// Decodes a secret's text behind a prefix such as `whsec_`. A text without the prefix is taken
    /// whole: people copy either.
    ///
    /// # Errors
    /// The text is not of this form.
    pub fn decode_behind(self, prefix: &str, text: &str) -> Result<Secret, KeyError> {
        self.decode(text.strip_prefix(prefix).unwrap_or(text))
    }
}

impl Encoding {
    /// Reads a signature; none if it is not of this form.
    pub(crate) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Encoding::Hex => hex_decode(text),
            Encoding::Base64 => base64_decode(text),
        }
    }

    /// Writes bytes: lower-case hex digits, or padded standard Base64.
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Encoding::Hex => crate::word::hex_encode(bytes),
            Encoding::Base64 => STANDARD.encode(bytes),
        }
    }

    /// Returns what people call it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Encoding::Hex => "hex digits",
            Encoding::Base64 => "Base64",
        }
    }
}

impl Algorithm {
    /// Returns HMAC or hash of a content that is written piece by piece.
    pub(crate) fn tag<E>(
        self,
        construction: Construction,
        key: &Secret,
        write: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        match (construction, self) {
            (Construction::Hmac, Algorithm::Sha1) => hmac::<Hmac<Sha1>, E>(key, write),
            (Construction::Hmac, Algorithm::Sha256) => hmac::<Hmac<Sha256>, E>(key, write),
            (Construction::Hmac, Algorithm::Sha512) => hmac::<Hmac<Sha512>, E>(key, write),
            (Construction::Hash, Algorithm::Sha1) => hash::<Sha1, E>(write),
            (Construction::Hash, Algorithm::Sha256) => hash::<Sha256, E>(write),
            (Construction::Hash, Algorithm::Sha512) => hash::<Sha512, E>(write),
        }
    }

    /// Returns the plain hash of bytes.
    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Algorithm::Sha1 => Sha1::digest(bytes).to_vec(),
            Algorithm::Sha256 => Sha256::digest(bytes).to_vec(),
            Algorithm::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

fn hmac<M: Mac + KeyInit, E>(
    key: &Secret,
    write: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let mut mac = <M as KeyInit>::new_from_slice(key.expose()).expect("HMAC takes a key of any length");
    write(&mut |piece| mac.update(piece))?;
    Ok(mac.finalize().into_bytes().to_vec())
}

fn hash<D: sha2::Digest, E>(
    write: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), E>,
) -> Result<Vec<u8>, E> {
    let mut hash = D::new();
    write(&mut |piece| hash.update(piece))?;
    Ok(hash.finalize().to_vec())
}

/// Reads Base64 of any of the four usual spellings: providers differ, and no two mean different bytes.
pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_decoded_by_its_form() {
        assert_eq!(KeyForm::Hex.decode("6b").expect("hex").expose(), b"k");
        assert_eq!(KeyForm::Base64.decode("aw").expect("unpadded").expose(), b"k");
        assert_eq!(KeyForm::Hex.decode("6").err(), Some(KeyError::NotHex));
        assert_eq!(KeyForm::Base64.decode("*").err(), Some(KeyError::NotBase64));
        assert_eq!(KeyForm::Utf8.decode("").err(), Some(KeyError::Empty));
    }

    #[test]
    fn a_keys_prefix_is_stripped_where_the_scheme_says_so() {
        assert_eq!(KeyForm::Base64.decode_behind("whsec_", "whsec_aw==").expect("a key").expose(), b"k");
        assert_eq!(KeyForm::Base64.decode_behind("whsec_", "aw==").expect("a key").expose(), b"k");
        assert_eq!(KeyForm::Utf8.decode_behind("", "whsec_aw==").expect("a key").expose(), b"whsec_aw==");
        assert_eq!(KeyForm::Utf8.decode_behind("whsec_", "whsec_").err(), Some(KeyError::Empty));
    }
}
