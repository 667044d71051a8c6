//! `[source.NAME]`: type, dedupe, and exactly one way to verify.

use std::fmt;

use hookgate_core::preset::Preset;
use hookgate_core::scheme::{Algorithm, Encoding, KeyForm};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Form;
use crate::at::At;
use crate::node::Node;

/// `[source.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct SourceTable {
    #[serde(rename = "type")]
    pub(crate) event_type: Option<At<String>>,
    pub(crate) dedupe: Option<At<Dedupe>>,
    pub(crate) body_max: Option<At<String>>,
    pub(crate) verify: Option<Verify>,
}

/// `dedupe`: a word or a rule.
#[derive(Debug)]
pub(crate) enum Dedupe {
    /// `"off"`, or a word that is not known.
    Word(String),
    /// A key and how long it is remembered.
    Rule(DedupeTable),
}

/// `dedupe = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "\"off\" or a table")]
pub(crate) struct DedupeTable {
    pub(crate) key: Option<At<String>>,
    pub(crate) window: Option<At<String>>,
}

/// `verify`: ways to verify by their names, in the order of the file.
#[derive(Debug)]
pub(crate) struct Verify(pub(crate) Vec<(At<String>, Proof)>);

/// One way to verify, as its name asks for it.
#[derive(Debug)]
pub(crate) enum Proof {
    /// `none = {}`.
    None,
    /// `hmac = { … }`.
    Hmac(Box<At<Form<HmacTable>>>),
    /// The name is a preset's.
    Preset(At<Form<PresetTable>>),
    /// The name is not known, so neither is the form.
    Unknown,
}

/// `none = {}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an empty table")]
struct NoneTable {}

/// `hmac = { … }`: a scheme, declared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct HmacTable {
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) header: At<String>,
    pub(crate) prefix: Option<String>,
    pub(crate) separator: Option<At<String>>,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) key: Option<KeyForm>,
    pub(crate) signed_content: Option<At<String>>,
    pub(crate) timestamp_header: Option<At<String>>,
    pub(crate) tolerance: Option<At<String>>,
    pub(crate) secrets: At<Vec<At<String>>>,
}

/// What a preset wants to be told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct PresetTable {
    pub(crate) secrets: At<Vec<At<String>>>,
}

impl<'de> Deserialize<'de> for Dedupe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dedupe, D::Error> {
        deserializer.deserialize_any(DedupeVisitor)
    }
}

struct DedupeVisitor;

impl<'de> Visitor<'de> for DedupeVisitor {
    type Value = Dedupe;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"off\" or a table")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Dedupe, E> {
        Ok(Dedupe::Word(word.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Dedupe, A::Error> {
        DedupeTable::deserialize(MapAccessDeserializer::new(fields)).map(Dedupe::Rule)
    }
}

impl<'de> Deserialize<'de> for Verify {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Verify, D::Error> {
        deserializer.deserialize_map(VerifyVisitor)
    }
}

struct VerifyVisitor;

impl<'de> Visitor<'de> for VerifyVisitor {
    type Value = Verify;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with one way to verify")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Verify, A::Error> {
        let mut ways = Vec::new();
        while let Some(name) = fields.next_key::<At<String>>()? {
            let proof = match name.text() {
                "none" => fields.next_value::<Form<NoneTable>>().map(|_| Proof::None)?,
                "hmac" => Proof::Hmac(fields.next_value()?),
                preset if Preset::named(preset).is_some() => Proof::Preset(fields.next_value()?),
                _ => fields.next_value::<Node>().map(|_| Proof::Unknown)?,
            };
            ways.push((name, proof));
        }
        Ok(Verify(ways))
    }
}
