//! Filters: a JSONPath condition (RFC 9535, section 2.3.5) on the envelope, `@.body.n > 3 && @.type == 'a'`.
//!
//! `@` is the envelope. The reading is the library's; what it read becomes a small tree of ours, so that
//! a path costs no copy of the body, and so that a filter can say why it does not hold.

mod parse;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use jsonpath_rust::parser::model::JpQuery;
use jsonpath_rust::query::js_path_process;
use serde_json::Value;
use thiserror::Error;

use crate::condition::Unmet;
use crate::envelope::Envelope;

/// A condition in JSONPath's own words.
#[derive(Debug, Clone)]
pub struct Filter(Expr);

/// What a filter does not say rightly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct FilterError {
    /// Byte offset in the filter.
    pub at: usize,
    /// What is wrong.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

#[derive(Debug, Clone)]
enum Expr {
    Any(Vec<Expr>),
    All(Vec<Expr>),
    Not(Box<Expr>),
    Exists(Query),
    Compare(Operand, Operator, Operand),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
}

#[derive(Debug, Clone)]
enum Operand {
    Literal(Value),
    /// A query that leads to one value at most.
    One(Query),
    Length(Query),
    Count(Query),
    /// The value of a query that leads to exactly one.
    Only(Query),
}

/// A way into the envelope: a root, steps to one value, and what JSONPath can say beyond that.
#[derive(Debug, Clone)]
struct Query {
    root: Root,
    steps: Vec<Step>,
    /// Wildcards, slices, filters and what follows them: evaluated by the library on what stands there.
    beyond: Option<JpQuery>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Root {
    Source,
    Type,
    Header(String),
    Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(i64),
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Says where it does not read, or asks for what is fenced off: `$`, `..`, several selectors in one
    /// bracket, `match()` and `search()`.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        parse::filter(text).map(Filter)
    }

    /// Tells whether the filter holds for an event.
    pub fn holds(&self, envelope: &Envelope<'_>) -> bool {
        self.0.holds(envelope)
    }

    /// Returns what would have to be otherwise; nothing if the filter holds.
    pub fn unmet(&self, envelope: &Envelope<'_>) -> Vec<Unmet> {
        self.0.unmet(envelope)
    }
}

impl Expr {
    fn holds(&self, envelope: &Envelope<'_>) -> bool {
        match self {
            Expr::Any(parts) => parts.iter().any(|part| part.holds(envelope)),
            Expr::All(parts) => parts.iter().all(|part| part.holds(envelope)),
            Expr::Not(part) => !part.holds(envelope),
            Expr::Exists(query) => query.exists(envelope),
            Expr::Compare(left, operator, right) => {
                operator.admits(left.found(envelope).as_deref(), right.found(envelope).as_deref())
            }
        }
    }

    fn unmet(&self, envelope: &Envelope<'_>) -> Vec<Unmet> {
        if self.holds(envelope) {
            return Vec::new();
        }
        match self {
            Expr::Any(parts) | Expr::All(parts) => {
                parts.iter().flat_map(|part| part.unmet(envelope)).collect()
            }
            Expr::Not(_) => vec![Unmet::new(self.to_string(), None)],
            Expr::Exists(_) => vec![Unmet::new(self.to_string(), None)],
            Expr::Compare(left, _, right) => {
                let looked_at = if matches!(left, Operand::Literal(_)) { right } else { left };
                vec![Unmet::new(self.to_string(), looked_at.found(envelope).as_deref())]
            }
        }
    }
}

impl Operator {
    /// RFC 9535, 2.3.5.2.2: what is absent equals only what is absent; only numbers and texts have an order.
    fn admits(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let equal = || match (left, right) {
            (Some(left), Some(right)) => same(left, right),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let order = || left.zip(right).and_then(|(left, right)| crate::condition::compare(left, right));
        match self {
            Operator::Eq => equal(),
            Operator::Ne => !equal(),
            Operator::Gt => order() == Some(Ordering::Greater),
            Operator::Lt => order() == Some(Ordering::Less),
            Operator::Gte => order() == Some(Ordering::Greater) || equal(),
            Operator::Lte => order() == Some(Ordering::Less) || equal(),
        }
    }
}

/// Equal all through, numbers by their size.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(_), Value::Number(_)) => {
            crate::condition::compare(left, right) == Some(Ordering::Equal)
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same(value, other)))
        }
        _ => left == right,
    }
}

impl Operand {
    fn found<'a>(&'a self, envelope: &Envelope<'a>) -> Option<Cow<'a, Value>> {
        match self {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::One(query) => query.start(envelope),
            Operand::Length(query) => {
                let length = match &*query.start(envelope)? {
                    Value::String(text) => text.chars().count(),
                    Value::Array(items) => items.len(),
                    Value::Object(fields) => fields.len(),
                    Value::Null | Value::Bool(_) | Value::Number(_) => return None,
                };
                Some(Cow::Owned(Value::from(length)))
            }
            Operand::Count(query) => Some(Cow::Owned(Value::from(query.all(envelope, |found| found.len())))),
            Operand::Only(query) => query.all(envelope, |found| match found {
                [one] => Some(Cow::Owned((*one).clone())),
                _ => None,
            }),
        }
    }
}

impl Query {
    /// Returns what the steps lead to.
    fn start<'a>(&self, envelope: &Envelope<'a>) -> Option<Cow<'a, Value>> {
        let content = envelope.content();
        match &self.root {
            Root::Source => Some(Cow::Owned(Value::from(&*content.source))),
            Root::Type => Some(Cow::Owned(Value::from(&*content.event_type))),
            Root::Header(name) => content.headers.first_text(name).map(|text| Cow::Owned(Value::from(text))),
            Root::Body => {
                let body: &'a Value = content.json()?;
                self.steps.iter().try_fold(body, |value, step| step.of(value)).map(Cow::Borrowed)
            }
        }
    }

    /// Hands over everything that the query leads to.
    fn all<T>(&self, envelope: &Envelope<'_>, take: impl FnOnce(&[&Value]) -> T) -> T {
        let start = self.start(envelope);
        match (&start, &self.beyond) {
            (None, _) => take(&[]),
            (Some(value), None) => take(&[value]),
            (Some(value), Some(beyond)) => {
                let found = js_path_process(beyond, &**value).unwrap_or_default();
                take(&found.into_iter().map(|each| each.val).collect::<Vec<&Value>>())
            }
        }
    }

    fn exists(&self, envelope: &Envelope<'_>) -> bool {
        match &self.beyond {
            None => self.start(envelope).is_some(),
            Some(_) => self.all(envelope, |found| !found.is_empty()),
        }
    }
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match (self, value) {
            (Step::Name(name), Value::Object(fields)) => fields.get(name),
            (Step::Index(index), Value::Array(items)) => {
                let at = if *index < 0 { i64::try_from(items.len()).ok()? + index } else { *index };
                items.get(usize::try_from(at).ok()?)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Expr], by: &str| {
            f.write_str("(")?;
            for (nth, part) in parts.iter().enumerate() {
                if nth > 0 {
                    f.write_str(by)?;
                }
                write!(f, "{part}")?;
            }
            f.write_str(")")
        };
        match self {
            Expr::Any(parts) => joined(f, parts, " || "),
            Expr::All(parts) => joined(f, parts, " && "),
            Expr::Not(part) => write!(f, "!({part})"),
            Expr::Exists(query) => write!(f, "{query}"),
            Expr::Compare(left, operator, right) => write!(f, "{left} {} {right}", operator.sign()),
        }
    }
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Operator::Eq => "==",
            Operator::Ne => "!=",
            Operator::Gt => ">",
            Operator::Gte => ">=",
            Operator::Lt => "<",
            Operator::Lte => "<=",
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Literal(value) => write!(f, "{value}"),
            Operand::One(query) => write!(f, "{query}"),
            Operand::Length(query) => write!(f, "length({query})"),
            Operand::Count(query) => write!(f, "count({query})"),
            Operand::Only(query) => write!(f, "value({query})"),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.root {
            Root::Source => f.write_str("@.source")?,
            Root::Type => f.write_str("@.type")?,
            Root::Header(name) => write!(f, "@.headers['{name}']")?,
            Root::Body => f.write_str("@.body")?,
        }
        for step in &self.steps {
            match step {
                Step::Name(name) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                    write!(f, ".{name}")?;
                }
                Step::Name(name) => write!(f, "['{}']", name.replace('\'', "\\'"))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        if self.beyond.is_some() { f.write_str("…") } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
