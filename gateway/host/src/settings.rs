//! What a host is made with, and why it may not start.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use thiserror::Error;

/// What a host is made with.
#[derive(Debug, Clone)]
pub struct HostSettings {
    /// Where machine code is kept between starts: a folder of its own that only this user may enter. None:
    /// every start compiles anew.
    pub cache_dir: Option<PathBuf>,
    /// Threads for calls that take longer than the caller's threads should wait. Guests compute and do not
    /// wait, so one per core is enough.
    pub threads: NonZeroUsize,
}

impl Default for HostSettings {
    fn default() -> HostSettings {
        HostSettings {
            cache_dir: None,
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }
}

/// Why a host cannot start. The text says what to do about it.
#[derive(Debug, Error)]
pub enum HostError {
    /// Others could put machine code into the cache, which would then run without a sandbox.
    #[error("plugin cache {}: {reason}; run `chmod 700` on it, or name another folder", dir.display())]
    CacheNotPrivate {
        /// The folder.
        dir: PathBuf,
        /// Who could.
        reason: String,
    },
    /// The cache cannot be made or written.
    #[error("plugin cache {}: {error}", dir.display())]
    Cache {
        /// The folder.
        dir: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The machine gives no address space, no threads, or is of an unknown kind.
    #[error("the plugin engine does not start: {0}")]
    Engine(String),
}
