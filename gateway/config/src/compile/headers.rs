//! Header fields that a destination sets on every request.

use hookgate_core::template::Template;
use hookgate_core::topology::FieldValue;
use http::{HeaderName, HeaderValue};

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::Entries;

/// Set by HTTP itself: another value would break the connection (RFC 9110 section 7.6.1, RFC 9112).
const OF_HTTP: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What Hookgate sets begins so: message id, time and signature; how often it passed through.
const OF_HOOKGATE: [&str; 2] = ["webhook-", "hookgate-"];

/// Carry credentials by their meaning (RFC 9110, RFC 6265).
const OF_CREDENTIALS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

impl Compiler<'_> {
    /// Compiles the header fields of a destination; those with a mistake are left out.
    pub(super) fn headers(&mut self, entries: Option<&Entries<String>>) -> Vec<(HeaderName, FieldValue)> {
        let mut fields: Vec<(HeaderName, FieldValue)> = Vec::new();
        let mut places: Vec<&At<String>> = Vec::new();
        for (key, value) in entries.map_or(&[][..], |entries| &entries.0) {
            let (Some(name), Some(value)) = (self.field_name(key), self.field_value(value)) else { continue };
            if let Some(first) = fields.iter().position(|(other, _)| *other == name) {
                let message = format!("header field {name} is set already; names are the same in any case");
                let diagnostic =
                    Diagnostic::new(codes::DUPLICATE_KEY, key.span.clone(), message, "keep one of the two");
                self.report.push(diagnostic.with(places[first].span.clone(), "the first one is here"));
                continue;
            }
            places.push(key);
            fields.push((name, value));
        }
        fields
    }

    /// Reads the name of a header field, or notes that it is none.
    pub(super) fn token(&mut self, at: &At<String>) -> Option<HeaderName> {
        let name = HeaderName::from_bytes(at.text().as_bytes());
        if name.is_err() {
            let message = format!("{:?} is no name of a header field", at.text());
            let help = "write letters, digits and hyphens, such as x-team";
            self.add(codes::BAD_HEADER, &at.span, message, help);
        }
        name.ok()
    }

    /// Tells whether HTTP itself sets a header field, and notes that nobody else can.
    pub(super) fn is_of_http(&mut self, name: &HeaderName, at: &At<String>) -> bool {
        let is = OF_HTTP.contains(&name.as_str());
        if is {
            self.add(
                codes::RESERVED_HEADER,
                &at.span,
                format!("{name} is set by HTTP itself"),
                "leave it out",
            );
        }
        is
    }

    fn field_name(&mut self, key: &At<String>) -> Option<HeaderName> {
        let name = self.token(key)?;
        if self.is_of_http(&name, key) {
            return None;
        }
        let text = name.as_str();
        if OF_HOOKGATE.iter().any(|prefix| text.starts_with(prefix)) {
            let help = "leave it out, or choose a name that begins with neither webhook- nor hookgate-";
            self.add(codes::RESERVED_HEADER, &key.span, format!("{text} is set by Hookgate"), help);
            return None;
        }
        if OF_CREDENTIALS.contains(&text) {
            let message =
                format!("{text} is stored and shown with every attempt, and so are credentials in it");
            let help = "use `auth` instead: what it adds is masked";
            self.add(codes::SECRET_HEADER, &key.span, message, help);
        }
        Some(name)
    }

    fn field_value(&mut self, at: &At<String>) -> Option<FieldValue> {
        let text = match Template::parse(at.text()) {
            Ok(template) if template.has_path() => return Some(FieldValue::Template(template)),
            // Braces may be doubled without anything to fill in.
            Ok(template) => template.sample(""),
            Err(error) => {
                self.template_error(at, error);
                return None;
            }
        };
        match HeaderValue::from_str(&text) {
            Ok(value) if text.trim() == text => Some(FieldValue::Plain(value)),
            Ok(_) | Err(_) => {
                let help = "write one line of visible ASCII, without spaces at its ends";
                self.add(codes::BAD_HEADER, &at.span, "this cannot be the value of a header field", help);
                None
            }
        }
    }
}
