//! What a signature is made over: a template of fields, literals and the request's own parts.

use std::borrow::Cow;

use super::Rejection;
use super::place::{Field, Scene};
use crate::template::{Template, TemplateError};
use crate::word::Secret;

/// A piece of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedPart {
    /// Bytes that stand there as they are.
    Literal(String),
    /// The request's body.
    Body,
    /// The time of signing, as its place has it.
    Timestamp,
    /// The URL that the sender called.
    Url,
    /// The URL's path.
    Path,
    /// The URL's query, without the question mark.
    Query,
    /// The method, in capitals.
    Method,
    /// A form's fields, sorted, names and values one behind the other; nothing where the body is no form.
    SortedForm,
    /// The key itself: only for plain hashes.
    Secret,
    /// A field of the request. Where it is not there: nothing if it is optional, else a refusal.
    Field {
        /// Which.
        field: Field,
        /// Whether the sender may leave it out.
        is_optional: bool,
    },
}

/// What may stand between braces.
const HELP: &str = "use {body}, {timestamp}, {url}, {path}, {query}, {method}, {form_sorted}, {headers.<name>}, \
                    {query.<name>}, {form.<name>} or {body.<path>}";

impl SignedPart {
    /// Reads a template. `?` behind a field means that it may be missing.
    ///
    /// # Errors
    /// Says which placeholder is not known.
    pub fn parse_all(text: &str) -> Result<Vec<SignedPart>, TemplateError> {
        let part = |(at, piece): (usize, Result<String, String>)| match piece {
            Ok(literal) => Ok(SignedPart::Literal(literal)),
            Err(name) => SignedPart::named(&name).ok_or_else(|| {
                let why = format!("`{{{name}}}` is not known here");
                TemplateError { at, why, help: HELP.into() }
            }),
        };
        Template::pieces(text)?.into_iter().map(part).collect()
    }

    /// Returns what a placeholder means.
    pub(crate) fn named(name: &str) -> Option<SignedPart> {
        match name {
            "body" => Some(SignedPart::Body),
            "timestamp" => Some(SignedPart::Timestamp),
            "url" => Some(SignedPart::Url),
            "path" => Some(SignedPart::Path),
            "query" => Some(SignedPart::Query),
            "method" => Some(SignedPart::Method),
            "form_sorted" => Some(SignedPart::SortedForm),
            "secret" => Some(SignedPart::Secret),
            name => {
                let (name, is_optional) = match name.strip_suffix('?') {
                    Some(name) => (name, true),
                    None => (name, false),
                };
                Field::parse(name).map(|field| SignedPart::Field { field, is_optional })
            }
        }
    }
}

/// What fills a template of signed content.
pub(crate) struct Filling<'a> {
    /// The request.
    pub(crate) scene: Scene<'a>,
    /// The time of signing, as its place has it.
    pub(crate) timestamp: &'a str,
    /// The key.
    pub(crate) key: &'a Secret,
    /// Characters of the URL that are signed without their percent signs.
    pub(crate) url_unescape: &'a str,
}

/// Writes the pieces one behind the other.
///
/// # Errors
/// A field that must be there is not.
pub(crate) fn write(
    parts: &[SignedPart],
    filling: &Filling<'_>,
    to: &mut dyn FnMut(&[u8]),
) -> Result<(), Rejection> {
    let request = filling.scene.request();
    for part in parts {
        match part {
            SignedPart::Literal(text) => to(text.as_bytes()),
            SignedPart::Body => to(&request.body),
            SignedPart::Timestamp => to(filling.timestamp.as_bytes()),
            SignedPart::Url => to(unescaped(&request.url, filling.url_unescape).as_bytes()),
            SignedPart::Path => to(request.path().as_bytes()),
            SignedPart::Query => to(request.query().as_bytes()),
            SignedPart::Method => to(request.method.as_str().as_bytes()),
            SignedPart::SortedForm => to(filling.scene.sorted_form().as_bytes()),
            SignedPart::Secret => to(filling.key.expose()),
            SignedPart::Field { field, is_optional } => match filling.scene.text(field) {
                Some(text) => to(text.as_bytes()),
                None if *is_optional => {}
                None => return Err(field.missing()),
            },
        }
    }
    Ok(())
}

/// Writes some characters of a URL, all of them ASCII, without their percent signs.
fn unescaped<'u>(url: &'u str, characters: &str) -> Cow<'u, str> {
    if characters.is_empty() || !url.contains('%') {
        return Cow::Borrowed(url);
    }
    let mut plain = String::with_capacity(url.len());
    let mut rest = url;
    while let Some(at) = rest.find('%') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.map(char::from).filter(|c| characters.contains(*c)) {
            Some(c) => {
                plain.push(c);
                rest = &rest[at + 3..];
            }
            None => {
                plain.push('%');
                rest = &rest[at + 1..];
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_placeholder_is_named_with_its_place() {
        let error = SignedPart::parse_all("{timestamp}.{bdy}").expect_err("no such placeholder");

        assert_eq!((error.at, error.why.as_str()), (12, "`{bdy}` is not known here"));
        for text in ["{headers.}", "{body.}", "{body.a..b}", "{query.}", "{cookies.a}", "{?}"] {
            assert!(SignedPart::parse_all(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_named_characters_of_a_url_lose_their_percent_signs() {
        let url = "https://h/a%2Fb?x=%20%3a%e2%82%ac%2";

        assert_eq!(unescaped(url, ":/"), "https://h/a/b?x=%20:%e2%82%ac%2");
        assert_eq!(unescaped(url, ""), url);
        assert_eq!(unescaped("%é%+1%2f", "/"), "%é%+1/");
    }
}
