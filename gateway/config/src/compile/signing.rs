//! `auth` and `sign` of a destination: what lets its requests in, and what proves whose they are.

use hookgate_core::outbound::is_field_value;
use hookgate_core::scheme::declared::{HmacSigning, SignedContent};
use hookgate_core::scheme::{Algorithm, Encoding, standard};
use hookgate_core::topology::{Auth, Signing};
use hookgate_core::word::Secret;
use http::{HeaderName, HeaderValue};

use super::Compiler;
use super::secret::{Given, variable_of};
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{AuthTable, Form, HmacSignTable, KeyAuthTable, SignTable};

impl Compiler<'_> {
    /// Compiles the one way in which a destination's requests are let in.
    pub(super) fn auth(&mut self, name: &At<String>, auth: Option<&At<Form<AuthTable>>>) -> Option<Auth> {
        let Some(auth) = auth else { return Some(Auth::None) };
        let table = &auth.value;
        let ways = [
            ("bearer", table.bearer.as_ref().map(|at| at.span.clone())),
            ("basic", table.basic.as_ref().map(|at| at.span.clone())),
            ("api_key", table.api_key.as_ref().map(|at| at.span.clone())),
        ];
        self.only_one(&ways, "a request has one `auth`");
        if let Some(bearer) = &table.bearer {
            return self.credential(name, &bearer.value.token, "TOKEN").map(Auth::Bearer);
        }
        if let Some(basic) = &table.basic {
            let user = &basic.value.user;
            if user.text().contains(':') || user.text().chars().any(char::is_control) {
                let help = "leave out colons and control characters: RFC 7617 has no place for them";
                self.add(codes::BAD_HEADER, &user.span, "this cannot be a user of `basic`", help);
            }
            let password = self.credential(name, &basic.value.password, "PASSWORD")?;
            return Some(Auth::Basic { user: user.value.clone(), password });
        }
        if let Some(api_key) = &table.api_key {
            return self.key_auth(name, api_key);
        }
        if !self.file.loss.may_hide("destination", name.text()) {
            let help = "add `bearer`, `basic` or `api_key`, or leave `auth` out";
            self.add(codes::MISSING_KEY, &auth.span, "no way to be let in is named", help);
        }
        None
    }

    fn key_auth(&mut self, name: &At<String>, at: &At<Form<KeyAuthTable>>) -> Option<Auth> {
        let table = &at.value;
        let key = self.credential(name, &table.secret, "API_KEY");
        match (&table.header, &table.query) {
            (Some(header), None) => {
                let name = self.own_header(header);
                Some(Auth::HeaderKey { name: name?, key: key? })
            }
            (None, Some(query)) => {
                if query.text().is_empty() {
                    let help = "write the name of the parameter, such as \"key\"";
                    self.add(codes::MISSING_KEY, &query.span, "this parameter has no name", help);
                    return None;
                }
                Some(Auth::QueryKey { name: query.value.clone(), key: key? })
            }
            (Some(header), Some(query)) => {
                let message = "a key stands either in a `header` or in the `query`";
                let diagnostic = Diagnostic::new(
                    codes::CONFLICTING_KEYS,
                    query.span.clone(),
                    message,
                    "keep one of the two",
                );
                self.report.push(diagnostic.with(header.span.clone(), "the header is here"));
                None
            }
            (None, None) => {
                let help = "add `header = \"x-api-key\"` or `query = \"key\"`";
                self.add(codes::MISSING_KEY, &at.span, "it is not said where the key stands", help);
                None
            }
        }
    }

    /// Compiles a credential; `end` ends the name of the variable that is proposed for it.
    fn credential(&mut self, name: &At<String>, at: &At<String>, end: &str) -> Option<Secret> {
        match self.given(at)? {
            Given::Text { text, shown } => {
                if shown.is_none() {
                    self.literal_secret(at, &variable_of(name.text(), end));
                }
                let credential = Secret::from(text.as_str());
                let is_usable = !text.is_empty() && text.trim() == text && is_field_value(&credential);
                if !is_usable {
                    let help = "set it to one line without spaces at its ends";
                    let message = if text.is_empty() {
                        "this credential is empty"
                    } else {
                        "this credential has characters that no header field can carry"
                    };
                    self.add(codes::BAD_SECRET, &at.span, message, help);
                }
                is_usable.then_some(credential)
            }
            // Nothing is sent by a configuration that was checked without its secrets.
            Given::Skipped { .. } => Some(Secret::from("")),
        }
    }

    /// Compiles the one way in which a destination's requests are signed.
    pub(super) fn signing(
        &mut self,
        name: &At<String>,
        sign: Option<&At<Form<SignTable>>>,
    ) -> Option<Signing> {
        let Some(sign) = sign else { return Some(Signing::None) };
        let table = &sign.value;
        let ways = [
            ("standard_webhooks", table.standard_webhooks.as_ref().map(|at| at.span.clone())),
            ("hmac", table.hmac.as_ref().map(|at| at.span.clone())),
        ];
        self.only_one(&ways, "a request has one signature");
        let variable = variable_of(name.text(), "SECRET");
        if let Some(at) = &table.standard_webhooks {
            let secrets = self.keys(&at.value.secrets, &variable, standard::key);
            return Some(Signing::StandardWebhooks { secrets });
        }
        if let Some(at) = &table.hmac {
            return self.declared_signing(&at.value, &variable).map(Signing::Hmac);
        }
        if !self.file.loss.may_hide("destination", name.text()) {
            let help = "add `standard_webhooks = { secrets = […] }` or `hmac = { … }`, or leave `sign` out";
            self.add(codes::MISSING_KEY, &sign.span, "no way to sign is named", help);
        }
        None
    }

    fn declared_signing(&mut self, table: &HmacSignTable, variable: &str) -> Option<HmacSigning> {
        let header = self.own_header(&table.header);
        let timestamp_header = table.timestamp_header.as_ref().map(|at| self.own_header(at));
        let prefix = self.field_part(table.prefix.as_ref(), "");
        let separator = self.field_part(table.separator.as_ref(), ",");
        let form = table.key.unwrap_or_default();
        let secrets = self.keys(&table.secrets, variable, |text| form.decode(text));
        let signed = self.signed_content(table)?;
        if let (None, true) = (&table.timestamp_header, signed.has_timestamp())
            && let Some(at) = &table.signed_content
        {
            let help = "add `timestamp_header`, or the receiver cannot know what was signed";
            self.add(codes::CONFLICTING_KEYS, &at.span, "`{timestamp}` is signed, but not sent", help);
        }
        Some(HmacSigning {
            algorithm: table.algorithm.unwrap_or(Algorithm::Sha256),
            header: header?,
            prefix: prefix?,
            separator: separator?,
            encoding: table.encoding.unwrap_or(Encoding::Hex),
            signed,
            timestamp_header: match timestamp_header {
                Some(header) => Some(header?),
                None => None,
            },
            rotation: table.rotation.unwrap_or_default(),
            secrets,
        })
    }

    fn signed_content(&mut self, table: &HmacSignTable) -> Option<SignedContent> {
        let text = table.signed_content.as_ref().map_or("{body}", At::text);
        match (SignedContent::parse(text), &table.signed_content) {
            (Ok(signed), at) => {
                if let (false, Some(at)) = (signed.has_body(), at) {
                    let help = "add {body}: without it anybody may change the body on the way";
                    self.add(codes::UNSIGNED_BODY, &at.span, "the signature says nothing of the body", help);
                }
                Some(signed)
            }
            (Err(error), Some(at)) => {
                self.template_error(at, error);
                None
            }
            (Err(_), None) => None,
        }
    }

    /// Compiles the name of a header field that Hookgate sets for a receiver's own scheme.
    fn own_header(&mut self, at: &At<String>) -> Option<HeaderName> {
        let name = self.token(at)?;
        if self.is_of_http(&name, at) {
            return None;
        }
        Some(name)
    }

    /// Compiles what stands before or between signatures in a header field.
    fn field_part(&mut self, at: Option<&At<String>>, otherwise: &str) -> Option<String> {
        let Some(at) = at else { return Some(otherwise.to_owned()) };
        if at.text().is_ascii() && HeaderValue::from_str(at.text()).is_ok() {
            return Some(at.value.clone());
        }
        let help = "write visible ASCII characters";
        self.add(codes::BAD_HEADER, &at.span, "this cannot stand in a header field", help);
        None
    }

    /// Notes a second way where there can be one.
    fn only_one(&mut self, ways: &[(&str, Option<std::ops::Range<usize>>)], message: &str) {
        let mut named = ways.iter().filter_map(|(word, span)| span.clone().map(|span| (word, span)));
        let Some((first, first_span)) = named.next() else { return };
        for (other, span) in named {
            let message = format!("{message}, and `{first}` is there already");
            let help = format!("keep `{first}` or `{other}`");
            let diagnostic = Diagnostic::new(codes::CONFLICTING_KEYS, span, message, help);
            self.report.push(diagnostic.with(first_span.clone(), "the first one is here"));
        }
    }
}
