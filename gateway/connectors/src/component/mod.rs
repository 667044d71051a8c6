//! Turns the crate of a plugin into a component: one file that says itself what it is.
//!
//! Used by `hookgate plugin build` and by this crate's own build script. The author of a plugin needs
//! no profile and no tool but cargo: the settings are given here. Whether the component may run, and
//! what it imports, is not asked here; that is the host's to judge.

mod cargo;
mod error;
mod manifest;
mod section;

use std::path::{Path, PathBuf};

pub use error::BuildError;
pub use manifest::fixture_files;

/// The SDK's macro `export!` leaves a section whose name begins so; it says what the component exports.
const COMPONENT_TYPE: &str = "component-type:";

/// How a plugin is built.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where cargo keeps what it compiles. None: where it always does for this crate.
    pub target_dir: Option<PathBuf>,
    /// The folder that panic messages leave out of the names of source files. None: the crate's own.
    pub source_root: Option<PathBuf>,
    /// Whether the versions of `Cargo.lock` may change.
    pub lock: Lock,
    /// Where cargo's own words go.
    pub talk: Talk,
}

/// Whether the versions of `Cargo.lock` may change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lock {
    /// As cargo does by default.
    #[default]
    Update,
    /// They are kept; a lock file that does not fit is an error.
    Keep,
}

/// Where cargo's own words go: progress, warnings and errors of the compiler.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Talk {
    /// To this process' standard error, as they come.
    #[default]
    Through,
    /// Into [`BuildError::Cargo`], and nowhere if all went well.
    Kept,
}

/// A plugin as one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// Its own name, from `plugin.toml`.
    pub name: String,
    /// Its own version, from `plugin.toml`.
    pub version: String,
    /// The file's bytes: the component with its manifest and fixtures.
    pub component: Vec<u8>,
}

/// Compiles the crate in `dir`, encodes it as a component, and adds `plugin.toml` and `fixtures/*.json`.
///
/// # Errors
/// Says what is missing and how to get it; see [`BuildError`].
pub fn build(dir: &Path, options: &Options) -> Result<Built, BuildError> {
    let manifest = manifest::read(dir)?;
    let fixtures = manifest::fixtures(dir)?;
    let module_path = cargo::compile(dir, options)?;
    let module = std::fs::read(&module_path).map_err(|error| BuildError::file(&module_path, error))?;

    let mut component = encode(&module)?;
    section::append(&mut component, section::MANIFEST, manifest.json.as_bytes());
    if let Some(fixtures) = fixtures {
        section::append(&mut component, section::FIXTURES, fixtures.as_bytes());
    }
    Ok(Built { name: manifest.name, version: manifest.version, component })
}

/// Encodes a core module, whose custom sections say what it exports, as a component.
fn encode(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    if !contains(module, COMPONENT_TYPE.as_bytes()) {
        return Err(BuildError::NoExport);
    }
    let encoder = wit_component::ComponentEncoder::default().validate(true);
    let encoded = encoder.module(module).and_then(|mut encoder| encoder.encode());
    encoded.map_err(|error| BuildError::Encode(format!("{error:#}")))
}

fn contains(module: &[u8], text: &[u8]) -> bool {
    module.windows(text.len()).any(|window| window == text)
}
