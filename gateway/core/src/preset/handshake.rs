//! Handshakes as written in data.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;

use super::unreadable;
use crate::handshake::{AnswerForm, AnswerTemplate, Handshake, Mac, Proof};
use crate::scheme::{Algorithm, Encoding, Field, SignedPart};
use crate::template::TemplateError;
use crate::word::Secret;

/// A handshake as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandshakePreset {
    /// The page that documents it.
    pub source: String,
    /// `GET` or `POST`.
    method: String,
    /// Fields and what they say; `*` is anything.
    when: BTreeMap<String, String>,
    /// What must be proved.
    proof: ProofPreset,
    /// What the answer signs.
    #[serde(default)]
    mac: Option<MacPreset>,
    /// What it hears.
    answer: AnswerPreset,
}

/// What must be proved before a handshake is answered, as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ProofPreset {
    /// What proves an event.
    AsEvents,
    /// The token that the operator made up, in this field.
    Token(String),
    /// Nothing.
    Nothing,
}

/// What an answer signs, as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MacPreset {
    of: String,
    algorithm: Algorithm,
    encoding: Encoding,
}

/// What an answer is made of, as written in data.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnswerPreset {
    /// A template.
    Text(String),
    /// An object of templates.
    Json(BTreeMap<String, String>),
}

impl HandshakePreset {
    /// Returns the handshake; none if it asks for a token and there is none.
    ///
    /// # Errors
    /// Its data does not read.
    pub(super) fn handshake(&self, token: Option<&Secret>) -> Result<Option<Handshake>, TemplateError> {
        let field = |text: &str| Field::parse(text).ok_or_else(|| unreadable(text));
        let proof = match (&self.proof, token) {
            (ProofPreset::AsEvents, _) => Proof::AsEvents,
            (ProofPreset::Nothing, _) => Proof::Nothing,
            (ProofPreset::Token(at), Some(token)) => Proof::Token(field(at)?, token.clone()),
            (ProofPreset::Token(_), None) => return Ok(None),
        };
        let when = |(at, said): (&String, &String)| Ok((field(at)?, (said != "*").then(|| said.clone())));
        let mac = |mac: &MacPreset| {
            let of = SignedPart::parse_all(&mac.of)?;
            Ok(Mac { of, algorithm: mac.algorithm, encoding: mac.encoding })
        };
        Ok(Some(Handshake {
            method: Method::from_bytes(self.method.as_bytes()).map_err(|_| unreadable(&self.method))?,
            when: self.when.iter().map(when).collect::<Result<_, TemplateError>>()?,
            proof,
            mac: self.mac.as_ref().map(mac).transpose()?,
            answer: self.answer.form()?,
        }))
    }

    pub(super) fn takes_token(&self) -> bool {
        matches!(self.proof, ProofPreset::Token(_))
    }
}

impl AnswerPreset {
    fn form(&self) -> Result<AnswerForm, TemplateError> {
        match self {
            AnswerPreset::Text(text) => AnswerTemplate::parse(text).map(AnswerForm::Text),
            AnswerPreset::Json(fields) => {
                let parsed =
                    |(name, text): (&String, &String)| Ok((name.clone(), AnswerTemplate::parse(text)?));
                fields.iter().map(parsed).collect::<Result<_, TemplateError>>().map(AnswerForm::Json)
            }
        }
    }
}
