//! Reads what a plugin says of itself: `plugin.toml`, and the events in `fixtures/`.
//!
//! Looks only at what a builder needs, the names of the keys and the plugin's name and version: the
//! rest means something to the host alone, which reads it when the component is loaded.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::BuildError;

/// The keys that a manifest may have.
const KEYS: [&str; 5] = ["name", "version", "description", "asks", "config_schema"];

/// A manifest, ready to go into the component.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) json: String,
}

/// Reads `plugin.toml` of a plugin's folder.
pub(super) fn read(dir: &Path) -> Result<Manifest, BuildError> {
    let file = dir.join("plugin.toml");
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(BuildError::file(&file, error)),
        Err(_) if !dir.join("Cargo.toml").exists() => {
            return Err(BuildError::NoCrate { dir: dir.to_owned() });
        }
        Err(_) => return Err(BuildError::NoManifest { dir: dir.to_owned() }),
    };
    parse(&text).map_err(|reason| BuildError::Manifest { file, reason })
}

fn parse(text: &str) -> Result<Manifest, String> {
    let manifest: Map<String, Value> = toml::from_str(text).map_err(|error| error.to_string())?;
    if let Some(key) = manifest.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("unknown key {key:?}; there are: {}", KEYS.join(", ")));
    }
    let word = |key: &str| match manifest.get(key) {
        Some(Value::String(word)) if !word.is_empty() => Ok(word.clone()),
        Some(_) => Err(format!("{key} is a text that is not empty")),
        None => Err(format!("{key} is missing; write {key} = \"…\"")),
    };
    let (name, version) = (word("name")?, word("version")?);
    let mut json = Value::from(manifest);
    // The TOML reader may keep the file's order or not; the component's digest must not depend on it.
    json.sort_all_objects();
    Ok(Manifest { name, version, json: json.to_string() })
}

/// Reads `fixtures/*.json` into one JSON object: the file's name without its end, which is the
/// event's type, to the event's body. None: there is no fixture.
pub(super) fn fixtures(dir: &Path) -> Result<Option<String>, BuildError> {
    let mut fixtures = Map::new();
    for file in fixture_files(&dir.join("fixtures"))? {
        let Some(name) = file.file_stem().and_then(|name| name.to_str()) else { continue };
        let text = fs::read_to_string(&file).map_err(|error| BuildError::file(&file, error))?;
        let body = serde_json::from_str(&text)
            .map_err(|error| BuildError::Fixture { file: file.clone(), reason: error.to_string() })?;
        fixtures.insert(name.to_owned(), body);
    }
    Ok((!fixtures.is_empty()).then(|| Value::from(fixtures).to_string()))
}

/// What the files end with that say what should come of a fixture. They are no fixtures.
const EXPECTED: &str = ".expected.json";

/// Returns the fixtures of a folder by name, so that the same plugin makes the same file. Without a folder
/// there is none.
///
/// # Errors
/// The folder does not read.
pub fn fixture_files(dir: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(BuildError::file(dir, error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let file = entry.map_err(|error| BuildError::file(dir, error))?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".json") && !name.ends_with(EXPECTED) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_becomes_the_same_json_everywhere() {
        let text =
            "name = \"a\"\nversion = \"1.0.0\"\nasks = [\"clock\"]\n[config_schema]\ntype = \"object\"\n";

        let manifest = parse(text).expect("a manifest");

        assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("a", "1.0.0"));
        assert_eq!(
            manifest.json,
            "{\"asks\":[\"clock\"],\"config_schema\":{\"type\":\"object\"},\"name\":\"a\",\"version\":\"1.0.0\"}"
        );
    }

    #[test]
    fn a_manifest_that_lacks_or_invents_something_is_refused_by_name() {
        let cases = [
            ("version = \"1\"", "name is missing"),
            ("name = \"a\"", "version is missing"),
            ("name = \"\"\nversion = \"1\"", "name is a text that is not empty"),
            ("name = 7\nversion = \"1\"", "name is a text that is not empty"),
            ("name = \"a\"\nversion = \"1\"\nask = []", "unknown key \"ask\"; there are: name, version"),
            ("name = a", "TOML parse error at line 1, column 8"),
        ];
        for (text, expected) in cases {
            let reason = parse(text).expect_err(text);

            assert!(reason.contains(expected), "{text}: {reason}");
        }
    }
}
