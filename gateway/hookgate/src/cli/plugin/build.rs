//! `hookgate plugin build`: a plugin's crate to a component in one file, and nothing to install for it.

use std::path::PathBuf;

use clap::Args;
use hookgate_connectors::component::{self, Options};
use hookgate_core::word::Digest;

use crate::cli::Exit;

/// What to build, and where it goes.
#[derive(Args)]
pub(crate) struct Build {
    /// The plugin's crate: Cargo.toml, plugin.toml, src/lib.rs
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The component's file; by default the plugin's name in the working directory
    #[arg(short, long)]
    out: Option<PathBuf>,
}

/// Builds, looks at what came out as `serve` would, and writes it.
pub(super) fn run(build: Build) -> Result<(), Exit> {
    let built =
        component::build(&build.dir, &Options::default()).map_err(|error| Exit::Failed(error.to_string()))?;
    let facts = crate::app::inspect(&built.component).map_err(Exit::Failed)?;
    let out = build.out.unwrap_or_else(|| PathBuf::from(format!("{}.wasm", built.name)));
    std::fs::write(&out, &built.component)
        .map_err(|error| Exit::Failed(format!("{} cannot be written: {error}", out.display())))?;
    let roles: Vec<&str> = facts.roles.iter().map(|role| role.interface()).collect();
    say!("{} {} ({})", built.name, built.version, roles.join(", "));
    say!("{}: {} bytes, sha256 {}", out.display(), built.component.len(), Digest::of(&built.component));
    Ok(())
}
