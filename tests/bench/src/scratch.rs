//! A directory that is gone when its owner is. It lies beside the built binaries and not in the
//! system's temporary directory, which is often in memory: a sync there costs nothing and the figures
//! would be fiction.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// A directory, removed with everything in it on drop.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes a directory of its own under `parent`, which is made as well.
    pub(crate) fn new(parent: &Path) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("run-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = parent.join(name);
        fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Returns the directory.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("hookgate-bench: {} stays behind: {error}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_directory_goes_with_its_owner() {
        let parent = std::env::temp_dir();
        let scratch = Scratch::new(&parent).unwrap();
        let path = scratch.path().to_owned();
        fs::write(path.join("file"), "x").unwrap();

        drop(scratch);

        assert!(!path.exists());
    }
}
