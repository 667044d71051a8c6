//! Names that people give: slugs, and the integers that stand for them in hot tables.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::scope::ScopeId;

/// A name in a configuration: 1 to 64 of `a-z 0-9 - _ .`, beginning with a letter or digit.
///
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(Arc<str>);

/// Why a text is no slug.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing stands there.
    #[error("a name cannot be empty")]
    Empty,
    /// Longer than the maximum.
    #[error("a name has at most {SLUG_BYTES_MAX} characters, this one has {0}")]
    TooLong(usize),
    /// A character outside the allowed ones, or a wrong first one.
    #[error("a name is made of a-z, 0-9, '-', '_' and '.', and begins with a letter or digit; found {0:?}")]
    Character(char),
}

/// Longest name: short enough to be a metric label, an URL segment and a table column everywhere.
pub const SLUG_BYTES_MAX: usize = 64;

impl Slug {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// Says which character, or that it is empty or too long.
    pub fn parse(text: &str) -> Result<Slug, NameError> {
        let first = text.chars().next().ok_or(NameError::Empty)?;
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
        if !(first.is_ascii_lowercase() || first.is_ascii_digit()) {
            return Err(NameError::Character(first));
        }
        if let Some(wrong) = text.chars().find(|c| !fits(*c)) {
            return Err(NameError::Character(wrong));
        }
        if text.len() > SLUG_BYTES_MAX {
            return Err(NameError::TooLong(text.len()));
        }
        Ok(Slug(text.into()))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl std::borrow::Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What kind of thing a name names: equal slugs of different kinds are different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An inbound address.
    Source,
    /// Source and types to destinations.
    Route,
    /// A configured target.
    Destination,
    /// A Wasm component under a name.
    Plugin,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 4] = [Kind::Source, Kind::Route, Kind::Destination, Kind::Plugin];

    /// Returns the kind of a word, or none if there is no such kind.
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Returns the word, as the config's tables are called.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Source => "source",
            Kind::Route => "route",
            Kind::Destination => "destination",
            Kind::Plugin => "plugin",
        }
    }
}

/// A named thing as a 63-bit integer: the start of SHA-256 over scope, kind and slug.
///
/// Two names of one configuration that meet in it are refused when the configuration is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub i64);

impl NameId {
    /// Returns the integer of a name. The same on every machine and for ever.
    pub fn of(scope: ScopeId, kind: Kind, slug: &Slug) -> NameId {
        NameId(stable_63(&[&scope.0.to_string(), kind.word(), slug.as_str()]))
    }
}

/// Returns the first 63 bits of SHA-256 over the parts, each ended by a zero byte.
pub(super) fn stable_63(parts: &[&str]) -> i64 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let hash = hasher.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    i64::from_be_bytes(first) & i64::MAX
}

#[cfg(test)]
mod tests {
    use super::super::scope::Scope;
    use super::*;

    #[test]
    fn a_slug_is_checked_at_its_edges() {
        let longest = "a".repeat(SLUG_BYTES_MAX);
        for good in ["a", "0", "team-slack", "pull_request.opened", &longest] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }

        assert_eq!(Slug::parse(""), Err(NameError::Empty));
        assert_eq!(Slug::parse("-a"), Err(NameError::Character('-')));
        assert_eq!(Slug::parse("Crm"), Err(NameError::Character('C')));
        assert_eq!(Slug::parse("a/b"), Err(NameError::Character('/')));
        assert_eq!(Slug::parse("é"), Err(NameError::Character('é')));
        assert_eq!(Slug::parse(&"a".repeat(65)), Err(NameError::TooLong(65)));
    }

    #[test]
    fn a_name_id_depends_on_scope_kind_and_slug_and_never_changes() {
        let scope = Scope::default_scope().id();
        let slug = Slug::parse("crm").expect("a slug");

        let id = NameId::of(scope, Kind::Destination, &slug);

        assert!(id.0 >= 0);
        assert_ne!(id, NameId::of(scope, Kind::Route, &slug));
        assert_ne!(id, NameId::of(ScopeId(scope.0 ^ 1), Kind::Destination, &slug));
        assert_eq!(id, NameId::of(scope, Kind::Destination, &slug));
    }
}
