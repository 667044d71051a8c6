//! A value of the file with its place: what every mistake of meaning points at.

use std::ops::Range;

use serde::{Deserialize, Deserializer};

/// A value and the bytes of the text that it was read from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct At<T> {
    /// Where it stands.
    pub(crate) span: Range<usize>,
    /// What it is.
    pub(crate) value: T,
}

impl<T> At<T> {
    /// Puts a value at a place.
    pub(crate) fn new(span: Range<usize>, value: T) -> At<T> {
        At { span, value }
    }
}

impl At<String> {
    /// Returns the text.
    pub(crate) fn text(&self) -> &str {
        &self.value
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<At<T>, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(At { span: spanned.span(), value: spanned.into_inner() })
    }
}
