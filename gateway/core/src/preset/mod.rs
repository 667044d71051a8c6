//! Presets: what we know of providers, as data. A new provider is an entry in `presets.json`, not code.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::scheme::{Algorithm, Encoding, HmacScheme, KeyForm, SignedPart};
use crate::template::{Template, TemplateError};

/// What we know of a provider.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// What it is, in a few words.
    pub about: String,
    /// The page that documents it.
    pub source: String,
    /// How it signs.
    pub hmac: HmacPreset,
    /// Where an event's type stands, as a template.
    #[serde(rename = "type", default)]
    pub event_type: Option<String>,
    /// Where a request's own id stands, as a template.
    #[serde(default)]
    pub dedupe: Option<String>,
    /// Whether it sends again what was not answered 2xx.
    pub retries: bool,
}

/// An HMAC scheme as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HmacPreset {
    /// The hash.
    pub algorithm: Algorithm,
    /// The header with the signature.
    pub header: String,
    /// What stands before the signature.
    #[serde(default)]
    pub prefix: String,
    /// What separates several signatures.
    #[serde(default)]
    pub separator: Option<char>,
    /// How it is written.
    pub encoding: Encoding,
    /// How secrets are written.
    #[serde(default)]
    pub key: KeyForm,
    /// What is signed, as a template.
    pub signed_content: String,
    /// The header with the time of signing.
    #[serde(default)]
    pub timestamp_header: Option<String>,
    /// How far that may be from now.
    #[serde(default)]
    pub tolerance_seconds: Option<u64>,
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
}

impl HmacPreset {
    /// Returns the scheme.
    ///
    /// # Errors
    /// The template of what is signed does not read.
    pub fn scheme(&self) -> Result<HmacScheme, TemplateError> {
        let tolerance = self.tolerance_seconds.unwrap_or(crate::limits::SIGNATURE_TOLERANCE.as_secs());
        Ok(HmacScheme {
            algorithm: self.algorithm,
            header: self.header.to_ascii_lowercase(),
            prefix: self.prefix.clone(),
            separator: self.separator,
            encoding: self.encoding,
            signed: signed_parts(&self.signed_content)?,
            timestamp: self.timestamp_header.as_ref().map(|header| (header.to_ascii_lowercase(), tolerance)),
        })
    }
}

/// Reads a template of what is signed: `{body}`, `{timestamp}`, `{url}`, `{headers.<name>}`.
///
/// # Errors
/// Says which placeholder is none of these.
fn signed_parts(text: &str) -> Result<Vec<SignedPart>, TemplateError> {
    Template::pieces(text)?
        .into_iter()
        .map(|piece| match piece {
            (_, Ok(literal)) => Ok(SignedPart::Literal(literal)),
            (at, Err(name)) => match name.as_str() {
                "body" => Ok(SignedPart::Body),
                "timestamp" => Ok(SignedPart::Timestamp),
                "url" => Ok(SignedPart::Url),
                name => match name.strip_prefix("headers.") {
                    Some(header) => Ok(SignedPart::Header(header.to_ascii_lowercase())),
                    None => Err(TemplateError {
                        at,
                        why: format!("`{{{name}}}` is not known here"),
                        help: "use {body}, {timestamp}, {url} or {headers.<name>}".into(),
                    }),
                },
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_reads_and_compiles() {
        assert!(Preset::names().count() > 0);
        for name in Preset::names() {
            let preset = Preset::named(name).expect("names() lists it");

            assert!(preset.hmac.scheme().is_ok(), "{name}");
            for template in preset.event_type.iter().chain(&preset.dedupe) {
                assert!(Template::parse(template).is_ok(), "{name}: {template}");
            }
            assert!(preset.source.starts_with("https://"), "{name}");
        }
    }

    #[test]
    fn an_unknown_placeholder_is_named_with_its_place() {
        let error = signed_parts("{timestamp}.{bdy}").expect_err("no such placeholder");

        assert_eq!((error.at, error.why.as_str()), (12, "`{bdy}` is not known here"));
    }
}
