//! HMAC signing as an operator declares it: any header, encoding and signed content, for receivers that
//! check by a scheme of their own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderName;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::form::{Algorithm, Encoding};
use crate::template::{Template, TemplateError};
use crate::word::{Secret, hex_encode};

/// A scheme that requests are signed by.
#[derive(Debug, Clone)]
pub struct HmacSigning {
    /// The hash.
    pub algorithm: Algorithm,
    /// The header field that carries the signature.
    pub header: HeaderName,
    /// What stands before each signature, such as `sha256=`.
    pub prefix: String,
    /// What stands between signatures, where there are several.
    pub separator: String,
    /// How a signature is written.
    pub encoding: Encoding,
    /// What is signed.
    pub signed: SignedContent,
    /// The field that carries the time of signing, in seconds since 1970.
    pub timestamp_header: Option<HeaderName>,
    /// Which keys sign.
    pub rotation: Rotation,
    /// The keys' bytes, decoded, newest first.
    pub secrets: Vec<Secret>,
}

/// Which keys sign while there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rotation {
    /// The first alone: most receivers read one signature.
    #[default]
    Newest,
    /// All of them, in one field.
    List,
}

/// What is signed, piece by piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedContent(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Id,
    Timestamp,
    Body,
}

impl SignedContent {
    /// Reads a template of `{body}`, `{timestamp}` and `{id}`.
    ///
    /// # Errors
    /// Says which placeholder is none of these.
    pub fn parse(text: &str) -> Result<SignedContent, TemplateError> {
        let piece = |(at, piece): (usize, Result<String, String>)| match piece {
            Ok(literal) => Ok(Piece::Literal(literal)),
            Err(name) => match name.as_str() {
                "id" => Ok(Piece::Id),
                "timestamp" => Ok(Piece::Timestamp),
                "body" => Ok(Piece::Body),
                _ => Err(TemplateError {
                    at,
                    why: format!("`{{{name}}}` is not known here"),
                    help: "use {body}, {timestamp} or {id}".into(),
                }),
            },
        };
        Template::pieces(text)?.into_iter().map(piece).collect::<Result<_, _>>().map(SignedContent)
    }

    /// Tells whether the body is signed.
    pub fn has_body(&self) -> bool {
        self.0.contains(&Piece::Body)
    }

    /// Tells whether the time of signing is signed.
    pub fn has_timestamp(&self) -> bool {
        self.0.contains(&Piece::Timestamp)
    }
}

impl HmacSigning {
    /// Returns the field's value: one signature, or one a key.
    pub fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let keys = match self.rotation {
            Rotation::Newest => &self.secrets[..self.secrets.len().min(1)],
            Rotation::List => &self.secrets,
        };
        let signature = |key| format!("{}{}", self.prefix, self.written(&self.tag(key, id, seconds, body)));
        keys.iter().map(signature).collect::<Vec<String>>().join(&self.separator)
    }

    fn written(&self, tag: &[u8]) -> String {
        match self.encoding {
            Encoding::Hex => hex_encode(tag),
            Encoding::Base64 => STANDARD.encode(tag),
        }
    }

    fn tag(&self, key: &Secret, id: &str, seconds: i64, body: &[u8]) -> Vec<u8> {
        match self.algorithm {
            Algorithm::Sha1 => self.tag_by::<Hmac<Sha1>>(key, id, seconds, body),
            Algorithm::Sha256 => self.tag_by::<Hmac<Sha256>>(key, id, seconds, body),
            Algorithm::Sha512 => self.tag_by::<Hmac<Sha512>>(key, id, seconds, body),
        }
    }

    fn tag_by<M: Mac + KeyInit>(&self, key: &Secret, id: &str, seconds: i64, body: &[u8]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(key.expose()).expect("HMAC takes a key of any length");
        for piece in &self.signed.0 {
            match piece {
                Piece::Literal(text) => mac.update(text.as_bytes()),
                Piece::Id => mac.update(id.as_bytes()),
                Piece::Timestamp => mac.update(seconds.to_string().as_bytes()),
                Piece::Body => mac.update(body),
            }
        }
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signing() -> HmacSigning {
        HmacSigning {
            algorithm: Algorithm::Sha256,
            header: HeaderName::from_static("x-signature"),
            prefix: "sha256=".into(),
            separator: ",".into(),
            encoding: Encoding::Hex,
            signed: SignedContent::parse("{body}").expect("a template"),
            timestamp_header: None,
            rotation: Rotation::Newest,
            secrets: vec![Secret::from("It's a Secret to Everybody"), Secret::from("old")],
        }
    }

    #[test]
    fn the_published_vector_comes_out() {
        // GitHub's page "Validating webhook deliveries".
        let value = signing().sign("msg_1", 7, b"Hello, World!");

        assert_eq!(value, "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    }

    #[test]
    fn id_timestamp_and_body_are_signed_where_the_template_says() {
        // Standard Webhooks 1.0, the vector of its reference libraries, told as a declared scheme.
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let signing = HmacSigning {
            prefix: "v1,".into(),
            encoding: Encoding::Base64,
            signed: SignedContent::parse("{id}.{timestamp}.{body}").expect("a template"),
            secrets: vec![Secret::new(key)],
            ..signing()
        };

        let value = signing.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);

        assert_eq!(value, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn during_a_rotation_the_newest_key_signs_or_all_do() {
        let newest = signing();
        let all = HmacSigning { rotation: Rotation::List, ..signing() };
        let old = HmacSigning { secrets: vec![Secret::from("old")], ..signing() };

        let parts = (newest.sign("", 0, b"b"), old.sign("", 0, b"b"));

        assert_eq!(all.sign("", 0, b"b"), format!("{},{}", parts.0, parts.1));
    }

    #[test]
    fn every_algorithm_signs() {
        // RFC 2202 and RFC 4231, test case 2.
        let cases = [
            (Algorithm::Sha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (Algorithm::Sha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (
                Algorithm::Sha512,
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
        ];
        for (algorithm, tag) in cases {
            let prefix = String::new();
            let signing = HmacSigning { algorithm, prefix, secrets: vec![Secret::from("Jefe")], ..signing() };

            assert_eq!(signing.sign("", 0, b"what do ya want for nothing?"), tag);
        }
    }

    #[test]
    fn an_unknown_placeholder_is_named_with_its_place() {
        let error = SignedContent::parse("{timestamp}.{url}").expect_err("no such placeholder");

        assert_eq!((error.at, error.why.as_str()), (12, "`{url}` is not known here"));
    }
}
