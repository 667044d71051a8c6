//! Credentials that senders show as they are: API keys, Basic, Bearer. Compared in constant time, and
//! masked in everything that is kept of the request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, header};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::Rejection;
use super::place::{Field, Reading};
use crate::request::RawRequest;
use crate::word::{Digest, Secret};

/// A key that one sender, or one generation of senders, holds.
#[derive(Debug, Clone)]
pub struct NamedKey {
    /// What the operator calls it; of Basic the user. Shown in metrics and logs.
    pub name: String,
    /// The key; of Basic the password.
    pub secret: Secret,
}

/// Where senders show a key.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A header field of their own.
    Header(HeaderName),
    /// A parameter of the query.
    Query(String),
    /// `Authorization: Bearer …` (RFC 6750).
    Bearer,
    /// `Authorization: Basic …` (RFC 7617): the name is the user, the secret the password.
    Basic,
}

/// Who showed which credential.
pub(crate) struct Shown {
    /// Which key fits.
    pub(crate) by: usize,
    /// The credential itself: what must not be kept anywhere.
    pub(crate) text: Secret,
}

impl Credential {
    /// Proves that a request carries one of the keys. All of them are compared, each in constant time.
    ///
    /// # Errors
    /// There is no credential, or none fits.
    pub(crate) fn verify(&self, request: &RawRequest, keys: &[NamedKey]) -> Result<Shown, Rejection> {
        let shown = self.shown(request)?;
        let (user, given) = match self {
            Credential::Basic => {
                let decoded = STANDARD.decode(&shown).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let (user, password) = decoded
                    .as_deref()
                    .and_then(|text| text.split_once(':'))
                    .ok_or(Rejection::WrongCredential)?;
                (Some(user.to_owned()), Secret::from(password))
            }
            Credential::Header(_) | Credential::Query(_) | Credential::Bearer => {
                (None, Secret::from(shown.as_str()))
            }
        };
        // Hashes have one length, so that comparing tells nothing of the key's.
        let is = |a: &[u8], b: &[u8]| Digest::of(a).as_bytes().ct_eq(Digest::of(b).as_bytes());
        let mut by = u32::MAX;
        for (nth, key) in (0u32..).zip(keys) {
            let mut fits = is(key.secret.expose(), given.expose());
            if let Some(user) = &user {
                fits &= is(key.name.as_bytes(), user.as_bytes());
            }
            by = u32::conditional_select(&by, &nth, fits & is_unset(by));
        }
        match usize::try_from(by) {
            Ok(by) if by < keys.len() => Ok(Shown { by, text: given }),
            Ok(_) | Err(_) => Err(Rejection::WrongCredential),
        }
    }

    /// Returns what stands where the credential should stand.
    fn shown(&self, request: &RawRequest) -> Result<String, Rejection> {
        let missing = || Rejection::MissingCredential;
        match self {
            Credential::Header(name) => request.headers.first_text(name.as_str()).ok_or_else(missing),
            Credential::Query(name) => {
                Reading::of(request).whole().text(&Field::Query(name.clone())).ok_or_else(missing)
            }
            Credential::Bearer => authorization(request, "bearer").ok_or_else(missing),
            Credential::Basic => authorization(request, "basic").ok_or_else(missing),
        }
    }

    /// Returns the header field that holds the credential, if one does.
    pub(super) fn header(&self) -> Option<HeaderName> {
        match self {
            Credential::Header(name) => Some(name.clone()),
            Credential::Bearer | Credential::Basic => Some(header::AUTHORIZATION),
            Credential::Query(_) => None,
        }
    }

    /// Returns what `WWW-Authenticate` says to a request without the credential, where HTTP knows it.
    pub fn challenge(&self) -> Option<&'static str> {
        match self {
            Credential::Bearer => Some("Bearer"),
            Credential::Basic => Some("Basic realm=\"hookgate\", charset=\"UTF-8\""),
            Credential::Header(_) | Credential::Query(_) => None,
        }
    }
}

fn is_unset(by: u32) -> Choice {
    by.ct_eq(&u32::MAX)
}

fn authorization(request: &RawRequest, scheme: &str) -> Option<String> {
    let value = request.headers.first_text(header::AUTHORIZATION.as_str())?;
    let (given, rest) = value.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim().to_owned())
}

#[cfg(test)]
#[path = "credential_tests.rs"]
mod tests;
