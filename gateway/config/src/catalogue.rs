//! Components that a file names, and what the caller found out about each.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use hookgate_core::plugin::Facts;

/// Where a component comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Component {
    /// A file; a relative path begins at the configuration's folder.
    File(String),
    /// One of those inside the binary.
    Embedded(String),
}

/// A component that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentRef {
    /// The plugin's name in the file.
    pub plugin: String,
    /// Where it comes from.
    pub component: Component,
    /// Where the file names it first.
    pub span: Range<usize>,
}

/// What is known of the components that a file names.
#[derive(Debug, Clone, Default)]
pub struct Catalogue(HashMap<Component, Result<Facts, String>>);

/// What tells an embedded component from a file.
const EMBEDDED: &str = "embedded:";

impl Component {
    /// Reads the value of a plugin's `component`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Component, &'static str> {
        match text.strip_prefix(EMBEDDED) {
            Some("") => Err("no embedded component is named"),
            Some(name) => Ok(Component::Embedded(name.to_owned())),
            None if text.trim().is_empty() => Err("no file is named"),
            None if text.starts_with("uploaded:") => Err("components cannot be uploaded in this release"),
            None if text.contains("://") => {
                Err("components come from files or from inside the binary, not from a URL")
            }
            None if text.contains('\0') => Err("a file's name cannot have a zero byte"),
            None => Ok(Component::File(text.to_owned())),
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Component::File(path) => f.write_str(path),
            Component::Embedded(name) => write!(f, "{EMBEDDED}{name}"),
        }
    }
}

impl Catalogue {
    /// Notes what was found: the component's facts, or in words why it cannot be a plugin.
    pub fn insert(&mut self, component: Component, found: Result<Facts, String>) {
        self.0.insert(component, found);
    }

    /// Returns what was found.
    pub(crate) fn get(&self, component: &Component) -> Result<&Facts, &str> {
        match self.0.get(component) {
            Some(Ok(facts)) => Ok(facts),
            Some(Err(why)) => Err(why),
            None => Err("nobody looked at it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_a_file_or_embedded() {
        assert_eq!(Component::parse("a/b.wasm"), Ok(Component::File("a/b.wasm".into())));
        assert_eq!(Component::parse("embedded:chat"), Ok(Component::Embedded("chat".into())));
        for text in ["", " ", "embedded:", "uploaded:chat", "oci://registry.example/x", "a\0b"] {
            assert!(Component::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Component::Embedded("chat".into()).to_string(), "embedded:chat");
    }
}
