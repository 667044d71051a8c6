//! Presets: what we know of providers, as data. A new provider is an entry in `presets.json`, not code.

mod handshake;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::HeaderName;
use serde::Deserialize;

pub use handshake::HandshakePreset;

use crate::envelope::Path;
use crate::handshake::Handshake;
use crate::scheme::{
    Algorithm, BodyHash, Construction, Credential, Encoding, Field, HmacScheme, KeyError, KeyForm, NamedKey,
    Place, SignedPart, Timestamp, Unit, Verification,
};
use crate::template::TemplateError;
use crate::word::Secret;

/// What we know of a provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What it is, in a few words.
    pub about: String,
    /// The page that documents it.
    pub source: String,
    /// How it signs. A preset has this or `api_key`.
    #[serde(default)]
    pub hmac: Option<Box<HmacPreset>>,
    /// The header field in which it shows a token as it is.
    #[serde(default)]
    pub api_key: Option<String>,
    /// The array whose elements are events of their own, as a path into the body.
    #[serde(default)]
    pub split: Option<String>,
    /// Where an event's type stands, as a template.
    #[serde(rename = "type", default)]
    pub event_type: Option<String>,
    /// Where a request's own id stands, as a template.
    #[serde(default)]
    pub dedupe: Option<String>,
    /// Requests that are answered and not stored.
    #[serde(default)]
    pub handshakes: Vec<HandshakePreset>,
    /// Whether it sends again what was not answered 2xx; none where its pages do not say.
    #[serde(default)]
    pub retries: Option<bool>,
}

/// An HMAC scheme as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HmacPreset {
    /// The hash.
    #[serde(default)]
    pub algorithm: Algorithm,
    /// HMAC or plain hash.
    #[serde(default)]
    pub construction: Construction,
    /// Where the signature stands.
    pub signature: PlacePreset,
    /// How it is written.
    #[serde(default)]
    pub encoding: Encoding,
    /// How secrets are written.
    #[serde(default)]
    pub key: KeyForm,
    /// What stands before a secret and is no part of it.
    #[serde(default)]
    pub key_prefix: String,
    /// What is signed, as a template.
    pub signed_content: String,
    /// The time of signing.
    #[serde(default)]
    pub timestamp: Option<TimestampPreset>,
    /// An array in the body whose elements are signed each on its own.
    #[serde(default)]
    pub each: Option<String>,
    /// A hash of the body that is signed in its stead.
    #[serde(default)]
    pub body_hash: Option<BodyHashPreset>,
    /// Characters that the sender signs in the URL without their percent signs.
    #[serde(default)]
    pub url_unescape: String,
}

/// Where something stands, as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacePreset {
    /// `headers.x`, `query.x`, `form.x` or `body.x.y`.
    pub at: String,
    /// What separates its parts.
    #[serde(default)]
    pub separator: Option<char>,
    /// What stands before the part.
    #[serde(default)]
    pub prefix: String,
}

/// The time of signing, as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampPreset {
    /// Where it stands.
    pub place: PlacePreset,
    /// How it is written.
    #[serde(default)]
    pub unit: Unit,
    /// How far it may be from now.
    #[serde(default)]
    pub tolerance_seconds: Option<u64>,
}

/// A hash of the body, as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyHashPreset {
    /// Where it stands.
    pub place: PlacePreset,
    /// The hash.
    pub algorithm: Algorithm,
    /// How it is written.
    pub encoding: Encoding,
}

static PRESETS: LazyLock<BTreeMap<String, Preset>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("presets.json"))
        .expect("presets.json is checked by this module's tests")
});

impl Preset {
    /// Returns a preset by its name.
    pub fn named(name: &str) -> Option<&'static Preset> {
        PRESETS.get(name)
    }

    /// Returns the names of all presets.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PRESETS.keys().map(String::as_str)
    }

    /// Decodes a secret as the provider writes it.
    ///
    /// # Errors
    /// It is not of that form.
    pub fn decode(&self, text: &str) -> Result<Secret, KeyError> {
        match &self.hmac {
            Some(hmac) => hmac.key.decode_behind(&hmac.key_prefix, text),
            None => KeyForm::Utf8.decode(text),
        }
    }

    /// Returns how its requests are verified under these keys.
    ///
    /// # Errors
    /// Its data does not read; this module's tests see to it that it does.
    pub fn verification(&self, keys: Vec<Secret>) -> Result<Verification, TemplateError> {
        if let Some(hmac) = &self.hmac {
            return Ok(Verification::Hmac { scheme: Box::new(hmac.scheme()?), keys });
        }
        let header = self.api_key.as_deref().unwrap_or_default();
        let header = HeaderName::from_bytes(header.as_bytes()).map_err(|_| unreadable(header))?;
        let named = |(nth, secret): (usize, Secret)| NamedKey { name: (nth + 1).to_string(), secret };
        let keys = keys.into_iter().enumerate().map(named).collect();
        Ok(Verification::Shown { credential: Credential::Header(header), keys })
    }

    /// Returns its handshakes; those that ask for a token only if there is one.
    ///
    /// # Errors
    /// Its data does not read; this module's tests see to it that it does.
    pub fn handshakes(&self, token: Option<&Secret>) -> Result<Vec<Handshake>, TemplateError> {
        let all = self.handshakes.iter().filter_map(|preset| preset.handshake(token).transpose());
        all.collect()
    }

    /// Tells whether a handshake asks for a token that the operator makes up.
    pub fn takes_token(&self) -> bool {
        self.handshakes.iter().any(HandshakePreset::takes_token)
    }

    /// Returns the steps to the array that its requests are split by.
    ///
    /// # Errors
    /// Its data does not read; this module's tests see to it that it does.
    pub fn split(&self) -> Result<Option<Vec<String>>, TemplateError> {
        self.split.as_deref().map(steps).transpose()
    }
}

impl HmacPreset {
    /// Returns the scheme.
    ///
    /// # Errors
    /// The template of what is signed does not read, or a place is none.
    pub fn scheme(&self) -> Result<HmacScheme, TemplateError> {
        let timestamp = self.timestamp.as_ref().map(TimestampPreset::timestamp).transpose()?;
        let body_hash = self.body_hash.as_ref().map(|preset| {
            let place = preset.place.place()?;
            Ok(BodyHash { place, algorithm: preset.algorithm, encoding: preset.encoding })
        });
        Ok(HmacScheme {
            algorithm: self.algorithm,
            construction: self.construction,
            signature: self.signature.place()?,
            encoding: self.encoding,
            signed: SignedPart::parse_all(&self.signed_content)?,
            timestamp,
            each: self.each.as_deref().map(steps).transpose()?,
            body_hash: body_hash.transpose()?,
            url_unescape: self.url_unescape.clone(),
        })
    }
}

impl PlacePreset {
    fn place(&self) -> Result<Place, TemplateError> {
        let field = Field::parse(&self.at).ok_or_else(|| unreadable(&self.at))?;
        Ok(Place { field, separator: self.separator, prefix: self.prefix.clone() })
    }
}

impl TimestampPreset {
    fn timestamp(&self) -> Result<Timestamp, TemplateError> {
        let tolerance = self.tolerance_seconds.unwrap_or(crate::limits::SIGNATURE_TOLERANCE.as_secs());
        Ok(Timestamp { place: self.place.place()?, unit: self.unit, tolerance_seconds: tolerance })
    }
}

/// Reads a path into the body.
fn steps(text: &str) -> Result<Vec<String>, TemplateError> {
    match Path::parse(text) {
        Ok(Path::Body(steps)) => Ok(steps),
        _ => Err(unreadable(text)),
    }
}

fn unreadable(text: &str) -> TemplateError {
    let help = "name headers.x, query.x, form.x or body.x".into();
    TemplateError { at: 0, why: format!("{text:?} is no field"), help }
}

#[cfg(test)]
#[path = "preset_tests.rs"]
mod tests;
