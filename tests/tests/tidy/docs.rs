//! The documents: what they name exists, and what belongs together stands together.

use super::Findings;
use super::tree;

/// What every decision says, in this order.
const DECISION: [&str; 4] = ["## Context", "## Decision", "## Rejected", "## Consequences"];

#[test]
fn every_decision_has_the_same_headings_and_its_number() {
    let mut findings = Findings::default();
    for (nth, file) in tree::files("docs/decisions", &[".md"]).iter().enumerate() {
        let headings: Vec<&str> = file.text.lines().filter(|line| line.starts_with("## ")).collect();
        if headings != DECISION {
            findings.add(&file.path, format!("its headings are {headings:?}"));
        }
        let number = format!("{:04}", nth + 1);
        if !file.path.starts_with(&format!("docs/decisions/{number}-")) {
            findings.add(&file.path, format!("expected number {number}"));
        }
        if !file.text.starts_with(&format!("# {number} ")) {
            findings.add(&file.path, format!("its title does not begin with \"# {number} \""));
        }
    }
    findings
        .assert_none("A decision has a number, a title, context, decision, what was rejected, consequences.");
}

#[test]
fn the_changelog_knows_this_version() {
    let manifest = tree::read("Cargo.toml");
    let version =
        manifest.split("[workspace.package]\nversion = \"").nth(1).and_then(|rest| rest.split('"').next());
    let version = version.expect("the workspace has a version");

    assert!(
        tree::read("CHANGELOG.md").contains(&format!("## {version}")),
        "CHANGELOG.md has no \"## {version}\""
    );
}

#[test]
fn every_make_command_in_the_documents_exists() {
    let makefile = tree::read("Makefile");
    let mut findings = Findings::default();
    for file in tree::files("", &[".md"]) {
        for (nth, line) in file.text.lines().enumerate() {
            let commands = line.split("`make ").skip(1).chain(line.trim_start().strip_prefix("make "));
            for command in commands {
                let target: String = command.chars().take_while(char::is_ascii_alphanumeric).collect();
                if !makefile.contains(&format!("\n{target}:")) {
                    findings.add(format!("{}:{}", file.path, nth + 1), format!("make {target}"));
                }
            }
        }
    }
    findings.assert_none("A command in a document is a target of the Makefile.");
}

#[test]
fn every_file_that_a_document_names_exists() {
    let mut findings = Findings::default();
    for file in tree::files("", &[".md"]) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (nth, line) in file.text.lines().enumerate() {
            let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
            let linked = links.map(|link| format!("{folder}/{}", link.split('#').next().unwrap_or_default()));
            let quoted = line.split('`').skip(1).step_by(2).filter(|code| is_path(code)).map(str::to_owned);
            for path in linked.chain(quoted) {
                if !tree::root().join(path.trim_start_matches('/')).exists() {
                    findings.add(format!("{}:{}", file.path, nth + 1), path);
                }
            }
        }
    }
    findings.assert_none("A document names files that are there.");
}

/// Tells whether a piece of code in a document is the path of one file of the repository.
fn is_path(code: &str) -> bool {
    let folders = ["gateway/", "plugin-sdk/", "plugins/", "tests/", "examples/", "docs/", "scripts/", ".ci/"];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    folders.iter().any(|folder| code.starts_with(folder)) && code.chars().all(is_plain)
}
