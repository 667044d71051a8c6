//! HMAC schemes as data: which header, which bytes, which key. Every provider that signs with a shared
//! secret is a value of [`HmacScheme`], not code.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;

use super::Rejection;
use crate::request::RawRequest;
use crate::word::{Millis, Secret, hex_decode};

/// The hash under the HMAC (RFC 2104).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// For providers of old.
    Sha1,
    /// The usual one.
    Sha256,
    /// Some.
    Sha512,
}

/// How a signature is written in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Hex digits of either case.
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

/// A piece of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedPart {
    /// Bytes that stand there as they are.
    Literal(String),
    /// The request's body.
    Body,
    /// The text of the timestamp header.
    Timestamp,
    /// The URL that the sender called.
    Url,
    /// A header's text.
    Header(String),
}

/// An HMAC scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HmacScheme {
    /// The hash.
    pub algorithm: Algorithm,
    /// The header that carries the signature.
    pub header: String,
    /// What stands before each signature, such as `sha256=`.
    pub prefix: String,
    /// What separates signatures, where a header carries several; one that lacks the prefix is passed over.
    pub separator: Option<char>,
    /// How the signature is written.
    pub encoding: Encoding,
    /// What is signed.
    pub signed: Vec<SignedPart>,
    /// The header with the time of signing in seconds since 1970, and how far it may be from now, in seconds.
    pub timestamp: Option<(String, u64)>,
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
}

impl HmacScheme {
    /// Proves that a request was signed under one of the keys. Every pair of signature and key is
    /// compared, each in constant time.
    ///
    /// # Errors
    /// Says what is missing, malformed, stale or wrong.
    pub(super) fn verify(&self, request: &RawRequest, keys: &[Secret], now: Millis) -> Result<(), Rejection> {
        let text = required(request, &self.header)?;
        let signatures = self.signatures(&text)?;
        let timestamp = match &self.timestamp {
            Some((header, tolerance)) => Some(fresh(request, header, *tolerance, now)?),
            None => None,
        };
        let mut fits = Choice::from(0);
        for key in keys {
            let tag = self.tag(key, request, timestamp.as_deref())?;
            for signature in &signatures {
                fits |= signature.as_slice().ct_eq(&tag);
            }
        }
        if bool::from(fits) { Ok(()) } else { Err(Rejection::WrongSignature(self.header.clone())) }
    }

    fn signatures(&self, text: &str) -> Result<Vec<Vec<u8>>, Rejection> {
        let pieces: Vec<&str> = match self.separator {
            Some(separator) => text.split(separator).map(str::trim).collect(),
            None => vec![text.trim()],
        };
        let signatures: Vec<Vec<u8>> = pieces
            .into_iter()
            .filter_map(|piece| piece.strip_prefix(self.prefix.as_str()))
            .filter_map(|encoded| match self.encoding {
                Encoding::Hex => hex_decode(encoded),
                Encoding::Base64 => base64_decode(encoded),
            })
            .collect();
        if signatures.is_empty() {
            let form = match self.encoding {
                Encoding::Hex => "hex digits",
                Encoding::Base64 => "Base64",
            };
            let why = format!("expected `{}` and {form}", self.prefix);
            return Err(Rejection::MalformedHeader { header: self.header.clone(), why });
        }
        Ok(signatures)
    }

    fn tag(&self, key: &Secret, request: &RawRequest, timestamp: Option<&str>) -> Result<Vec<u8>, Rejection> {
        match self.algorithm {
            Algorithm::Sha1 => self.tag_by::<Hmac<Sha1>>(key, request, timestamp),
            Algorithm::Sha256 => self.tag_by::<Hmac<Sha256>>(key, request, timestamp),
            Algorithm::Sha512 => self.tag_by::<Hmac<Sha512>>(key, request, timestamp),
        }
    }

    fn tag_by<M: Mac + KeyInit>(
        &self,
        key: &Secret,
        request: &RawRequest,
        timestamp: Option<&str>,
    ) -> Result<Vec<u8>, Rejection> {
        let mut mac = <M as KeyInit>::new_from_slice(key.expose()).expect("HMAC takes a key of any length");
        for part in &self.signed {
            match part {
                SignedPart::Literal(text) => mac.update(text.as_bytes()),
                SignedPart::Body => mac.update(&request.body),
                SignedPart::Timestamp => mac.update(timestamp.unwrap_or_default().as_bytes()),
                SignedPart::Url => mac.update(request.url.as_bytes()),
                SignedPart::Header(name) => mac.update(required(request, name)?.as_bytes()),
            }
        }
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

fn required(request: &RawRequest, header: &str) -> Result<String, Rejection> {
    request.headers.first_text(header).ok_or_else(|| Rejection::MissingHeader(header.to_owned()))
}

/// Returns the text of the timestamp header, if it is near enough to now.
fn fresh(request: &RawRequest, header: &str, tolerance: u64, now: Millis) -> Result<String, Rejection> {
    let text = required(request, header)?;
    let at: i64 = text.trim().parse().map_err(|_| Rejection::MalformedHeader {
        header: header.to_owned(),
        why: "expected seconds since 1970".into(),
    })?;
    let seconds = now.seconds().saturating_sub(at);
    if seconds.unsigned_abs() > tolerance {
        return Err(Rejection::Stale { seconds, max: tolerance });
    }
    Ok(text)
}

/// Reads Base64 of any of the four usual spellings: providers differ, and no two mean different bytes.
pub(crate) fn base64_decode(text: &str) -> Option<Vec<u8>> {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|engine| engine.decode(text).ok())
}

#[cfg(test)]
#[path = "hmac_scheme_tests.rs"]
mod tests;
