//! The component of the benchmark: built from `tests/bench/plugin` by what `hookgate plugin build` uses,
//! and copied under other digests, so that the host takes the copies for so many plugins.

use std::path::Path;

use anyhow::{Context, Result};
use hookgate_connectors::component::{self, Lock, Options, Talk};

/// Where the source lies; `make bench` runs in the checkout that it was built from.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plugin");

/// Builds the component. Its target folder below `directory` is kept, so that the next run is quick.
///
/// # Errors
/// The source is gone, or cargo cannot build it.
pub(super) fn build(directory: &Path) -> Result<Vec<u8>> {
    let options = Options {
        target_dir: Some(directory.join("plugin")),
        source_root: None,
        lock: Lock::Keep,
        talk: Talk::Kept,
    };
    let built = component::build(Path::new(SOURCE), &options).context("the plugin does not build")?;
    Ok(built.component)
}

/// Copies a component under another digest: a custom section at the end changes nothing else.
pub(super) fn copy(component: &[u8], index: u8) -> Vec<u8> {
    let name = b"copy";
    let mut copied = component.to_vec();
    // WebAssembly 3.0, "Custom Section": id 0, size, length of the name, name, content.
    copied.extend_from_slice(&[0, 6, 4]);
    copied.extend_from_slice(name);
    copied.push(index);
    copied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_differ_and_begin_with_the_original() {
        let original = b"\0asm\x0d\0\x01\0";

        let copies = [copy(original, 1), copy(original, 2)];

        assert!(copies.iter().all(|copy| copy.starts_with(original)));
        assert_ne!(copies[0], copies[1]);
        let size = usize::from(copies[0][original.len() + 1]);
        assert_eq!(copies[0].len(), original.len() + 2 + size);
    }
}
