//! Where something stands in a request: signatures, times and tokens, wherever providers put them.

use std::cell::OnceCell;

use http::header;
use serde_json::Value;
use url::form_urlencoded;

use super::Rejection;
use crate::envelope::member;
use crate::request::RawRequest;

/// A field of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// A header field, by its lower-case name.
    Header(String),
    /// A parameter of the query, decoded.
    Query(String),
    /// A value in the JSON body, by the steps that lead there.
    Body(Vec<String>),
    /// A field of a form (`application/x-www-form-urlencoded`), decoded.
    Form(String),
}

/// A field, and the part of it that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The field.
    pub field: Field,
    /// What separates its parts, where it has several; one that lacks the prefix is passed over.
    pub separator: Option<char>,
    /// What stands before the part, such as `sha256=` or `t=`.
    pub prefix: String,
}

/// A request as schemes look at it: body and query are parsed at most once, and only if somebody asks.
pub(crate) struct Reading<'a> {
    request: &'a RawRequest,
    json: OnceCell<Option<Value>>,
    form: OnceCell<Vec<(String, String)>>,
}

/// A reading, and the element of an array that body paths begin at, if the scheme signs each on its own.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    reading: &'a Reading<'a>,
    element: Option<&'a Value>,
}

impl Field {
    /// Reads `headers.x`, `query.x`, `form.x` or `body.x.y`; none for anything else.
    pub(crate) fn parse(text: &str) -> Option<Field> {
        let (root, rest) = text.split_once('.')?;
        if rest.is_empty() {
            return None;
        }
        match root {
            "headers" => Some(Field::Header(rest.to_ascii_lowercase())),
            "query" => Some(Field::Query(rest.to_owned())),
            "form" => Some(Field::Form(rest.to_owned())),
            "body" if rest.split('.').all(|step| !step.is_empty()) => {
                Some(Field::Body(rest.split('.').map(str::to_owned).collect()))
            }
            _ => None,
        }
    }

    /// Returns the field as templates write it; of a header its name alone.
    pub(crate) fn shown(&self) -> String {
        match self {
            Field::Header(name) => name.clone(),
            Field::Query(name) => format!("query.{name}"),
            Field::Form(name) => format!("form.{name}"),
            Field::Body(steps) => format!("body.{}", steps.join(".")),
        }
    }

    /// Says that the field is not there.
    pub(crate) fn missing(&self) -> Rejection {
        match self {
            Field::Header(name) => Rejection::MissingHeader(name.clone()),
            Field::Query(_) | Field::Form(_) | Field::Body(_) => Rejection::MissingField(self.shown()),
        }
    }

    /// Says that the field does not read.
    pub(crate) fn malformed(&self, why: impl Into<String>) -> Rejection {
        let why = why.into();
        match self {
            Field::Header(name) => Rejection::MalformedHeader { header: name.clone(), why },
            Field::Query(_) | Field::Form(_) | Field::Body(_) => {
                Rejection::MalformedField { field: self.shown(), why }
            }
        }
    }
}

impl Place {
    /// Means a header field as a whole.
    pub fn header(name: &str) -> Place {
        Place { field: Field::Header(name.to_ascii_lowercase()), separator: None, prefix: String::new() }
    }

    /// Returns the parts that have the prefix, without it.
    ///
    /// # Errors
    /// The field is not there.
    pub(super) fn parts(&self, scene: Scene<'_>) -> Result<Vec<String>, Rejection> {
        let text = scene.text(&self.field).ok_or_else(|| self.field.missing())?;
        let parts: Vec<&str> = match self.separator {
            Some(separator) => text.split(separator).collect(),
            None => vec![text.as_str()],
        };
        let behind = |part: &str| part.trim().strip_prefix(self.prefix.as_str()).map(str::to_owned);
        Ok(parts.into_iter().filter_map(behind).collect())
    }
}

impl<'a> Reading<'a> {
    pub(crate) fn of(request: &'a RawRequest) -> Reading<'a> {
        Reading { request, json: OnceCell::new(), form: OnceCell::new() }
    }

    /// Looks at the request as a whole.
    pub(crate) fn whole(&'a self) -> Scene<'a> {
        Scene { reading: self, element: None }
    }

    /// Looks at each element of an array in the body; none if there is no array.
    pub(super) fn elements(&'a self, steps: &[String]) -> Option<Vec<Scene<'a>>> {
        let Value::Array(items) = descend(self.json()?, steps)? else { return None };
        Some(items.iter().map(|item| Scene { reading: self, element: Some(item) }).collect())
    }

    fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| serde_json::from_slice(&self.request.body).ok()).as_ref()
    }

    fn form(&self) -> &[(String, String)] {
        self.form.get_or_init(|| if self.is_form() { pairs(&self.request.body) } else { Vec::new() })
    }

    fn is_form(&self) -> bool {
        let text = self.request.headers.first_text(header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    }
}

impl<'a> Scene<'a> {
    /// Returns the request.
    pub(crate) fn request(&self) -> &'a RawRequest {
        self.reading.request
    }

    /// Tells whether the body is a form.
    pub(super) fn is_form(&self) -> bool {
        self.reading.is_form()
    }

    /// Returns a field as text; of the body a text, number or boolean.
    pub(crate) fn text(&self, field: &Field) -> Option<String> {
        let named = |pairs: &[(String, String)], name: &str| {
            pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
        };
        match field {
            Field::Header(name) => self.request().headers.first_text(name),
            Field::Query(name) => named(&pairs(self.request().query().as_bytes()), name),
            Field::Form(name) => named(self.reading.form(), name),
            Field::Body(steps) => {
                let root = match self.element {
                    Some(element) => element,
                    None => self.reading.json()?,
                };
                match descend(root, steps)? {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    Value::Bool(truth) => Some(truth.to_string()),
                    Value::Null | Value::Array(_) | Value::Object(_) => None,
                }
            }
        }
    }

    /// Returns names and values of a form one behind the other, sorted by both, each pair once.
    pub(super) fn sorted_form(&self) -> String {
        let mut pairs: Vec<&(String, String)> = self.reading.form().iter().collect();
        pairs.sort();
        pairs.dedup();
        pairs.into_iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).collect()
    }
}

fn descend<'v>(root: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(root, |value, step| member(value, step))
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}
