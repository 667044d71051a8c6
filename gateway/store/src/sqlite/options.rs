//! How a database is opened: where it is, how it is written, and why it may not open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hookgate_ports::Clock;
use thiserror::Error;

use super::Metrics;

/// Where the database is and what it needs.
#[derive(Clone)]
pub struct OpenOptions {
    /// The file; made if it is not there.
    pub path: PathBuf,
    /// The name of a SQLite VFS, for tests that break the disk; none: the system's.
    pub vfs: Option<String>,
    /// When a commit counts as written.
    pub synchronous: Synchronous,
    /// The store's clock.
    pub clock: Arc<dyn Clock>,
    /// Connections for reading.
    pub readers: u32,
    /// What is counted.
    pub metrics: Metrics,
}

/// When a commit counts as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// When it is on the disk.
    Full,
    /// When the system has it. Breaks the promise of `Intake::accept`: for the test that shows it.
    Normal,
}

/// Why a database does not open.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The address is none of SQLite's.
    #[error("storage url {0:?}: expected sqlite://<path>, such as sqlite://hookgate.db")]
    Url(String),
    /// Another process has it.
    #[error("{}: another hookgate has it open{}", path.display(), holder.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, if it wrote its number.
        holder: Option<u32>,
    },
    /// The lock file cannot be made.
    #[error("{}: {source}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A newer release wrote it.
    #[error("{}: its schema is version {found}, this release knows up to {known}; start the newer release", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest one known here.
        known: i64,
    },
    /// It cannot be read or written, or is no database.
    #[error("{}: {detail}", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
}

impl OpenOptions {
    /// Opens `path` durably, with four readers: a page of the API, a look for due work, two to spare.
    pub fn new(path: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> OpenOptions {
        OpenOptions {
            path: path.into(),
            vfs: None,
            synchronous: Synchronous::Full,
            clock,
            readers: 4,
            metrics: Metrics::default(),
        }
    }

    /// Returns the file that a storage URL names.
    ///
    /// # Errors
    /// The URL is not of the form `sqlite://<path>`.
    pub fn path_of(url: &str) -> Result<PathBuf, OpenError> {
        match url.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() => Ok(Path::new(path).to_owned()),
            Some(_) | None => Err(OpenError::Url(url.to_owned())),
        }
    }

    /// Returns the file whose lock says that a process has the database.
    pub(super) fn lock_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push("-lock");
        name.into()
    }

    pub(super) fn failed(&self, error: impl std::fmt::Display) -> OpenError {
        OpenError::Database { path: self.path.clone(), detail: error.to_string() }
    }
}
