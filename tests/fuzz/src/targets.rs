//! The targets: each takes any bytes, answers in words, and keeps what it promises of its answer.

use hookgate_config::{ComponentRef, Secrets, Unknown, check, place, redacted, render};
use hookgate_core::filter::Filter;
use hookgate_core::plugin::{Facts, Role};
use hookgate_core::word::Digest;

/// Mistakes that one check reports at most.
const MISTAKES_MAX: usize = 50;

/// A configuration file. Every mistake has a place in it, words and help; redacting keeps every place.
pub fn config(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let said = check(&text, inspect, Secrets::Skip).map_or_else(|errors| errors, |config| config.warnings);
    assert!(said.len() <= MISTAKES_MAX);
    assert!(said.is_sorted_by_key(|mistake| mistake.span.start), "{text}");
    for mistake in &said {
        let span = mistake.span.clone();
        assert!(text.get(span.clone()).is_some(), "{span:?} is no place in:\n{text}");
        assert!(place(&text, span.start).0 <= text.lines().count() + 1);
        assert!(!mistake.help.is_empty() && !mistake.message.is_empty(), "{text}");
    }
    if let Some(first) = said.first() {
        assert!(render("hookgate.toml", &text, first).starts_with("hookgate.toml:"));
    }
    assert_eq!(redacted(&text).len(), text.len());
}

/// Every component is a transform, so that routes with one compile to their end.
fn inspect(component: &ComponentRef) -> Result<Facts, Unknown> {
    Ok(Facts {
        digest: Digest::of(component.plugin.as_bytes()),
        component_bytes: 1,
        roles: vec![Role::Transform],
        uses: Vec::new(),
        manifest: None,
    })
}

/// A filter. What does not read is named at a place within the text.
pub fn filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(mistake) = Filter::parse(&text) {
        assert!(text.is_char_boundary(mistake.at), "{} is no place in: {text}", mistake.at);
        assert!(!mistake.why.is_empty() && !mistake.help.is_empty(), "{text}");
    }
}

/// A component as the loader first sees it. What is no plugin is said in words.
pub fn component(bytes: &[u8]) {
    match hookgate_host::inspect(bytes) {
        Ok(facts) => {
            assert_eq!(facts.component_bytes, bytes.len());
            assert!(!facts.roles.is_empty(), "a plugin has a role");
        }
        Err(refused) => assert!(!refused.to_string().is_empty()),
    }
}
