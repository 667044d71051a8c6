//! Handshakes: requests by which a provider asks whether an address is meant, answered at once and never
//! stored. Which request is one, and what it hears, is data of a preset.

use http::Method;
use serde_json::Value;
use subtle::ConstantTimeEq;

use crate::limits;
use crate::request::RawRequest;
use crate::scheme::content::{self, Filling, SignedPart};
use crate::scheme::place::{Reading, Scene};
use crate::scheme::{Algorithm, Construction, Encoding, Field, Rejection, Verification};
use crate::source::Source;
use crate::template::{Template, TemplateError};
use crate::word::{Digest, Millis, Secret};

/// A handshake of a source.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// Its method.
    pub method: Method,
    /// What its fields say; none: only that the field is there.
    pub when: Vec<(Field, Option<String>)>,
    /// What must be proved before it is answered.
    pub proof: Proof,
    /// What the answer signs, for `{mac}`.
    pub mac: Option<Mac>,
    /// What it hears.
    pub answer: AnswerForm,
}

/// What must be proved before a handshake is answered.
#[derive(Debug, Clone)]
pub enum Proof {
    /// What proves an event proves it, too.
    AsEvents,
    /// A field has this token.
    Token(Field, Secret),
    /// Nothing: the answer repeats only what the sender said.
    Nothing,
}

/// What an answer signs under the source's first key.
#[derive(Debug, Clone)]
pub struct Mac {
    /// What is signed.
    pub of: Vec<SignedPart>,
    /// The hash.
    pub algorithm: Algorithm,
    /// How the result is written.
    pub encoding: Encoding,
}

/// What an answer is made of.
#[derive(Debug, Clone)]
pub enum AnswerForm {
    /// A text.
    Text(AnswerTemplate),
    /// A JSON object of texts.
    Json(Vec<(String, AnswerTemplate)>),
}

/// A one-line template of fields of the request, with `{mac}`.
#[derive(Debug, Clone)]
pub struct AnswerTemplate(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Literal(String),
    Field(Field),
    Mac,
}

/// What a handshake hears, with status 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `text/plain` or `application/json`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// Answers a request if it is one of its source's handshakes. Nothing of it is an event.
///
/// # Errors
/// It is a handshake, and does not prove its sender, or lacks what the answer needs.
pub fn shake(request: &RawRequest, source: &Source, now: Millis) -> Result<Option<Answer>, Rejection> {
    for handshake in &source.handshakes {
        if let Some(answer) = handshake.answer(request, &source.verification, now)? {
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

impl AnswerTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// Says which placeholder is not known.
    pub fn parse(text: &str) -> Result<AnswerTemplate, TemplateError> {
        let piece = |(at, piece): (usize, Result<String, String>)| match piece {
            Ok(literal) => Ok(Piece::Literal(literal)),
            Err(name) if name == "mac" => Ok(Piece::Mac),
            Err(name) => Field::parse(&name).map(Piece::Field).ok_or_else(|| TemplateError {
                at,
                why: format!("`{{{name}}}` is not known here"),
                help: "use {mac} or a field of the request".into(),
            }),
        };
        Template::pieces(text)?.into_iter().map(piece).collect::<Result<_, _>>().map(AnswerTemplate)
    }
}

impl Handshake {
    /// Answers a request if it is this handshake, once what it asks for is proved.
    ///
    /// # Errors
    /// It is this handshake, and does not prove its sender, or lacks what the answer needs.
    fn answer(
        &self,
        request: &RawRequest,
        verification: &Verification,
        now: Millis,
    ) -> Result<Option<Answer>, Rejection> {
        if request.method != self.method {
            return Ok(None);
        }
        let reading = Reading::of(request);
        let scene = reading.whole();
        let is_said = |(field, wanted): &(Field, Option<String>)| {
            scene.text(field).is_some_and(|said| wanted.as_ref().is_none_or(|wanted| *wanted == said))
        };
        if !self.when.iter().all(is_said) {
            return Ok(None);
        }
        self.prove(scene, verification, now)?;
        self.answer.fill(scene, self.mac(scene, verification)?.as_deref()).map(Some)
    }

    fn prove(&self, scene: Scene<'_>, verification: &Verification, now: Millis) -> Result<(), Rejection> {
        match (&self.proof, verification) {
            (Proof::Nothing, _) => Ok(()),
            (Proof::Token(field, token), _) => {
                let said = scene.text(field).ok_or_else(|| field.missing())?;
                let fits =
                    Digest::of(said.as_bytes()).as_bytes().ct_eq(Digest::of(token.expose()).as_bytes());
                if bool::from(fits) { Ok(()) } else { Err(Rejection::WrongCredential) }
            }
            (Proof::AsEvents, Verification::Hmac { scheme, keys }) => {
                scheme.verify(scene.request(), keys, now).map(drop)
            }
            (Proof::AsEvents, Verification::Shown { credential, keys }) => {
                credential.verify(scene.request(), keys).map(drop)
            }
            (Proof::AsEvents, Verification::None) => Ok(()),
            (Proof::AsEvents, Verification::Plugin { .. }) => {
                Err(Rejection::Denied("a plugin answers its handshakes itself".into()))
            }
        }
    }

    fn mac(&self, scene: Scene<'_>, verification: &Verification) -> Result<Option<String>, Rejection> {
        let Some(mac) = &self.mac else { return Ok(None) };
        let keys: &[Secret] = match verification {
            Verification::Hmac { keys, .. } => keys,
            Verification::None | Verification::Shown { .. } | Verification::Plugin { .. } => &[],
        };
        let Some(key) = keys.first() else { return Ok(None) };
        for part in &mac.of {
            if let SignedPart::Field { field, .. } = part
                && !scene.text(field).is_some_and(|text| is_word(&text))
            {
                return Err(field.malformed("expected letters, digits and . _ ~ + / = -"));
            }
        }
        let filling = Filling { scene, timestamp: "", key, url_unescape: "" };
        let tag = mac.algorithm.tag(Construction::Hmac, key, |to| content::write(&mac.of, &filling, to))?;
        Ok(Some(mac.encoding.encode(&tag)))
    }
}

/// Tells whether a challenge is a word and nothing more. Who asks for a signature of anything else would
/// have us sign an event of their own making.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._~+/=-".contains(c))
}

impl AnswerForm {
    fn fill(&self, scene: Scene<'_>, mac: Option<&str>) -> Result<Answer, Rejection> {
        match self {
            AnswerForm::Text(template) => {
                Ok(Answer { content_type: "text/plain; charset=utf-8", body: template.fill(scene, mac)? })
            }
            AnswerForm::Json(fields) => {
                let filled = |(name, template): &(String, AnswerTemplate)| {
                    Ok((name.clone(), Value::from(template.fill(scene, mac)?)))
                };
                let object: serde_json::Map<String, Value> =
                    fields.iter().map(filled).collect::<Result<_, Rejection>>()?;
                Ok(Answer { content_type: "application/json", body: Value::Object(object).to_string() })
            }
        }
    }
}

impl AnswerTemplate {
    fn fill(&self, scene: Scene<'_>, mac: Option<&str>) -> Result<String, Rejection> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Field(field) => {
                    text.push_str(&scene.text(field).ok_or_else(|| field.missing())?);
                    // A challenge is a few words; a longer one makes us repeat what a stranger wants said.
                    if text.len() > limits::TEMPLATE_OUTPUT_BYTES_MAX {
                        return Err(field.malformed("expected a short text"));
                    }
                }
                Piece::Mac => text.push_str(mac.unwrap_or_default()),
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
#[path = "handshake_tests.rs"]
mod tests;
