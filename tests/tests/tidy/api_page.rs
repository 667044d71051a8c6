//! docs/api.md: every method of every path of the admin door has its row there, and none that does not exist.

use std::collections::BTreeSet;

use super::Findings;
use super::tree;

/// What a router calls its methods by.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[test]
fn every_path_of_the_admin_door_is_described_and_exists() {
    let page = tree::read("docs/api.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let is_call = |row: &&str| METHODS.iter().any(|method| row.starts_with(&method.to_uppercase()));
    let described: BTreeSet<&str> = rows.filter(is_call).collect();
    let there = routes();
    assert!(there.len() > 15, "the search finds too few paths to be right: {there:?}");

    let mut findings = Findings::default();
    for call in &there {
        if !described.contains(call.as_str()) {
            findings.add("docs/api.md", format!("no row for `{call}`"));
        }
    }
    for call in described.iter().filter(|call| !there.contains(**call)) {
        findings.add("docs/api.md", format!("`{call}` does not exist"));
    }
    findings.assert_none("Each method of each path of gateway/server/src/admin has its row in docs/api.md.");
}

/// Returns the methods and paths of the admin door, such as `GET /v1/events`.
pub(crate) fn routes() -> BTreeSet<String> {
    let mut routes = BTreeSet::new();
    for file in tree::gateway_code().iter().filter(|file| file.path.starts_with("gateway/server/src/admin/"))
    {
        for call in file.source.production.split(".route(").skip(1) {
            let Some((path, rest)) =
                call.trim_start().strip_prefix('"').and_then(|call| call.split_once('"'))
            else {
                continue;
            };
            let arguments = arguments(rest);
            for method in METHODS.iter().filter(|method| names(arguments, method)) {
                routes.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    routes
}

/// Returns what stands before the parenthesis that closes the call.
fn arguments(text: &str) -> &str {
    let mut depth = 0;
    let end = text.find(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth < 0
    });
    &text[..end.unwrap_or(text.len())]
}

/// Tells whether the arguments call this method: as a word of its own, `get(`.
fn names(arguments: &str, method: &str) -> bool {
    let is_word = |at: usize| !arguments[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    arguments.match_indices(&format!("{method}(")).any(|(at, _)| is_word(at))
}

#[test]
fn the_arguments_of_a_route_are_found_over_lines() {
    let text = ", get(events::list).post(\n  widget(x)))\n.route(\"/b\", delete(b))";

    assert_eq!(arguments(text), ", get(events::list).post(\n  widget(x))");
    let found: Vec<&str> = METHODS.into_iter().filter(|method| names(arguments(text), method)).collect();
    assert_eq!(found, ["get", "post"]);
}
