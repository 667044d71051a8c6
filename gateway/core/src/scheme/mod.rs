//! Signatures and credentials: how a sender proves who it is, as data, and the one scheme that Hookgate
//! signs by itself.

pub(crate) mod content;
mod credential;
pub mod declared;
mod form;
mod hmac_scheme;
pub(crate) mod place;
pub mod standard;

use std::time::Duration;

use http::HeaderName;
use thiserror::Error;

pub use content::SignedPart;
pub use credential::{Credential, NamedKey};
#[cfg(test)]
pub(crate) use form::base64_decode;
pub use form::{Algorithm, Construction, Encoding, KeyError, KeyForm};
pub use hmac_scheme::{BodyHash, HmacScheme, Timestamp, Unit};
pub use place::{Field, Place};

use crate::recipe::Stage;
use crate::request::{RawRequest, VerifiedRequest};
use crate::word::{Millis, Secret};

/// How a source's senders prove who they are.
#[derive(Debug)]
pub enum Verification {
    /// They do not; the configuration says so in words.
    None,
    /// By a signature over what they send, under one of these keys (several during a rotation).
    Hmac {
        /// The scheme.
        scheme: Box<HmacScheme>,
        /// The keys' bytes, decoded.
        keys: Vec<Secret>,
    },
    /// By a key that they show.
    Shown {
        /// Where.
        credential: Credential,
        /// Who holds one.
        keys: Vec<NamedKey>,
    },
    /// By what a plugin says of the request. No pure function decides it: see [`vouched`].
    Plugin {
        /// The plugin and its config.
        stage: Stage,
        /// Within what it must have answered, waiting for its turn included.
        deadline: Duration,
        /// Header fields that prove the sender and are not kept, beside those that never are.
        mask: Vec<HeaderName>,
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
    /// A field of query or body that the scheme needs is not there.
    #[error("{0} is missing")]
    MissingField(String),
    /// A field of query or body does not read.
    #[error("{field} does not read: {why}")]
    MalformedField {
        /// Which.
        field: String,
        /// What was expected.
        why: String,
    },
    /// No key makes this signature.
    #[error("no signature in {0} fits")]
    WrongSignature(String),
    /// The signature is too old, or from the future.
    #[error("the signature's time is {seconds} s away, at most {max} s are allowed")]
    Stale {
        /// How far it is from now.
        seconds: i64,
        /// The tolerance.
        max: u64,
    },
    /// The request shows no key.
    #[error("there is no credential")]
    MissingCredential,
    /// The key that it shows is nobody's.
    #[error("the credential is none of the source's")]
    WrongCredential,
    /// A plugin said no, in its own words.
    #[error("the plugin denies it: {0}")]
    Denied(String),
}

impl Verification {
    /// Returns what the operator calls a key, if there are several: of a signature's its place in the
    /// file, the first one being 1.
    pub fn key_name(&self, nth: usize) -> Option<String> {
        match self {
            Verification::Hmac { keys, .. } => (keys.len() > 1).then(|| (nth + 1).to_string()),
            Verification::Shown { keys, .. } if keys.len() > 1 => keys.get(nth).map(|key| key.name.clone()),
            Verification::None | Verification::Shown { .. } | Verification::Plugin { .. } => None,
        }
    }
}

impl Rejection {
    /// Returns the stable code for answers.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::MissingHeader(_) => "missing-header",
            Rejection::MalformedHeader { .. } => "malformed-header",
            Rejection::MissingField(_) => "missing-field",
            Rejection::MalformedField { .. } => "malformed-field",
            Rejection::WrongSignature(_) => "wrong-signature",
            Rejection::Stale { .. } => "stale-signature",
            Rejection::MissingCredential => "missing-credential",
            Rejection::WrongCredential => "wrong-credential",
            Rejection::Denied(_) => "denied",
        }
    }

    /// Returns the stable word for metrics and logs.
    pub fn word(&self) -> &'static str {
        match self {
            Rejection::MissingHeader(_) => "missing_header",
            Rejection::MalformedHeader { .. } => "malformed_header",
            Rejection::MissingField(_) => "missing_field",
            Rejection::MalformedField { .. } => "malformed_field",
            Rejection::WrongSignature(_) => "wrong_signature",
            Rejection::Stale { .. } => "stale_signature",
            Rejection::MissingCredential => "missing_credential",
            Rejection::WrongCredential => "wrong_credential",
            Rejection::Denied(_) => "denied",
        }
    }
}

/// Proves a request's sender. Pure: `now` is the receiver's clock.
///
/// # Errors
/// Says what does not hold. A source that a plugin verifies is asked elsewhere: here it denies.
pub fn verify(
    request: RawRequest,
    verification: &Verification,
    now: Millis,
) -> Result<VerifiedRequest, Rejection> {
    match verification {
        Verification::None => Ok(VerifiedRequest::admitted(request, &[], None)),
        Verification::Hmac { scheme, keys } => {
            let by = scheme.verify(&request, keys, now)?;
            Ok(VerifiedRequest::admitted(request, &[], None).by(by))
        }
        Verification::Shown { credential, keys } => {
            let shown = credential.verify(&request, keys)?;
            let headers: Vec<HeaderName> = credential.header().into_iter().collect();
            Ok(VerifiedRequest::admitted(request, &headers, Some(&shown.text)).by(shown.by))
        }
        Verification::Plugin { .. } => Err(Rejection::Denied("nobody asked the plugin".into())),
    }
}

/// Takes a request whose sender a plugin has vouched for, and masks these header fields.
pub fn vouched(request: RawRequest, mask: &[HeaderName]) -> VerifiedRequest {
    VerifiedRequest::admitted(request, mask, None)
}

#[cfg(test)]
#[path = "vectors_tests.rs"]
mod vectors;
