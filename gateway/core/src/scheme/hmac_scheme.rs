//! HMAC schemes as data: where the signature stands, over which bytes, under which key. Every provider
//! that signs with a shared secret is a value of [`HmacScheme`], not code.

use serde::Deserialize;
use subtle::{Choice, ConstantTimeEq};

use super::Rejection;
use super::content::{self, Filling, SignedPart};
use super::form::{Algorithm, Construction, Encoding};
use super::place::{Place, Reading, Scene};
use crate::limits;
use crate::request::RawRequest;
use crate::rfc3339;
use crate::word::{Millis, Secret};

/// A scheme of signatures under a shared secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HmacScheme {
    /// The hash.
    pub algorithm: Algorithm,
    /// HMAC, or a plain hash with the key in the content.
    pub construction: Construction,
    /// Where signatures stand.
    pub signature: Place,
    /// How a signature is written.
    pub encoding: Encoding,
    /// What is signed.
    pub signed: Vec<SignedPart>,
    /// The time of signing, if the scheme has one.
    pub timestamp: Option<Timestamp>,
    /// An array in the body whose elements are signed each on its own: body paths begin at the element,
    /// and every one of them must verify.
    pub each: Option<Vec<String>>,
    /// A hash of the body that is signed in its stead, for bodies that are neither empty nor a form.
    pub body_hash: Option<BodyHash>,
    /// Characters that the sender signs in the URL without their percent signs.
    pub url_unescape: String,
}

/// The time of signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// Where it stands.
    pub place: Place,
    /// How it is written.
    pub unit: Unit,
    /// How far it may be from now.
    pub tolerance_seconds: u64,
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Unit {
    /// Seconds since 1970.
    #[default]
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds since 1970.
    #[serde(rename = "ms")]
    Millis,
    /// `2021-03-25T05:09:27Z`.
    #[serde(rename = "rfc3339")]
    Rfc3339,
}

/// Where a hash of the body stands, within what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyHash {
    /// Where.
    pub place: Place,
    /// The hash.
    pub algorithm: Algorithm,
    /// How it is written.
    pub encoding: Encoding,
}

impl HmacScheme {
    /// A scheme over the body alone, by a signature in a header: what most providers do.
    pub fn over_body(header: &str) -> HmacScheme {
        HmacScheme {
            algorithm: Algorithm::Sha256,
            construction: Construction::Hmac,
            signature: Place::header(header),
            encoding: Encoding::Hex,
            signed: vec![SignedPart::Body],
            timestamp: None,
            each: None,
            body_hash: None,
            url_unescape: String::new(),
        }
    }

    /// Proves that a request was signed under one of the keys, and returns which. Every pair of
    /// signature and key is compared, each in constant time.
    ///
    /// # Errors
    /// Says what is missing, malformed, stale or wrong.
    pub(crate) fn verify(
        &self,
        request: &RawRequest,
        keys: &[Secret],
        now: Millis,
    ) -> Result<usize, Rejection> {
        let reading = Reading::of(request);
        if let Some(hash) = &self.body_hash {
            hash.check(reading.whole())?;
        }
        let Some(steps) = &self.each else { return self.verify_scene(reading.whole(), keys, now) };
        let field = super::place::Field::Body(steps.clone());
        let elements = reading.elements(steps).ok_or_else(|| field.missing())?;
        if elements.len() > limits::EVENTS_PER_REQUEST_MAX {
            let why = format!("expected at most {} elements", limits::EVENTS_PER_REQUEST_MAX);
            return Err(field.malformed(why));
        }
        let mut by = Err(field.malformed("expected at least one element"));
        for element in elements {
            by = Ok(self.verify_scene(element, keys, now)?);
        }
        by
    }

    fn verify_scene(&self, scene: Scene<'_>, keys: &[Secret], now: Millis) -> Result<usize, Rejection> {
        let signatures = self.signatures(scene)?;
        let timestamp = match &self.timestamp {
            Some(timestamp) => timestamp.fresh(scene, now)?,
            None => String::new(),
        };
        let mut by = None;
        for (nth, key) in keys.iter().enumerate() {
            let filling =
                Filling { scene, timestamp: &timestamp, key, url_unescape: self.url_unescape.as_str() };
            let tag = self
                .algorithm
                .tag(self.construction, key, |to| content::write(&self.signed, &filling, to))?;
            let mut fits = Choice::from(0);
            for signature in &signatures {
                fits |= signature.as_slice().ct_eq(&tag);
            }
            if bool::from(fits) && by.is_none() {
                by = Some(nth);
            }
        }
        by.ok_or_else(|| Rejection::WrongSignature(self.signature.field.shown()))
    }

    fn signatures(&self, scene: Scene<'_>) -> Result<Vec<Vec<u8>>, Rejection> {
        let parts = self.signature.parts(scene)?;
        let signatures: Vec<Vec<u8>> = parts.iter().filter_map(|part| self.encoding.decode(part)).collect();
        if signatures.is_empty() {
            let why = format!("expected `{}` and {}", self.signature.prefix, self.encoding.words());
            return Err(self.signature.field.malformed(why));
        }
        Ok(signatures)
    }
}

impl Timestamp {
    /// Returns the text of the time, if it is near enough to now.
    fn fresh(&self, scene: Scene<'_>, now: Millis) -> Result<String, Rejection> {
        let field = &self.place.field;
        let malformed =
            || field.malformed(format!("expected `{}` and {}", self.place.prefix, self.unit.words()));
        let text = self.place.parts(scene)?.into_iter().next().ok_or_else(malformed)?;
        let at = self.unit.parse(&text).ok_or_else(malformed)?;
        let seconds = now.seconds().saturating_sub(at.seconds());
        if seconds.unsigned_abs() > self.tolerance_seconds {
            return Err(Rejection::Stale { seconds, max: self.tolerance_seconds });
        }
        Ok(text)
    }
}

impl Unit {
    fn parse(self, text: &str) -> Option<Millis> {
        match self {
            Unit::Seconds => text.parse::<i64>().ok().map(|seconds| Millis(seconds.saturating_mul(1_000))),
            Unit::Millis => text.parse().ok().map(Millis),
            Unit::Rfc3339 => rfc3339::parse(text),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds since 1970",
            Unit::Millis => "milliseconds since 1970",
            Unit::Rfc3339 => "a time such as 2021-03-25T05:09:27Z",
        }
    }
}

impl BodyHash {
    fn check(&self, scene: Scene<'_>) -> Result<(), Rejection> {
        let body = &scene.request().body;
        // An empty body has nothing to say; a form's fields are signed themselves.
        if body.is_empty() || scene.is_form() {
            return Ok(());
        }
        let parts = self.place.parts(scene)?;
        let expected = self.algorithm.digest(body);
        let fits = parts
            .iter()
            .filter_map(|part| self.encoding.decode(part))
            .any(|hash| bool::from(hash.as_slice().ct_eq(&expected)));
        if fits { Ok(()) } else { Err(Rejection::WrongSignature(self.place.field.shown())) }
    }
}

#[cfg(test)]
#[path = "hmac_scheme_tests.rs"]
mod tests;
