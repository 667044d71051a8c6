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
    /// The one that ships with the binary under this name, or what an operator put in its place.
    Embedded(String),
    /// What was uploaded under this name.
    Uploaded(String),
}

/// Why nothing is known of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unknown {
    /// It can be no plugin, in words.
    Refused(String),
    /// Who asks cannot see it: only a running gateway knows what was uploaded to it.
    Elsewhere,
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
pub struct Catalogue(HashMap<Component, Result<Facts, Unknown>>);

/// What tells an embedded component from a file.
const EMBEDDED: &str = "embedded:";

/// What tells an uploaded component from a file.
const UPLOADED: &str = "uploaded:";

impl From<String> for Unknown {
    fn from(why: String) -> Unknown {
        Unknown::Refused(why)
    }
}

impl Component {
    /// Returns the name that the component is stored under; a file has none.
    pub fn stored_name(&self) -> Option<&str> {
        match self {
            Component::File(_) => None,
            Component::Embedded(name) | Component::Uploaded(name) => Some(name),
        }
    }

    /// Reads the value of a plugin's `component`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Component, &'static str> {
        match (text.strip_prefix(EMBEDDED), text.strip_prefix(UPLOADED)) {
            (Some(""), _) => Err("no embedded component is named"),
            (_, Some("")) => Err("no uploaded component is named"),
            (Some(name), _) => Ok(Component::Embedded(name.to_owned())),
            (_, Some(name)) => Ok(Component::Uploaded(name.to_owned())),
            (None, None) if text.trim().is_empty() => Err("no file is named"),
            (None, None) if text.contains("://") => {
                Err("components are files, uploaded, or ship with the binary; they come from no URL")
            }
            (None, None) if text.contains('\0') => Err("a file's name cannot have a zero byte"),
            (None, None) => Ok(Component::File(text.to_owned())),
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Component::File(path) => f.write_str(path),
            Component::Embedded(name) => write!(f, "{EMBEDDED}{name}"),
            Component::Uploaded(name) => write!(f, "{UPLOADED}{name}"),
        }
    }
}

impl Catalogue {
    /// Notes what was found: the component's facts, or why there are none.
    pub fn insert(&mut self, component: Component, found: Result<Facts, Unknown>) {
        self.0.insert(component, found);
    }

    /// Returns what was found.
    pub(crate) fn get(&self, component: &Component) -> Result<&Facts, &Unknown> {
        self.0.get(component).map_or(Err(&Unknown::Elsewhere), Result::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_a_file_embedded_or_uploaded() {
        assert_eq!(Component::parse("a/b.wasm"), Ok(Component::File("a/b.wasm".into())));
        assert_eq!(Component::parse("embedded:chat"), Ok(Component::Embedded("chat".into())));
        assert_eq!(Component::parse("uploaded:chat"), Ok(Component::Uploaded("chat".into())));
        for text in ["", " ", "embedded:", "uploaded:", "oci://registry.example/x", "a\0b"] {
            assert!(Component::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Component::Embedded("chat".into()).to_string(), "embedded:chat");
        assert_eq!(Component::Uploaded("chat".into()).to_string(), "uploaded:chat");
    }
}
