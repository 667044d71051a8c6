//! Conditions: `match` in a route, `{ "body.number" = { gte = 100 } }`. One tree, one evaluator.
//!
//! What they cannot say, a Wasm router says; there is no third language.

use std::fmt;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::envelope::{Envelope, Path};
use crate::limits;

/// A condition on an event.
#[derive(Debug, Clone)]
pub enum Condition {
    /// All of these hold; none at all holds.
    All(Vec<Condition>),
    /// One of these holds.
    Any(Vec<Condition>),
    /// This does not hold.
    Not(Box<Condition>),
    /// A value passes a test.
    Test {
        /// Where it stands.
        path: Path,
        /// What it must be like.
        test: Test,
    },
}

/// What a value must be like. A value that is not there passes only `Exists(false)`, `Ne` and `NotIn`.
#[derive(Debug, Clone)]
pub enum Test {
    /// Equal. A list has it among its items.
    Eq(Value),
    /// Not [`Test::Eq`].
    Ne(Value),
    /// Equal to one of these.
    In(Vec<Value>),
    /// Equal to none of these.
    NotIn(Vec<Value>),
    /// Compared with a number or a text of the same kind.
    Order(Order, Value),
    /// A text has this part; a list has this item.
    Contains(Value),
    /// A text begins so.
    StartsWith(String),
    /// A text ends so.
    EndsWith(String),
    /// A text has a part that fits. Time is linear in the text.
    Regex(Regex),
    /// It is there at all, or not.
    Exists(bool),
}

/// A part of a condition or filter that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmet {
    /// What was asked for.
    pub wanted: String,
    /// The value that stands there, as JSON text, long ones cut; none: nothing stands there.
    pub found: Option<String>,
}

impl Unmet {
    pub(crate) fn new(wanted: String, found: Option<&Value>) -> Unmet {
        let shown = found.map(|value| {
            let text = value.to_string();
            match text.char_indices().nth(limits::SHOWN_VALUE_CHARS_MAX) {
                Some((end, _)) => format!("{}…", &text[..end]),
                None => text,
            }
        });
        Unmet { wanted, found: shown }
    }
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
}

/// What a condition does not say rightly.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{why}")]
pub struct ConditionError {
    /// The keys that lead to the place, from the outside in; an index counts from 0.
    pub at: Vec<String>,
    /// What is wrong.
    pub why: String,
    /// What to write instead.
    pub help: String,
}

/// Every operator under every spelling that users bring.
const OPERATORS: [(&str, &[&str]); 13] = [
    ("eq", &["equals"]),
    ("ne", &["neq", "not_equals"]),
    ("in", &[]),
    ("nin", &["not_in"]),
    ("gt", &["greater_than"]),
    ("gte", &["greater_than_or_equal"]),
    ("lt", &["less_than"]),
    ("lte", &["less_than_or_equal"]),
    ("contains", &[]),
    ("starts_with", &["startsWith"]),
    ("ends_with", &["endsWith"]),
    ("regex", &[]),
    ("exists", &["exist"]),
];

/// Returns the operator's first spelling; a `$` before any spelling is allowed.
fn operator(key: &str) -> Option<&'static str> {
    let key = key.strip_prefix('$').unwrap_or(key);
    OPERATORS.iter().find(|(name, others)| *name == key || others.contains(&key)).map(|(name, _)| *name)
}

impl Condition {
    /// Reads a condition: an object of paths, each with a value or an object of operators; `and`, `or`
    /// with a list, `not` with an object. Paths may also be nested objects.
    ///
    /// # Errors
    /// Says at which keys what is wrong.
    pub fn parse(tree: &Value) -> Result<Condition, ConditionError> {
        Parser { at: Vec::new() }.object(tree, "")
    }

    /// Tells whether the condition holds for an event.
    pub fn holds(&self, envelope: &Envelope<'_>) -> bool {
        match self {
            Condition::All(conditions) => conditions.iter().all(|c| c.holds(envelope)),
            Condition::Any(conditions) => conditions.iter().any(|c| c.holds(envelope)),
            Condition::Not(condition) => !condition.holds(envelope),
            Condition::Test { path, test } => test.passes(path.value(envelope).as_deref()),
        }
    }

    /// Returns what would have to be otherwise; nothing if the condition holds.
    pub fn unmet(&self, envelope: &Envelope<'_>) -> Vec<Unmet> {
        if self.holds(envelope) {
            return Vec::new();
        }
        match self {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().flat_map(|part| part.unmet(envelope)).collect()
            }
            Condition::Not(part) => vec![Unmet::new(format!("not ({part})"), None)],
            Condition::Test { path, test } => {
                vec![Unmet::new(format!("{path} {test}"), path.value(envelope).as_deref())]
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, by) = match self {
            Condition::All(parts) => (parts, " and "),
            Condition::Any(parts) => (parts, " or "),
            Condition::Not(part) => return write!(f, "not ({part})"),
            Condition::Test { path, test } => return write!(f, "{path} {test}"),
        };
        for (nth, part) in parts.iter().enumerate() {
            write!(f, "{}{part}", if nth > 0 { by } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |items: &[Value]| Value::from(items.to_vec()).to_string();
        match self {
            Test::Eq(wanted) => write!(f, "eq {wanted}"),
            Test::Ne(wanted) => write!(f, "ne {wanted}"),
            Test::In(wanted) => write!(f, "in {}", list(wanted)),
            Test::NotIn(wanted) => write!(f, "nin {}", list(wanted)),
            Test::Order(order, bound) => write!(f, "{} {bound}", order.word()),
            Test::Contains(part) => write!(f, "contains {part}"),
            Test::StartsWith(start) => write!(f, "starts_with {start:?}"),
            Test::EndsWith(end) => write!(f, "ends_with {end:?}"),
            Test::Regex(regex) => write!(f, "regex {:?}", regex.as_str()),
            Test::Exists(wanted) => write!(f, "exists {wanted}"),
        }
    }
}

impl Test {
    fn passes(&self, value: Option<&Value>) -> bool {
        match self {
            Test::Eq(wanted) => value.is_some_and(|value| same(value, wanted)),
            Test::Ne(wanted) => !value.is_some_and(|value| same(value, wanted)),
            Test::In(wanted) => value.is_some_and(|value| wanted.iter().any(|w| same(value, w))),
            Test::NotIn(wanted) => !value.is_some_and(|value| wanted.iter().any(|w| same(value, w))),
            Test::Order(order, bound) => {
                value.and_then(|value| compare(value, bound)).is_some_and(|o| order.admits(o))
            }
            Test::Contains(part) => match (value, part) {
                (Some(Value::String(text)), Value::String(part)) => text.contains(part.as_str()),
                (Some(Value::Array(items)), part) => items.iter().any(|item| equal(item, part)),
                _ => false,
            },
            Test::StartsWith(start) => text(value).is_some_and(|text| text.starts_with(start.as_str())),
            Test::EndsWith(end) => text(value).is_some_and(|text| text.ends_with(end.as_str())),
            Test::Regex(regex) => text(value).is_some_and(|text| regex.is_match(text)),
            Test::Exists(wanted) => value.is_some() == *wanted,
        }
    }
}

impl Order {
    fn word(self) -> &'static str {
        match self {
            Order::Gt => "gt",
            Order::Gte => "gte",
            Order::Lt => "lt",
            Order::Lte => "lte",
        }
    }

    fn admits(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Order::Gt => ordering.is_gt(),
            Order::Gte => ordering.is_ge(),
            Order::Lt => ordering.is_lt(),
            Order::Lte => ordering.is_le(),
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

/// Equal, or a list that has it among its items.
fn same(value: &Value, wanted: &Value) -> bool {
    equal(value, wanted) || value.as_array().is_some_and(|items| items.iter().any(|item| equal(item, wanted)))
}

/// Numbers are equal by their size, whatever they were written as.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => compare(a, b).is_some_and(std::cmp::Ordering::is_eq),
        _ => a == b,
    }
}

pub(crate) fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => match (x.as_i64(), y.as_i64()) {
            (Some(x), Some(y)) => Some(x.cmp(&y)),
            _ => x.as_f64()?.partial_cmp(&y.as_f64()?),
        },
        (Value::String(x), Value::String(y)) => Some(x.cmp(y)),
        _ => None,
    }
}

/// Knows where it stands, for errors.
struct Parser {
    at: Vec<String>,
}

impl Parser {
    fn wrong<T>(&self, why: impl Into<String>, help: impl Into<String>) -> Result<T, ConditionError> {
        Err(ConditionError { at: self.at.clone(), why: why.into(), help: help.into() })
    }

    fn within<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Parser) -> Result<T, ConditionError>,
    ) -> Result<T, ConditionError> {
        self.at.push(key.to_owned());
        let result = read(self);
        self.at.pop();
        result
    }

    /// An object of paths below `base`, which is empty at the top.
    fn object(&mut self, tree: &Value, base: &str) -> Result<Condition, ConditionError> {
        if self.at.len() > limits::MATCH_DEPTH_MAX {
            return self.wrong(
                format!("nested deeper than {}", limits::MATCH_DEPTH_MAX),
                "use dotted paths, or a router plugin",
            );
        }
        let Value::Object(fields) = tree else {
            return self.wrong("expected paths with conditions", "write `{ \"body.action\" = \"opened\" }`");
        };
        let mut all = Vec::new();
        for (key, value) in fields {
            all.push(self.within(key, |parser| parser.field(key, value, base))?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn field(&mut self, key: &str, value: &Value, base: &str) -> Result<Condition, ConditionError> {
        match key.strip_prefix('$').unwrap_or(key) {
            "and" if base.is_empty() => Ok(Condition::All(self.list(value)?)),
            "or" if base.is_empty() => Ok(Condition::Any(self.list(value)?)),
            "not" if base.is_empty() => Ok(Condition::Not(Box::new(self.object(value, "")?))),
            _ => {
                let path = if base.is_empty() { key.to_owned() } else { format!("{base}.{key}") };
                self.path(&path, value)
            }
        }
    }

    fn list(&mut self, value: &Value) -> Result<Vec<Condition>, ConditionError> {
        let Value::Array(items) = value else {
            return self.wrong("expected a list of conditions", "write `or = [{ … }, { … }]`");
        };
        items
            .iter()
            .enumerate()
            .map(|(n, item)| self.within(&n.to_string(), |parser| parser.object(item, "")))
            .collect()
    }

    fn path(&mut self, text: &str, value: &Value) -> Result<Condition, ConditionError> {
        if let Value::Object(fields) = value {
            if fields.is_empty() {
                return self.wrong("no condition stands here", "write a value, or `{ exists = true }`");
            }
            if fields.keys().all(|key| operator(key).is_none()) {
                return self.object(value, text);
            }
        }
        let path = match Path::parse(text) {
            Ok(path) => path,
            Err(why) => return self.wrong(why, "begin with `body.`, `headers.`, `type` or `source`"),
        };
        let tests = self.tests(value)?;
        let mut all: Vec<_> =
            tests.into_iter().map(|test| Condition::Test { path: path.clone(), test }).collect();
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn tests(&mut self, value: &Value) -> Result<Vec<Test>, ConditionError> {
        match value {
            Value::Object(fields) => self.operators(fields),
            Value::Array(items) => Ok(vec![Test::In(items.clone())]),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Ok(vec![Test::Eq(value.clone())])
            }
        }
    }

    fn operators(&mut self, fields: &Map<String, Value>) -> Result<Vec<Test>, ConditionError> {
        fields
            .iter()
            .map(|(key, operand)| {
                self.within(key, |parser| match operator(key) {
                    Some(name) => parser.test(name, operand),
                    None => {
                        let known: Vec<&str> = OPERATORS.iter().map(|(name, _)| *name).collect();
                        parser.wrong(
                            format!("unknown operator `{key}`"),
                            format!("operators are {}", known.join(", ")),
                        )
                    }
                })
            })
            .collect()
    }

    fn test(&mut self, name: &str, operand: &Value) -> Result<Test, ConditionError> {
        let order = |order| {
            if operand.is_number() || operand.is_string() {
                Ok(Test::Order(order, operand.clone()))
            } else {
                self.wrong("expected a number or a text", format!("write `{name} = 100`"))
            }
        };
        match name {
            "eq" => Ok(Test::Eq(operand.clone())),
            "ne" => Ok(Test::Ne(operand.clone())),
            "gt" => order(Order::Gt),
            "gte" => order(Order::Gte),
            "lt" => order(Order::Lt),
            "lte" => order(Order::Lte),
            "contains" => Ok(Test::Contains(operand.clone())),
            "in" | "nin" => match operand.as_array().cloned() {
                Some(items) if name == "in" => Ok(Test::In(items)),
                Some(items) => Ok(Test::NotIn(items)),
                None => self.wrong("expected a list", format!("write `{name} = [\"opened\", \"closed\"]`")),
            },
            "exists" => match operand.as_bool() {
                Some(wanted) => Ok(Test::Exists(wanted)),
                None => self.wrong("expected true or false", "write `exists = true`"),
            },
            _ => self.text_test(name, operand),
        }
    }

    fn text_test(&mut self, name: &str, operand: &Value) -> Result<Test, ConditionError> {
        let Value::String(text) = operand else {
            return self.wrong("expected a text", format!("write `{name} = \"…\"`"));
        };
        match name {
            "starts_with" => Ok(Test::StartsWith(text.clone())),
            "ends_with" => Ok(Test::EndsWith(text.clone())),
            _ => match RegexBuilder::new(text).size_limit(limits::REGEX_BYTES_MAX).build() {
                Ok(regex) => Ok(Test::Regex(regex)),
                Err(error) => {
                    let why = error.to_string();
                    let why = why
                        .lines()
                        .last()
                        .unwrap_or("it does not read")
                        .trim_start_matches("error: ")
                        .to_owned();
                    self.wrong(
                        format!("the regular expression does not read: {why}"),
                        "see the syntax of Rust's regex crate; look-around is not supported",
                    )
                }
            },
        }
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
