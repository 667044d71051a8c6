//! `hookgate plugin new`: the crate of a plugin that builds at once, with a fixture and a test.

mod template;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hookgate_core::word::Slug;

use crate::cli::Exit;

/// What to begin.
#[derive(Args)]
pub(crate) struct New {
    /// The plugin's name, also of its folder
    name: String,
    /// What it does
    #[arg(long, value_enum, default_value = "transform")]
    role: Role,
    /// The folder plugin-sdk of a clone of Hookgate; by default that of the clone around this folder, or
    /// around this binary
    #[arg(long, value_name = "FOLDER")]
    sdk: Option<PathBuf>,
}

/// What a plugin does, as its author begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Role {
    /// Makes messages of an event
    Transform,
    /// Chooses among a route's destinations
    Route,
    /// Decides whether a sender is who it says
    Authenticate,
    /// Speaks a product's API
    ConnectOut,
}

/// Writes the crate. Never over anything.
pub(super) fn run(new: &New) -> Result<(), Exit> {
    let failed = |why: String| Exit::Failed(why);
    let slug = Slug::parse(&new.name).map_err(|error| failed(error.to_string()))?;
    if slug.as_str().starts_with(|c: char| c.is_ascii_digit()) {
        return Err(failed(format!(
            "{slug:?} begins with a digit, which no crate's name may: try \"my-{slug}\""
        )));
    }
    let dir = PathBuf::from(slug.as_str());
    if dir.exists() {
        return Err(failed(format!("{} is there already; choose another name", dir.display())));
    }
    let sdk = sdk(new.sdk.as_deref())?;
    for (file, text) in template::files(slug.as_str(), new.role, &dependency(&sdk)) {
        let file = dir.join(file);
        write(&file, &text)
            .map_err(|error| failed(format!("{} cannot be written: {error}", file.display())))?;
    }
    // The versions that the SDK was tried with; cargo adds the crate itself.
    let lock = sdk.join("Cargo.lock");
    if lock.exists() {
        fs::copy(&lock, dir.join("Cargo.lock"))
            .map_err(|error| failed(format!("{} cannot be copied: {error}", lock.display())))?;
    }
    say!("{}: a plugin with the role {}", dir.display(), role_word(new.role));
    say!("  SDK             {}", sdk.display());
    say!("  the plugin      {}", dir.join("src/lib.rs").display());
    say!("  its unit test   cargo test --manifest-path {}", dir.join("Cargo.toml").display());
    say!("  its fixtures    hookgate plugin test {}", dir.display());
    say!("  its component   hookgate plugin build {}", dir.display());
    Ok(())
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Transform => "transform",
        Role::Route => "route",
        Role::Authenticate => "authenticate",
        Role::ConnectOut => "connect-out",
    }
}

fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(file, text)
}

/// Finds the SDK: it comes from a clone, since it is in no registry.
fn sdk(named: Option<&Path>) -> Result<PathBuf, Exit> {
    let is_sdk = |folder: &Path| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.contains("name = \"hookgate-plugin\""))
    };
    if let Some(folder) = named {
        let found = folder.canonicalize().ok().filter(|folder| is_sdk(folder));
        return found.ok_or_else(|| {
            Exit::Failed(format!("{} is not the folder plugin-sdk of a clone of Hookgate", folder.display()))
        });
    }
    let here = std::env::current_dir().ok();
    let binary = std::env::current_exe().ok();
    let folders = here.iter().chain(&binary).flat_map(|start| start.ancestors());
    let found = folders.map(|folder| folder.join("plugin-sdk")).find(|folder| is_sdk(folder));
    found.ok_or_else(|| {
        Exit::Failed(
            "the plugin SDK is neither around this folder nor around this binary: name the folder plugin-sdk of \
             a clone of Hookgate with --sdk"
                .to_owned(),
        )
    })
}

/// Returns how the crate names the SDK: from within the clone by a relative path, so that it can be committed.
fn dependency(sdk: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
    let below = here.as_deref().zip(sdk.parent()).and_then(|(here, clone)| here.strip_prefix(clone).ok());
    match below {
        Some(below) => {
            let up = "../".repeat(below.components().count() + 1);
            format!("{up}plugin-sdk")
        }
        None => sdk.display().to_string(),
    }
}
