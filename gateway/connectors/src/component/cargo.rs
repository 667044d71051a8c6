//! Runs cargo for a plugin, with the settings that make a component small, fast and the same everywhere.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{BuildError, Lock, Options, Talk};

const TARGET: &str = "wasm32-unknown-unknown";

/// Flags for the compiler. One MiB of memory from the start, of which 256 KiB are stack and the rest
/// heap: a call that grows its memory costs every thread of the gateway (see the SDK's arena), and a
/// transform of 50 KB touches about 290 KiB.
const FLAGS: [&str; 4] = ["-C", "link-arg=--initial-memory=1048576", "-C", "link-arg=-zstack-size=262144"];

/// The release profile of a plugin, whatever its own says. Stripped, fat LTO: 132 kB for a typical
/// plugin where the defaults make 1.6 MB.
const PROFILE: [(&str, &str); 6] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
];

/// What an outer cargo or a shell may have set, and would change or misplace what is built.
const FOREIGN: [&str; 5] = [
    "RUSTFLAGS",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "RUSTC_WORKSPACE_WRAPPER",
];

/// Compiles the crate and returns the path of its core module.
pub(super) fn compile(dir: &Path, options: &Options) -> Result<PathBuf, BuildError> {
    let dir = dir.canonicalize().map_err(|error| BuildError::file(dir, error))?;
    if !dir.join("Cargo.toml").exists() {
        return Err(BuildError::NoCrate { dir });
    }
    check_target(&dir)?;
    let output = command(&dir, options).output().map_err(|error| start_error("cargo", error))?;
    if !output.status.success() {
        return Err(BuildError::Cargo { words: String::from_utf8_lossy(&output.stderr).into_owned() });
    }
    module_path(&dir, &String::from_utf8_lossy(&output.stdout)).ok_or(BuildError::NoModule { dir })
}

fn command(dir: &Path, options: &Options) -> Command {
    let mut command = Command::new(tool("CARGO", "cargo"));
    command.current_dir(dir).args(["rustc", "--release", "--lib", "--target", TARGET]);
    command.arg("--message-format=json-render-diagnostics");
    if let Some(target_dir) = &options.target_dir {
        command.arg("--target-dir").arg(target_dir);
    }
    if options.lock == Lock::Keep {
        command.arg("--locked");
    }
    for name in FOREIGN {
        command.env_remove(name);
    }
    command.envs(PROFILE).env("CARGO_ENCODED_RUSTFLAGS", flags(options.source_root.as_deref()));
    if options.source_root.is_none() {
        // Only for the crate itself: what it is built from is compiled once for all crates of a target folder.
        command.arg("--").args(["--remap-path-prefix".into(), remapped(dir, "plugin")]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(match options.talk {
        Talk::Through => Stdio::inherit(),
        Talk::Kept => Stdio::piped(),
    });
    command
}

/// Returns the compiler's flags in the form that no configuration file overrides.
///
/// Panic messages name source files: the folders of the machine that built it are left out of them,
/// so that they neither leak nor change the component's digest.
fn flags(source_root: Option<&Path>) -> OsString {
    let mut flags = OsString::from(FLAGS.join("\u{1f}"));
    for (folder, name) in [(source_root.map(Path::to_owned), "plugin"), (cargo_home(), "cargo")] {
        let Some(folder) = folder else { continue };
        flags.push("\u{1f}--remap-path-prefix\u{1f}");
        flags.push(remapped(&folder, name));
    }
    flags
}

fn remapped(folder: &Path, name: &str) -> OsString {
    let mut text = OsString::from(folder);
    text.push(format!("={name}"));
    text
}

/// Returns where cargo keeps the sources of other crates.
fn cargo_home() -> Option<PathBuf> {
    let home = || Some(std::env::home_dir()?.join(".cargo"));
    std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(home)
}

/// Asks the compiler that the crate would be built with whether it has the target.
fn check_target(dir: &Path) -> Result<(), BuildError> {
    let mut command = Command::new(tool("RUSTC", "rustc"));
    command.current_dir(dir).args(["--print", "target-libdir", "--target", TARGET]);
    let output = command.output().map_err(|error| start_error("rustc", error))?;
    let folder = String::from_utf8_lossy(&output.stdout);
    if output.status.success() && Path::new(folder.trim()).exists() {
        return Ok(());
    }
    Err(BuildError::NoTarget { target: TARGET })
}

/// Returns the program that an outer cargo or the user named, else the one on the path.
fn tool(variable: &str, name: &str) -> OsString {
    std::env::var_os(variable).unwrap_or_else(|| name.into())
}

fn start_error(tool: &str, error: io::Error) -> BuildError {
    if error.kind() == io::ErrorKind::NotFound {
        return BuildError::NoTool { tool: tool.to_owned() };
    }
    BuildError::file(Path::new(tool), error)
}

/// Finds the crate's own module among the messages of cargo, one JSON object a line.
fn module_path(dir: &Path, messages: &str) -> Option<PathBuf> {
    let own_manifest = dir.join("Cargo.toml");
    messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        let is_own = message["reason"] == "compiler-artifact"
            && message["manifest_path"].as_str().is_some_and(|path| Path::new(path) == own_manifest);
        let files = message["filenames"].as_array().filter(|_| is_own)?;
        files
            .iter()
            .filter_map(Value::as_str)
            .map(PathBuf::from)
            .find(|file| file.extension() == Some("wasm".as_ref()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_the_crates_own() {
        let messages = concat!(
            "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/x/Cargo.toml\",\"filenames\":[\"/x/other.wasm\"]}\n",
            "{\"reason\":\"compiler-artifact\",\"manifest_path\":\"/p/Cargo.toml\",\"filenames\":[\"/p/a.rlib\",\"/p/a.wasm\"]}\n",
            "not JSON\n",
        );

        assert_eq!(module_path(Path::new("/p"), messages), Some(PathBuf::from("/p/a.wasm")));
        assert_eq!(module_path(Path::new("/q"), messages), None);
    }

    #[test]
    fn flags_name_no_folder_of_this_machine_twice() {
        let flags = flags(Some(Path::new("/somewhere/plugin")));
        let flags = flags.to_string_lossy();

        assert!(flags.starts_with("-C\u{1f}link-arg=--initial-memory=1048576\u{1f}-C\u{1f}"), "{flags}");
        assert!(flags.contains("\u{1f}--remap-path-prefix\u{1f}/somewhere/plugin=plugin"), "{flags}");
    }
}
