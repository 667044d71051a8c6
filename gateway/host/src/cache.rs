//! Keeps machine code between starts, so that a start does not compile.
//!
//! Machine code runs without a sandbox, and wasmtime believes what it is given. So a file is used only if this
//! program wrote it: the folder is this user's alone, the file's name says for which component and which
//! settings it is, and a digest beside it says that it is whole. Anything else is a miss, never an error.
#![expect(unsafe_code, reason = "loading machine code is unsafe: this file is where it is made sound")]

use std::fs::{self, DirBuilder, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use hookgate_core::word::Digest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::engine::SETTINGS_VERSION;
use crate::settings::HostError;

/// Permissions of the folder: its owner and nobody else.
const PRIVATE: u32 = 0o700;

/// Numbers what this process writes, so that no two half-written files are one.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

/// The folder of cached machine code.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// Opens the folder, and makes it if it is not there.
    ///
    /// # Errors
    /// CacheNotPrivate: others may enter it or own it. Cache: it cannot be made or written.
    pub(crate) fn open(dir: &Path) -> Result<Cache, HostError> {
        let failed = |error| HostError::Cache { dir: dir.to_owned(), error };
        DirBuilder::new().recursive(true).mode(PRIVATE).create(dir).map_err(failed)?;
        let found = fs::metadata(dir).map_err(failed)?;
        let not_private = |reason| Err(HostError::CacheNotPrivate { dir: dir.to_owned(), reason });
        if found.mode() & 0o077 != 0 {
            return not_private(format!("others may enter it (mode {:o})", found.mode() & 0o777));
        }
        let probe = dir.join(format!("probe-{}-{}.tmp", std::process::id(), WRITTEN.fetch_add(1, Relaxed)));
        let own = File::create(&probe).and_then(|file| file.metadata()).map_err(failed)?;
        fs::remove_file(&probe).map_err(failed)?;
        if own.uid() != found.uid() {
            return not_private(format!("it belongs to user {}, this is user {}", found.uid(), own.uid()));
        }
        Ok(Cache { dir: dir.to_owned() })
    }

    /// Returns the compiled component, if it is there and whole.
    pub(crate) fn find(&self, engine: &Engine, component: &Digest) -> Option<Component> {
        let file = self.file(engine, component);
        let code = fs::read(&file).ok()?;
        let expected = Digest::parse(fs::read_to_string(sum_file(&file)).ok()?.trim())?;
        if Digest::of(&code) != expected {
            tracing::warn!(file = %file.display(), "cached machine code is damaged, compiling anew");
            return None;
        }
        // SAFETY: only this user can have written the file (see `open`), under a name that this program alone
        // gives, and it is whole. It is replaced by renaming only, so that what is mapped never changes.
        match unsafe { Component::deserialize_file(engine, &file) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "cached machine code is not used, compiling anew");
                None
            }
        }
    }

    /// Keeps machine code. The digest comes last: a file without it is a miss.
    pub(crate) fn keep(&self, engine: &Engine, component: &Digest, code: &[u8]) -> io::Result<()> {
        let file = self.file(engine, component);
        self.write(&file, code)?;
        self.write(&sum_file(&file), Digest::of(code).to_string().as_bytes())
    }

    /// Removes what no engine of this program would use: machine code of other versions, and what a crash
    /// left half written.
    pub(crate) fn sweep(&self, engines: [&Engine; 2]) -> io::Result<()> {
        let used = engines.map(settings);
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_used = used.iter().any(|settings| name.contains(settings.as_str()));
            let is_ours = name.ends_with(".cwasm") || name.ends_with(".sha256") || name.ends_with(".tmp");
            if is_ours && (!is_used || name.ends_with(".tmp")) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn file(&self, engine: &Engine, component: &Digest) -> PathBuf {
        self.dir.join(format!("{component}-{}.cwasm", settings(engine)))
    }

    /// Writes a file that is there whole or not at all.
    fn write(&self, file: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = file.file_name().unwrap_or_default().display();
        let half = format!("{name}-{}-{}.tmp", std::process::id(), WRITTEN.fetch_add(1, Relaxed));
        let half = self.dir.join(half);
        let mut out = File::create(&half)?;
        out.write_all(bytes)?;
        // Before the name: a file that has its name is whole also after a power failure.
        out.sync_all()?;
        fs::rename(&half, file)
    }
}

fn sum_file(file: &Path) -> PathBuf {
    file.with_extension("sha256")
}

/// Returns what stands for everything that machine code depends on but the component: wasmtime's version and
/// most settings, the processor's features, and our own settings.
fn settings(engine: &Engine) -> String {
    let mut bytes = Bytes(Vec::new());
    engine.precompile_compatibility_hash().hash(&mut bytes);
    SETTINGS_VERSION.hash(&mut bytes);
    Digest::of(&bytes.0).short()
}

/// Collects what is hashed, to be hashed by SHA-256.
struct Bytes(Vec<u8>);

impl Hasher for Bytes {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("only what was written is asked for")
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
