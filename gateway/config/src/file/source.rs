//! `[source.NAME]`: type, dedupe, and exactly one way to verify.

use std::fmt;

use hookgate_core::preset::Preset;
use hookgate_core::scheme::{Algorithm, Encoding, KeyForm, Unit};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Entries, Form};
use crate::at::At;
use crate::node::Node;

/// `[source.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct SourceTable {
    #[serde(rename = "type")]
    pub(crate) event_type: Option<At<String>>,
    pub(crate) dedupe: Option<At<Dedupe>>,
    pub(crate) split: Option<At<String>>,
    pub(crate) order_key: Option<At<String>>,
    pub(crate) subject: Option<At<String>>,
    pub(crate) methods: Option<At<Vec<At<String>>>>,
    pub(crate) tokens: Option<At<Vec<At<String>>>>,
    pub(crate) rate: Option<At<String>>,
    pub(crate) burst: Option<At<i64>>,
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
    pub(crate) by: Option<At<String>>,
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
    /// `api_key = { … }`.
    ApiKey(Box<At<Form<ApiKeyTable>>>),
    /// `bearer = { … }`.
    Bearer(At<Form<BearerTable>>),
    /// `basic = { … }`.
    Basic(At<Form<BasicTable>>),
    /// `plugin = { … }`.
    Plugin(Box<At<Form<AuthenticatorTable>>>),
    /// The name is a preset's.
    Preset(Box<At<Form<PresetTable>>>),
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
    pub(crate) key_prefix: Option<String>,
    pub(crate) signed_content: Option<At<String>>,
    pub(crate) timestamp_header: Option<At<String>>,
    pub(crate) timestamp_prefix: Option<At<String>>,
    pub(crate) timestamp_unit: Option<At<Unit>>,
    pub(crate) tolerance: Option<At<String>>,
    pub(crate) secrets: At<Vec<At<String>>>,
}

/// `api_key = { … }`: a key in a header field or in the query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct ApiKeyTable {
    pub(crate) header: Option<At<String>>,
    pub(crate) query: Option<At<String>>,
    pub(crate) secrets: At<Keys>,
}

/// `bearer = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct BearerTable {
    pub(crate) secrets: At<Keys>,
}

/// `basic = { … }`: passwords by their users.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct BasicTable {
    pub(crate) secrets: At<Entries<String>>,
}

/// `plugin = { … }`: a plugin says who the sender is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct AuthenticatorTable {
    pub(crate) plugin: At<String>,
    pub(crate) config: Option<At<Node>>,
    pub(crate) deadline: Option<At<String>>,
    pub(crate) mask: Option<Vec<At<String>>>,
}

/// What a preset wants to be told.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct PresetTable {
    pub(crate) secrets: At<Vec<At<String>>>,
    pub(crate) token: Option<At<String>>,
}

/// Keys: a list, or a table where each has a name.
#[derive(Debug)]
pub(crate) enum Keys {
    /// `["…", "…"]`.
    List(Vec<At<String>>),
    /// `{ acme = "…" }`.
    Named(Entries<String>),
}

impl SourceTable {
    /// Returns the plugins that it is verified by.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &At<String>> {
        let ways = self.verify.iter().flat_map(|verify| &verify.0);
        ways.filter_map(|(_, proof)| match proof {
            Proof::Plugin(table) => Some(&table.value.plugin),
            Proof::None
            | Proof::Hmac(_)
            | Proof::ApiKey(_)
            | Proof::Bearer(_)
            | Proof::Basic(_)
            | Proof::Preset(_)
            | Proof::Unknown => None,
        })
    }
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

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
        deserializer.deserialize_any(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or a table")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Keys, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(items)).map(Keys::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Keys, A::Error> {
        Entries::deserialize(MapAccessDeserializer::new(fields)).map(Keys::Named)
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
                "api_key" => Proof::ApiKey(fields.next_value()?),
                "bearer" => Proof::Bearer(fields.next_value()?),
                "basic" => Proof::Basic(fields.next_value()?),
                "plugin" => Proof::Plugin(fields.next_value()?),
                preset if Preset::named(preset).is_some() => Proof::Preset(fields.next_value()?),
                _ => fields.next_value::<Node>().map(|_| Proof::Unknown)?,
            };
            ways.push((name, proof));
        }
        Ok(Verify(ways))
    }
}
