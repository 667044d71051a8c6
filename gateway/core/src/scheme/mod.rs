//! Signatures: how a sender proves who it is, as data, and the one scheme that Hookgate signs by itself.

mod hmac_scheme;
pub mod standard;

use thiserror::Error;

pub use hmac_scheme::{Algorithm, Encoding, HmacScheme, KeyError, KeyForm, SignedPart};

use crate::request::{RawRequest, VerifiedRequest};
use crate::word::{Millis, Secret};

/// How a source's senders prove who they are.
#[derive(Debug)]
pub enum Verification {
    /// They do not; the configuration says so in words.
    None,
    /// By an HMAC over what they send, under one of these keys (several during a rotation).
    Hmac {
        /// The scheme.
        scheme: HmacScheme,
        /// The keys' bytes, decoded.
        keys: Vec<Secret>,
    },
}

/// Why a request is not accepted. The sender learns the word, the log the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// A header that the scheme needs is not there.
    #[error("header {0} is missing")]
    MissingHeader(String),
    /// A header of the scheme does not read.
    #[error("header {header} does not read: {why}")]
    MalformedHeader {
        /// Which.
        header: String,
        /// What was expected.
        why: String,
    },
    /// No key makes this signature.
    #[error("no signature in header {0} fits")]
    WrongSignature(String),
    /// The signature is too old, or from the future.
    #[error("the signature's time is {seconds} s away, at most {max} s are allowed")]
    Stale {
        /// How far it is from now.
        seconds: i64,
        /// The tolerance.
        max: u64,
    },
}

impl Rejection {
    /// Returns the stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::MissingHeader(_) => "missing-header",
            Rejection::MalformedHeader { .. } => "malformed-header",
            Rejection::WrongSignature(_) => "wrong-signature",
            Rejection::Stale { .. } => "stale-signature",
        }
    }

    /// Returns the stable word for metrics and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Rejection::MissingHeader(_) => "missing_header",
            Rejection::MalformedHeader { .. } => "malformed_header",
            Rejection::WrongSignature(_) => "wrong_signature",
            Rejection::Stale { .. } => "stale_signature",
        }
    }
}

/// Proves a request's sender. Pure: `now` is the receiver's clock.
///
/// # Errors
/// Says which header or signature does not hold.
pub fn verify(
    request: RawRequest,
    verification: &Verification,
    now: Millis,
) -> Result<VerifiedRequest, Rejection> {
    match verification {
        Verification::None => {}
        Verification::Hmac { scheme, keys } => scheme.verify(&request, keys, now)?,
    }
    Ok(VerifiedRequest::admitted(request, &[]))
}
