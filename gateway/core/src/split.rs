//! One request, many events: the elements of an array in the body, each byte for byte as it came.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, de};
use serde_json::value::RawValue;

use crate::limits;

/// A request brings more events than one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// Returns the elements of the array that the steps lead to. A body that is no JSON, or has no array
/// there, is one event as a whole: nothing is refused for its shape.
///
/// # Errors
/// The array has more elements than [`limits::EVENTS_PER_REQUEST_MAX`]; reading ends there.
pub(crate) fn elements(body: &Bytes, steps: &[String]) -> Result<Vec<Bytes>, TooMany> {
    let whole = || vec![body.clone()];
    let mut is_full = false;
    let mut reader = serde_json::Deserializer::from_slice(body);
    let found = At { steps, is_full: &mut is_full }.deserialize(&mut reader);
    match (found, reader.end()) {
        _ if is_full => Err(TooMany),
        (Ok(Some(raws)), Ok(())) => {
            Ok(raws.into_iter().map(|raw| body.slice_ref(raw.get().as_bytes())).collect())
        }
        (Ok(_) | Err(_), _) => Ok(whole()),
    }
}

/// Reads the value at the steps; none if it is no array.
struct At<'s> {
    steps: &'s [String],
    is_full: &'s mut bool,
}

type Elements<'de> = Option<Vec<&'de RawValue>>;

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Elements<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Elements<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Elements<'de>, A::Error> {
        let mut found = Vec::new();
        match self.steps.split_first() {
            None => {
                while let Some(item) = items.next_element::<&RawValue>()? {
                    if found.len() == limits::EVENTS_PER_REQUEST_MAX {
                        *self.is_full = true;
                        return Err(de::Error::custom("too many elements"));
                    }
                    found.push(item);
                }
                Ok(Some(found))
            }
            Some((step, steps)) => {
                let mut at = None;
                let wanted: Option<usize> = step.parse().ok();
                for nth in 0.. {
                    if Some(nth) == wanted {
                        match items.next_element_seed(At { steps, is_full: &mut *self.is_full })? {
                            Some(found) => at = found,
                            None => return Ok(None),
                        }
                    } else if items.next_element::<IgnoredAny>()?.is_none() {
                        break;
                    }
                }
                Ok(at)
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Elements<'de>, A::Error> {
        let mut at = None;
        while let Some(key) = fields.next_key::<Cow<'de, str>>()? {
            match self.steps.split_first() {
                // The last of several equal keys counts, as wherever else the body is read.
                Some((step, steps)) if *step == key => {
                    at = fields.next_value_seed(At { steps, is_full: &mut *self.is_full })?;
                }
                Some(_) | None => {
                    fields.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(at)
    }

    fn visit_unit<E>(self) -> Result<Elements<'de>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Elements<'de>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Elements<'de>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Elements<'de>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Elements<'de>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Elements<'de>, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(body: &str, path: &[&str]) -> Result<Vec<String>, TooMany> {
        let steps: Vec<String> = path.iter().map(|step| (*step).to_owned()).collect();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let texts = |parts: Vec<Bytes>| {
            parts.iter().map(|part| String::from_utf8(part.to_vec()).expect("text")).collect()
        };
        elements(&body, &steps).map(texts)
    }

    #[test]
    fn an_array_is_split_byte_for_byte() {
        let wanted = Ok(vec![r#"{ "a": 1.0 }"#.to_owned(), "\"x\"".to_owned(), "[2]".to_owned()]);
        assert_eq!(split(r#" [ { "a": 1.0 } ,"x",[2]]"#, &[]), wanted);
        assert_eq!(split(r#"{"n":{"events":[1]},"events":[{ "a": 1.0 }, "x", [2]]}"#, &["events"]), wanted);
        assert_eq!(split(r#"{"\u0065vents":[1,2]}"#, &["events"]), Ok(vec!["1".into(), "2".into()]));
        assert_eq!(split(r#"[null,{"a":[7]}]"#, &["1", "a"]), Ok(vec!["7".into()]));
        assert_eq!(split(r#"{"a":[1],"a":[2]}"#, &["a"]), Ok(vec!["2".into()]));
        assert_eq!(split("[]", &[]), Ok(vec![]));
    }

    #[test]
    fn what_has_no_array_there_is_one_event() {
        for (body, path) in [
            ("", &[][..]),
            ("no json", &[]),
            ("[1,2", &[]),
            ("[1] x", &[]),
            (r#"{"events":{}}"#, &["events"]),
            (r#"{"events":null}"#, &["events"]),
            ("[[1]]", &["1"]),
            ("[[1]]", &["x"]),
            ("7", &["a"]),
            ("\"é\"", &[]),
            ("true", &["a"]),
            ("-1.5", &[]),
        ] {
            assert_eq!(split(body, path), Ok(vec![body.to_owned()]), "{body}");
        }
    }

    #[test]
    fn reading_ends_at_the_bound() {
        let array = |count: usize| format!("[{}]", vec!["1"; count].join(","));

        assert_eq!(split(&array(limits::EVENTS_PER_REQUEST_MAX), &[]).map(|parts| parts.len()), Ok(1_000));
        assert_eq!(split(&array(limits::EVENTS_PER_REQUEST_MAX + 1), &[]), Err(TooMany));
        // What follows is not even looked at.
        assert_eq!(split(&format!("[{}", "1,".repeat(1_001)), &[]), Err(TooMany));
    }

    #[test]
    fn deep_nesting_ends_in_one_event_and_not_in_a_crash() {
        let deep = "[".repeat(100_000);
        assert_eq!(split(&deep, &[]), Ok(vec![deep.clone()]));
        assert_eq!(split(&deep, &["0", "0"]), Ok(vec![deep.clone()]));
    }
}
