//! Values that may be references, and the keys that signatures are made with.

use hookgate_core::scheme::KeyError;
use hookgate_core::word::Secret;

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::reference::{REFERENCE_HELP, Reference, Secrets};

/// A value that may have been a reference.
pub(super) enum Given {
    /// It is this text; `shown` is the reference that stood for it.
    Text { text: String, shown: Option<String> },
    /// It is a reference, and none is resolved in this run.
    Skipped { shown: String },
}

impl Compiler<'_> {
    /// Reads a value that may be a reference, and resolves it.
    pub(super) fn given(&mut self, at: &At<String>) -> Option<Given> {
        let shown = at.value.clone();
        let reference = match Reference::parse(at.text()) {
            Ok(Reference::Literal) => return Some(Given::Text { text: shown, shown: None }),
            Ok(reference) => reference,
            Err(why) => {
                self.add(codes::BAD_REFERENCE, &at.span, why, REFERENCE_HELP);
                return None;
            }
        };
        let Secrets::Resolve(resolve) = self.secrets else { return Some(Given::Skipped { shown }) };
        match reference {
            Reference::Literal => None,
            Reference::Env(name) => match resolve.env(name) {
                Some(text) => Some(Given::Text { text, shown: Some(shown) }),
                None => {
                    let help =
                        "set it where Hookgate is started, or keep the value in a file: \"${file:/path}\"";
                    self.add(
                        codes::UNSET_VARIABLE,
                        &at.span,
                        format!("environment variable {name} is not set"),
                        help,
                    );
                    None
                }
            },
            Reference::File(path) => match resolve.file(path) {
                // Editors and `echo` end a file with a line's end that is no part of the secret.
                Ok(text) => Some(Given::Text {
                    text: text.trim_end_matches(['\r', '\n']).to_owned(),
                    shown: Some(shown),
                }),
                Err(why) => {
                    let help = "let Hookgate's user read the file, or name another";
                    self.add(
                        codes::UNREADABLE_FILE,
                        &at.span,
                        format!("file {path} cannot be read: {why}"),
                        help,
                    );
                    None
                }
            },
        }
    }

    /// Reads the keys of a scheme. `variable` is proposed as the name of one that is written literally.
    pub(super) fn keys(
        &mut self,
        secrets: &At<Vec<At<String>>>,
        variable: &str,
        decode: impl Fn(&str) -> Result<Secret, KeyError>,
    ) -> Vec<Secret> {
        if secrets.value.is_empty() {
            let help = format!("name at least one: secrets = [\"${{env:{variable}}}\"]");
            self.add(codes::EMPTY_LIST, &secrets.span, "there is no secret to check or sign with", help);
        }
        secrets.value.iter().filter_map(|at| self.key(at, variable, &decode)).collect()
    }

    /// Reads one key; none where it has a mistake, or no reference is resolved in this run.
    pub(super) fn key(
        &mut self,
        at: &At<String>,
        variable: &str,
        decode: impl Fn(&str) -> Result<Secret, KeyError>,
    ) -> Option<Secret> {
        let Given::Text { text, shown } = self.given(at)? else { return None };
        if shown.is_none() {
            self.literal_secret(at, variable);
        }
        decode(&text).map_err(|error| self.bad_secret(at, shown.as_deref(), error)).ok()
    }

    /// Warns of a secret that stands in the file itself.
    pub(super) fn literal_secret(&mut self, at: &At<String>, variable: &str) {
        let help = format!("keep it elsewhere and write \"${{env:{variable}}}\" or \"${{file:/path}}\" here");
        self.add(
            codes::LITERAL_SECRET,
            &at.span,
            "this secret is written in the file, for all who read it",
            help,
        );
    }

    fn bad_secret(&mut self, at: &At<String>, shown: Option<&str>, error: KeyError) {
        let help = match error {
            KeyError::Empty => "set it to the secret that both sides know",
            KeyError::NotHex => "a secret under `key = \"hex\"` is an even number of hex digits",
            KeyError::NotBase64 => {
                "copy the secret whole; it is Base64, after a prefix such as whsec_ if there is one"
            }
            KeyError::Length { .. } => "make one that is long enough: `openssl rand -base64 32`",
        };
        let message = match shown {
            Some(reference) => format!("{reference}: {error}"),
            None => error.to_string(),
        };
        self.add(codes::BAD_SECRET, &at.span, message, help);
    }
}

/// Returns a name for an environment variable that holds the secret of something.
pub(super) fn variable_of(name: &str, end: &str) -> String {
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let begin = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
    format!("{begin}{name}_{end}")
}
