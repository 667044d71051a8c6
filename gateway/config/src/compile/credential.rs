//! `verify.api_key`, `verify.bearer` and `verify.basic`: keys that senders show, and the tokens in URLs.

use hookgate_core::scheme::{Credential, KeyForm, NamedKey, Verification};
use hookgate_core::word::{Secret, Slug};
use http::HeaderName;

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{ApiKeyTable, Entries, Keys};

/// Shorter ones can be guessed: 16 characters of Base64 are 96 bits.
const TOKEN_BYTES_MIN: usize = 16;

impl Compiler<'_> {
    /// Compiles `verify.api_key`.
    pub(super) fn api_key(&mut self, table: &ApiKeyTable, variable: &str) -> Option<Verification> {
        let keys = self.named_keys(&table.secrets, variable);
        let credential = match (&table.header, &table.query) {
            (Some(header), None) => {
                let name = self.header_name(header)?;
                Credential::Header(HeaderName::from_bytes(name.as_bytes()).ok()?)
            }
            (None, Some(query)) if !query.text().is_empty() => Credential::Query(query.value.clone()),
            (None, Some(query)) => {
                let help = "name the parameter that holds the key, such as \"key\"";
                self.add(codes::MISSING_KEY, &query.span, "a parameter has a name", help);
                return None;
            }
            (Some(header), Some(query)) => {
                let help = "keep one; senders that show their key elsewhere are another source";
                let message = "the key stands in the header or in the query, not in both";
                let diagnostic = Diagnostic::new(codes::CONFLICTING_KEYS, query.span.clone(), message, help);
                self.report.push(diagnostic.with(header.span.clone(), "the header is named here"));
                return None;
            }
            (None, None) => {
                let help = "add header = \"x-api-key\", or query = \"key\"";
                self.add(
                    codes::MISSING_KEY,
                    &table.secrets.span,
                    "it is not said where the key stands",
                    help,
                );
                return None;
            }
        };
        Some(Verification::Shown { credential, keys })
    }

    /// Reads keys, each under its name or, in a list, under its place.
    pub(super) fn named_keys(&mut self, keys: &At<Keys>, variable: &str) -> Vec<NamedKey> {
        match &keys.value {
            Keys::Named(entries) => self.entries(entries, &keys.span, variable, KeyName::Slug),
            Keys::List(list) => {
                let list = At::new(keys.span.clone(), list.clone());
                let secrets = self.keys(&list, variable, |text| KeyForm::Utf8.decode(text));
                let named = |(nth, secret): (usize, Secret)| NamedKey { name: (nth + 1).to_string(), secret };
                secrets.into_iter().enumerate().map(named).collect()
            }
        }
    }

    /// Reads the passwords of users.
    pub(super) fn users(&mut self, users: &At<Entries<String>>, variable: &str) -> Vec<NamedKey> {
        self.entries(&users.value, &users.span, variable, KeyName::User)
    }

    fn entries(
        &mut self,
        entries: &Entries<String>,
        span: &std::ops::Range<usize>,
        variable: &str,
        kind: KeyName,
    ) -> Vec<NamedKey> {
        if entries.0.is_empty() {
            let help = format!("name at least one: secrets = {{ acme = \"${{env:{variable}}}\" }}");
            self.add(codes::EMPTY_LIST, span, "there is no secret to check with", help);
        }
        let mut keys = Vec::new();
        for (name, value) in &entries.0 {
            self.key_name(name, kind);
            let secret = self.key(value, variable, |text| KeyForm::Utf8.decode(text));
            keys.extend(secret.map(|secret| NamedKey { name: name.value.clone(), secret }));
        }
        keys
    }

    /// A key's name is a metric's label; a user is what RFC 7617 lets one be.
    fn key_name(&mut self, name: &At<String>, kind: KeyName) {
        let (why, help) = match kind {
            KeyName::Slug => match Slug::parse(name.text()) {
                Ok(_) => return,
                Err(error) => (error.to_string(), "call the key something like \"acme\""),
            },
            KeyName::User if !name.text().is_empty() && !name.text().contains(':') => return,
            KeyName::User => {
                ("a user's name has no colon and is not empty".to_owned(), "choose another user")
            }
        };
        self.add(codes::BAD_NAME, &name.span, why, help);
    }

    /// Reads the tokens that a source's URL may end in.
    pub(super) fn tokens(&mut self, source: &At<String>, tokens: &At<Vec<At<String>>>) -> Vec<Secret> {
        let variable = super::secret::variable_of(source.text(), "TOKEN");
        let decoded = |text: &str| KeyForm::Utf8.decode(text);
        let mut found = Vec::new();
        if tokens.value.is_empty() {
            let help = format!("name one: tokens = [\"${{env:{variable}}}\"], or leave `tokens` out");
            self.add(codes::EMPTY_LIST, &tokens.span, "nothing could open this source", help);
        }
        for at in &tokens.value {
            let Some(token) = self.key(at, &variable, decoded) else { continue };
            let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
            if token.expose().len() < TOKEN_BYTES_MIN || !token.expose().iter().all(is_plain) {
                let message = format!(
                    "a token has at least {TOKEN_BYTES_MIN} letters, digits, `-`, `_`, `.` or `~`: it is part of a URL"
                );
                self.add(codes::BAD_SECRET, &at.span, message, "make one: `openssl rand -hex 16`");
            }
            found.push(token);
        }
        found
    }
}

/// What a key's name is.
#[derive(Clone, Copy)]
enum KeyName {
    Slug,
    User,
}
