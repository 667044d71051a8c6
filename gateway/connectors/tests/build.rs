//! Building plugins that are not quite plugins: each mistake has its own answer.

use std::fs;
use std::path::PathBuf;

use hookgate_connectors::component::{BuildError, Built, Options, Talk, build};

const MANIFEST: (&str, &str) = ("plugin.toml", "name = \"odd\"\nversion = \"0.1.0\"\n");
const CDYLIB: (&str, &str) = (
    "Cargo.toml",
    "[package]\nname = \"odd\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[lib]\ncrate-type = [\"cdylib\"]\n",
);
const RLIB: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"odd\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n");

/// Builds a crate made of these files, in a folder of its own.
fn build_of(name: &str, files: &[(&str, &str)]) -> Result<Built, BuildError> {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    for (file, text) in files {
        let file = dir.join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(file, text).expect("written");
    }
    fs::create_dir_all(&dir).expect("made");
    build(&dir, &Options { talk: Talk::Kept, ..Options::default() })
}

#[test]
fn a_folder_without_a_crate_or_a_manifest_says_which() {
    let empty = build_of("empty", &[]).expect_err("nothing there");
    let no_manifest = build_of("no-manifest", &[CDYLIB]).expect_err("no manifest");
    let no_crate = build_of("no-crate", &[MANIFEST]).expect_err("no crate");

    assert!(matches!(empty, BuildError::NoCrate { .. }), "{empty}");
    assert!(matches!(no_manifest, BuildError::NoManifest { .. }), "{no_manifest}");
    assert!(no_manifest.to_string().contains("name = \"my-plugin\""), "{no_manifest}");
    assert!(matches!(no_crate, BuildError::NoCrate { .. }), "{no_crate}");
}

#[test]
fn a_manifest_or_fixture_that_does_not_read_is_named() {
    let manifest = build_of("bad-manifest", &[CDYLIB, ("plugin.toml", "name = 1")]).expect_err("no name");
    let fixture =
        build_of("bad-fixture", &[CDYLIB, MANIFEST, ("fixtures/push.json", "{")]).expect_err("no JSON");

    assert!(manifest.to_string().contains("plugin.toml: name is a text"), "{manifest}");
    assert!(fixture.to_string().contains("push.json: a fixture is the body of an event"), "{fixture}");
}

#[test]
fn what_cargo_says_is_shown_as_it_is() {
    let error =
        build_of("broken", &[CDYLIB, MANIFEST, ("src/lib.rs", "fn broken( {}")]).expect_err("no Rust");

    assert!(matches!(&error, BuildError::Cargo { words } if words.contains("src/lib.rs:1:")), "{error}");
}

#[test]
fn a_crate_that_makes_no_module_is_told_what_its_cargo_toml_needs() {
    let error = build_of("rlib", &[RLIB, MANIFEST, ("src/lib.rs", "")]).expect_err("no module");

    assert!(matches!(error, BuildError::NoModule { .. }), "{error}");
    assert!(error.to_string().contains("crate-type = [\"cdylib\", \"rlib\"]"), "{error}");
}

#[test]
fn a_module_that_exports_nothing_is_told_of_the_macro() {
    let error = build_of("bare", &[CDYLIB, MANIFEST, ("src/lib.rs", "")]).expect_err("no plugin");

    assert!(matches!(error, BuildError::NoExport), "{error}");
    assert!(error.to_string().contains("hookgate_plugin::export!(MyPlugin: Transform);"), "{error}");
}
