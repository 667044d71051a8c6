//! The plugins that ship inside the Hookgate binary, and how a plugin is made of its crate.
//!
//! What is embedded is nothing special: the same components in the same contract as anybody's.

pub mod component;

/// A plugin that ships inside the binary.
#[derive(Debug, Clone, Copy)]
pub struct Embedded {
    /// Its own name.
    pub name: &'static str,
    /// Its own version.
    pub version: &'static str,
    /// The bytes of its file.
    pub component: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_plugin_is_a_component_that_names_itself_and_no_machine() {
        let root = env!("CARGO_MANIFEST_DIR").trim_end_matches("/gateway/connectors");
        let contains = |plugin: &Embedded, text: &str| {
            plugin.component.windows(text.len()).any(|window| window == text.as_bytes())
        };
        for plugin in EMBEDDED {
            assert_eq!(plugin.component[..8], *b"\0asm\x0d\0\x01\0", "{}", plugin.name);
            assert!(contains(plugin, "hookgate:manifest"), "{}", plugin.name);
            assert!(contains(plugin, &format!("\"name\":\"{}\"", plugin.name)), "{}", plugin.name);
            assert!(!contains(plugin, root), "{}", plugin.name);
            assert!(!contains(plugin, "/.cargo/"), "{}", plugin.name);
        }
    }
}
