//! What can keep a plugin from being built. Every text says what to do.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a plugin was not built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// No crate stands there.
    #[error("{}: no Cargo.toml here; name the folder of the plugin's crate", dir.display())]
    NoCrate {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// The crate says nothing of itself as a plugin.
    #[error(
        "{}: no plugin.toml here; write one with at least\n\n    name = \"my-plugin\"\n    version = \"0.1.0\"\n",
        dir.display()
    )]
    NoManifest {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// `plugin.toml` does not read.
    #[error("{}: {reason}", file.display())]
    Manifest {
        /// The file.
        file: PathBuf,
        /// What is wrong in it, and where.
        reason: String,
    },
    /// A file in `fixtures/` is no JSON.
    #[error("{}: a fixture is the body of an event as JSON; {reason}", file.display())]
    Fixture {
        /// The file.
        file: PathBuf,
        /// Where it stops being JSON.
        reason: String,
    },
    /// Neither cargo nor rustc is there.
    #[error("{tool} was not found; plugins in Rust are built with it: see https://rustup.rs")]
    NoTool {
        /// Which of the two.
        tool: String,
    },
    /// The compiler lacks the target of plugins.
    #[error("the Rust target {target} is not installed; run `rustup target add {target}`")]
    NoTarget {
        /// The target.
        target: &'static str,
    },
    /// Cargo failed; its own words say why.
    #[error("cargo did not build the plugin\n{words}")]
    Cargo {
        /// What cargo wrote, if it was kept; else it was shown as it came.
        words: String,
    },
    /// The crate makes no WebAssembly module.
    #[error(
        "{}: the crate makes no WebAssembly module; its Cargo.toml needs\n\n    [lib]\n    crate-type = [\"cdylib\", \"rlib\"]\n",
        dir.display()
    )]
    NoModule {
        /// The folder that was named.
        dir: PathBuf,
    },
    /// The module does not say that it is a plugin.
    #[error("the crate exports no plugin; write `hookgate_plugin::export!(MyPlugin: Transform);`")]
    NoExport,
    /// The module is not one that the plugin SDK made, or the SDK's contract does not fit.
    #[error("the module does not encode as a component: {0}")]
    Encode(String),
    /// A file does not read or a program does not start.
    #[error("{}: {error}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl BuildError {
    pub(crate) fn file(file: &Path, error: io::Error) -> BuildError {
        BuildError::Io { file: file.to_owned(), error }
    }
}
