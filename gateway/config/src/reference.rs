//! References: `${env:NAME}` and `${file:/path}`, whole values that stand for a secret kept elsewhere.

/// What references stand for. The binary's own reads the environment and the disk.
pub trait Resolve {
    /// Returns an environment variable, if it is set.
    fn env(&self, name: &str) -> Option<String>;

    /// Returns a file's text.
    ///
    /// # Errors
    /// Says why it cannot be read, without its content.
    fn file(&self, path: &str) -> Result<String, String>;
}

/// Whether references are resolved.
#[derive(Clone, Copy)]
pub enum Secrets<'a> {
    /// They are, by this.
    Resolve(&'a dyn Resolve),
    /// They are only read. What comes out has no keys behind references: check it, never serve it.
    Skip,
}

/// A value that may be a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reference<'t> {
    /// It is the value itself.
    Literal,
    /// An environment variable.
    Env(&'t str),
    /// A file.
    File(&'t str),
}

/// How references are written.
pub(crate) const REFERENCE_HELP: &str = "write \"${env:NAME}\" or \"${file:/path}\" as the whole value";

impl<'t> Reference<'t> {
    /// Reads a value.
    ///
    /// # Errors
    /// Says what is wrong with its `${`.
    pub(crate) fn parse(text: &'t str) -> Result<Reference<'t>, String> {
        if !text.contains("${") {
            return Ok(Reference::Literal);
        }
        let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let Some(inside) = inside.filter(|inside| !inside.contains(['{', '}'])) else {
            return Err("a reference must be the whole value".into());
        };
        let is_variable = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match inside.split_once(':') {
            Some(("env", name)) if is_variable(name) => Ok(Reference::Env(name)),
            Some(("env", name)) => Err(format!("{name:?} is no name of an environment variable")),
            Some(("file", "")) => Err("no file is named".into()),
            Some(("file", path)) => Ok(Reference::File(path)),
            Some((kind, _)) => Err(format!("references begin with env: or file:, not with {kind:?}")),
            None => Err("a reference names env: or file: first".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_whole_value() {
        assert_eq!(Reference::parse("${env:A_1}"), Ok(Reference::Env("A_1")));
        assert_eq!(Reference::parse("${file:/run/a b}"), Ok(Reference::File("/run/a b")));
        assert_eq!(Reference::parse("plain $x {y}"), Ok(Reference::Literal));
        assert_eq!(Reference::parse(""), Ok(Reference::Literal));
    }

    #[test]
    fn what_only_looks_like_a_reference_is_refused() {
        for text in [
            "a${env:X}",
            "${env:X}b",
            "${env:X",
            "${env:}",
            "${env:1}",
            "${env:a-b}",
            "${file:}",
            "${x:y}",
            "${X}",
            "${",
            "${env:A}${env:B}",
            "${env:é}",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
