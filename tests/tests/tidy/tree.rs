//! The repository's files, read once a test.

use std::fs;
use std::path::{Path, PathBuf};

use super::lexer::Source;

/// Folders that hold nothing of ours, or nothing that is kept.
const SKIPPED: [&str; 4] = ["target", ".git", "var", "node_modules"];

/// A text file.
pub(super) struct TextFile {
    /// Relative to the repository's root, with `/`.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
}

/// A Rust file.
pub(super) struct RustFile {
    /// Relative to the repository's root, with `/`.
    pub(super) path: String,
    /// What is in it.
    pub(super) source: Source,
    is_test: bool,
}

impl RustFile {
    /// Tells whether all of it is there for tests: then it is no production code.
    pub(super) fn is_test(&self) -> bool {
        self.is_test
    }
}

/// Tells by its name whether a file is there for tests.
fn has_tests_name(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_test_folder = |part: &str| matches!(part, "tests" | "conformance" | "doubles" | "examples");
    // `examples/receiver` is a program like any other.
    let is_program = path.starts_with("examples/");
    name.ends_with("_tests.rs")
        || name == "tests.rs"
        || (!is_program && folder.split('/').any(is_test_folder))
}

/// Returns the files and folders, without their `.rs`, of the modules that a file declares behind `#[cfg(test)]`.
fn test_modules(path: &str, source: &Source) -> Vec<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.trim_end_matches(".rs");
    let is_root = matches!(name, "lib" | "main" | "mod");
    let home = if is_root { folder.to_owned() } else { format!("{folder}/{name}") };
    let items = source
        .text
        .split("#[cfg(test)]")
        .skip(1)
        .map(|rest| rest.split(['{', ';']).next().unwrap_or_default());
    let module =
        |item: &str| {
            let name = item.split("mod ").nth(1)?.trim().to_owned();
            let path = item.split("#[path = \"").nth(1).and_then(|rest| rest.split('"').next());
            Some(path.map_or(format!("{home}/{name}"), |path| {
                format!("{folder}/{}", path.trim_end_matches(".rs"))
            }))
        };
    items.filter_map(module).collect()
}

/// Returns the repository's root.
pub(super) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the package lies in the repository's root").to_owned()
}

/// Reads one file. Fails the test if it is not there.
#[track_caller]
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads all files below `folder` whose name ends in one of `ends`, in order.
pub(super) fn files(folder: &str, ends: &[&str]) -> Vec<TextFile> {
    let mut found = Vec::new();
    collect(&root(), &root().join(folder), ends, &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!found.is_empty(), "no files below {folder:?}: the check would hold by itself");
    found
}

/// Reads all Rust files below `folder`.
pub(super) fn rust(folder: &str) -> Vec<RustFile> {
    let files: Vec<(String, Source)> =
        files(folder, &[".rs"]).into_iter().map(|file| (file.path, Source::read(&file.text))).collect();
    let modules: Vec<String> = files.iter().flat_map(|(path, source)| test_modules(path, source)).collect();
    let is_test = |path: &str| {
        let stem = path.trim_end_matches(".rs");
        has_tests_name(path)
            || modules.iter().any(|module| stem == module || stem.starts_with(&format!("{module}/")))
    };
    files.into_iter().map(|(path, source)| RustFile { is_test: is_test(&path), path, source }).collect()
}

/// Reads the Rust files of the gateway that are production code.
pub(super) fn gateway_code() -> Vec<RustFile> {
    rust("gateway").into_iter().filter(|file| !file.is_test()).collect()
}

fn collect(root: &Path, folder: &Path, ends: &[&str], found: &mut Vec<TextFile>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that opens can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !path.is_symlink() {
            if !SKIPPED.contains(&name.as_str()) {
                collect(root, &path, ends, found);
            }
        } else if ends.iter().any(|end| name.ends_with(end)) {
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let path = path.strip_prefix(root).expect("it was found below the root");
            found.push(TextFile { path: path.to_string_lossy().replace('\\', "/"), text });
        }
    }
}
