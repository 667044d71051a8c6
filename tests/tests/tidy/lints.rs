//! Clippy's own configuration: a crate's clippy.toml replaces the root's, so what it keeps it repeats.

use std::collections::BTreeSet;

use super::Findings;
use super::tree;

/// Crates whose file lifts bans of the root's, because the real things come in there.
const LIFTED: [&str; 6] = [
    "gateway/hookgate/clippy.toml",
    "gateway/connectors/clippy.toml",
    "tests/clippy.toml",
    "tests/bench/clippy.toml",
    "tests/fuzz/clippy.toml",
    "examples/receiver/clippy.toml",
];

#[test]
fn every_ban_has_a_reason() {
    let mut findings = Findings::default();
    for file in tree::files("", &["clippy.toml"]) {
        for (nth, line) in file.text.lines().enumerate() {
            if line.contains("path = ") && !line.contains("reason = ") {
                findings.add(format!("{}:{}", file.path, nth + 1), line.trim());
            }
        }
        if !file.text.starts_with('#') {
            findings.add(&file.path, "it does not open with what it is for");
        }
    }
    findings.assert_none("A ban says why.");
}

#[test]
fn a_crates_clippy_toml_repeats_the_roots_bans() {
    let root = bans(&tree::read("clippy.toml"));
    let mut findings = Findings::default();
    for file in tree::files("", &["clippy.toml"]) {
        if LIFTED.contains(&file.path.as_str()) {
            continue;
        }
        for ban in root.difference(&bans(&file.text)) {
            findings.add(&file.path, format!("{ban} is banned by the root's file and not here"));
        }
    }
    findings.assert_none(
        "A crate's clippy.toml replaces the root's: repeat its bans, or name the crate in LIFTED.",
    );
}

#[test]
fn every_crate_of_the_workspace_takes_the_workspaces_lints() {
    let mut findings = Findings::default();
    for file in tree::files("gateway", &["Cargo.toml"]) {
        if !file.text.contains("[lints]\nworkspace = true") {
            findings.add(&file.path, "[lints] workspace = true is missing");
        }
    }
    findings.assert_none("One set of lints.");
}

fn bans(text: &str) -> BTreeSet<String> {
    let path = |line: &str| Some(line.split_once("path = \"")?.1.split_once('"')?.0.to_owned());
    text.lines().filter_map(path).collect()
}
