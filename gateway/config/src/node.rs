//! Free-form values of the file, for plugins and conditions: a tree that knows its places at every depth.

use std::fmt;
use std::ops::Range;

use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use crate::at::At;

/// A value whose form the file's own structs do not know.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    /// A text.
    Text(String),
    /// A number that JSON can hold.
    Number(Number),
    /// True or false.
    Truth(bool),
    /// A list.
    List(Vec<At<Node>>),
    /// A table, in the order of the file.
    Table(Vec<(At<String>, At<Node>)>),
}

impl Node {
    /// Returns the value as JSON, in the order of the file.
    pub(crate) fn json(&self) -> Value {
        match self {
            Node::Text(text) => Value::from(text.as_str()),
            Node::Number(number) => Value::Number(number.clone()),
            Node::Truth(truth) => Value::Bool(*truth),
            Node::List(items) => items.iter().map(|item| item.value.json()).collect(),
            Node::Table(fields) => {
                let fields = fields.iter().map(|(key, value)| (key.value.clone(), value.value.json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
        }
    }
}

impl At<Node> {
    /// Returns the place that these keys lead to, from the outside in: of a table's field both key and
    /// value. Stops where a key leads nowhere.
    pub(crate) fn place<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Range<usize> {
        let mut node = self;
        let mut span = self.span.clone();
        for key in keys {
            match &node.value {
                Node::Table(fields) => match fields.iter().find(|(name, _)| name.value == key) {
                    Some((name, value)) => {
                        span = field_span(name, value);
                        node = value;
                    }
                    None => break,
                },
                Node::List(items) => match key.parse::<usize>().ok().and_then(|nth| items.get(nth)) {
                    Some(item) => {
                        span = item.span.clone();
                        node = item;
                    }
                    None => break,
                },
                Node::Text(_) | Node::Number(_) | Node::Truth(_) => break,
            }
        }
        span
    }
}

/// From the key to the end of the value, where they stand in that order. A table under a header of its
/// own has its span at the header, where its key is.
fn field_span(key: &At<String>, value: &At<Node>) -> Range<usize> {
    if value.span.start >= key.span.end { key.span.start..value.span.end } else { key.span.clone() }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, true or false, a list or a table")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Node, E> {
        Ok(Node::Truth(truth))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Node, E> {
        // JSON has neither infinity nor "not a number".
        Number::from_f64(number)
            .map(Node::Number)
            .ok_or_else(|| E::invalid_type(de::Unexpected::Float(number), &"a finite number"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node, A::Error> {
        let mut table = Vec::new();
        while let Some(field) = fields.next_entry()? {
            table.push(field);
        }
        Ok(Node::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(text: &str) -> At<Node> {
        let value = toml::de::ValueDeserializer::parse(text).expect("TOML");
        At::deserialize(value).expect("a node")
    }

    #[test]
    fn a_tree_knows_the_place_of_everything_in_it() {
        let text = "{ a = [1, { \"b.c\" = 'é', d = 2 }], e = true }";
        let node = node(text);
        let at = |keys: &[&str]| &text[node.place(keys.iter().copied())];

        assert_eq!(at(&[]), text);
        assert_eq!(at(&["a", "0"]), "1");
        assert_eq!(at(&["a", "1", "b.c"]), "\"b.c\" = 'é'");
        assert_eq!(at(&["a", "1", "d"]), "d = 2");
        assert_eq!(at(&["e"]), "e = true");
        assert_eq!(at(&["e", "nowhere"]), "e = true");
        assert_eq!(at(&["a", "7"]), "a = [1, { \"b.c\" = 'é', d = 2 }]");
    }

    #[test]
    fn a_tree_becomes_the_same_json() {
        let json = node("{ z = 1, a = [1.5, true, 'x', {}] }").value.json();

        assert_eq!(json.to_string(), r#"{"z":1,"a":[1.5,true,"x",{}]}"#);
    }
}
