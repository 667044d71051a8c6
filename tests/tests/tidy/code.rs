//! Rules about what may stand in the code, where a text search is enough.

use super::Findings;
use super::lexer::words;
use super::tree;

#[test]
fn nothing_panics_for_want_of_an_invariant() {
    let mut findings = Findings::default();
    for file in tree::gateway_code() {
        let mut add =
            |at: usize, what: &str| findings.add(format!("{}:{}", file.path, file.source.line(at)), what);
        for (at, word) in words(&file.source.code) {
            let rest = &file.source.production[at + word.len()..];
            match word {
                "unwrap" | "unwrap_err" | "unwrap_unchecked" if rest.starts_with("()") => add(at, "unwrap"),
                "expect" if file.source.code[..at].trim_end().ends_with('.') => {
                    let text = rest.trim_start_matches('(').trim_start();
                    // A constant holds the text where several places rest on the same invariant.
                    let is_constant = text.starts_with(|c: char| c.is_ascii_uppercase());
                    let states = is_constant || text.strip_prefix('"').is_some_and(is_invariant);
                    if !states {
                        add(at, "expect without an invariant as its text");
                    }
                }
                "todo" | "unimplemented" | "dbg" if rest.starts_with('!') => add(at, word),
                _ => {}
            }
        }
    }
    findings.assert_none(
        "What anybody outside can cause is an Err; `expect` states the invariant that excludes it.",
    );
}

/// A text that says what went wrong is a hope; one that says what holds is an invariant.
fn is_invariant(text: &str) -> bool {
    let hopes = ["failed", "could not", "couldn't", "cannot", "can't", "error", "should"];
    let text = text.split('"').next().unwrap_or_default();
    text.len() >= 8 && !hopes.iter().any(|hope| text.starts_with(hope))
}

#[test]
fn sql_stays_in_the_rooms_of_its_databases() {
    let mut findings = Findings::default();
    for file in tree::rust("gateway") {
        let is_at_home =
            ["gateway/store/src/sqlite/", "gateway/store/src/postgres/", "gateway/store/src/sqlite.rs"]
                .iter()
                .any(|home| file.path.starts_with(home))
                || file.path.starts_with("gateway/store/tests/");
        for (at, _) in words(&file.source.code).filter(|(_, word)| *word == "sqlx") {
            if !is_at_home {
                findings.add(format!("{}:{}", file.path, file.source.line(at)), "sqlx");
            }
        }
    }
    for file in tree::files("gateway", &[".sql"]) {
        if !file.path.starts_with("gateway/store/src/") {
            findings.add(&file.path, "SQL outside of the store");
        }
    }
    findings.assert_none(
        "sqlx is used below gateway/store/src/{sqlite,postgres} only: no type of it crosses a port.",
    );
}

#[test]
fn every_statement_says_which_index_serves_it() {
    let mut findings = Findings::default();
    for file in tree::files("gateway/store/src", &[".sql"]) {
        if !file.text.trim_start().starts_with("--") {
            findings.add(&file.path, "no comment on top");
        }
        for (nth, line) in file.text.lines().enumerate() {
            let code = line.split("--").next().unwrap_or_default();
            if words(code).any(|(at, word)| word == "select" && code[at + 6..].trim_start().starts_with('*'))
            {
                findings.add(format!("{}:{}", file.path, nth + 1), "select *: name the columns");
            }
        }
    }
    findings.assert_none("A statement's file opens with a comment and names its columns.");
}

#[test]
fn the_public_door_knows_nothing_of_the_admin_door() {
    let mut findings = Findings::default();
    for file in tree::rust("gateway/server/src/public") {
        for (at, _) in words(&file.source.code).filter(|(_, word)| *word == "admin") {
            findings.add(format!("{}:{}", file.path, file.source.line(at)), "admin");
        }
    }
    findings.assert_none("gateway/server/src/public imports nothing of admin.");
}

/// Products that Hookgate knows, or will: as data of a preset, or as a connector.
const PRODUCTS: [&str; 20] = [
    "github",
    "gitlab",
    "bitbucket",
    "slack",
    "stripe",
    "shopify",
    "twilio",
    "hubspot",
    "salesforce",
    "discord",
    "jira",
    "jenkins",
    "zendesk",
    "paddle",
    "adyen",
    "okta",
    "pagerduty",
    "mailgun",
    "sendgrid",
    "dropbox",
];

/// Where products may be named: presets are data, and the list of what is embedded is a list of names.
const PRODUCT_DATA: [&str; 2] = ["gateway/core/src/preset/presets.json", "gateway/connectors/build.rs"];

/// Comments may name a product, as an example or a source, and tests may use one; code may not decide by it.
#[test]
fn no_product_is_named_in_the_gateways_code() {
    let mut findings = Findings::default();
    for file in tree::gateway_code() {
        let text = file.source.production.to_lowercase();
        for product in PRODUCTS {
            for (at, _) in text.match_indices(product) {
                if !PRODUCT_DATA.contains(&file.path.as_str()) {
                    findings.add(format!("{}:{}", file.path, file.source.line(at)), product);
                }
            }
        }
    }
    for file in tree::files("gateway", &[".sql", ".json"]) {
        for product in PRODUCTS.iter().filter(|product| file.text.to_lowercase().contains(**product)) {
            let is_data = PRODUCT_DATA.contains(&file.path.as_str());
            let is_test = file.path.contains("/tests/") || file.path.contains("/testdata/");
            if !is_data && !is_test {
                findings.add(&file.path, product);
            }
        }
    }
    findings.assert_none(
        "A product is data of a preset or a plugin: the gateway's code is the same for all of them.",
    );
}

#[test]
fn every_limit_has_a_reason_and_a_use() {
    let limits = tree::read("gateway/core/src/limits.rs");
    let code: Vec<String> = ["gateway", "tests/bench"]
        .into_iter()
        .flat_map(tree::rust)
        .filter(|file| file.path != "gateway/core/src/limits.rs")
        .map(|file| file.source.code)
        .collect();
    let mut findings = Findings::default();
    let mut before = "";
    for (nth, line) in limits.lines().enumerate() {
        if let Some(name) = line.strip_prefix("pub const ").and_then(|rest| rest.split(':').next()) {
            let place = format!("gateway/core/src/limits.rs:{}", nth + 1);
            // A name in other words is no reason: a reason has some length.
            if before.strip_prefix("/// ").is_none_or(|reason| reason.len() < 30) {
                findings.add(&place, format!("{name} has no reason"));
            }
            if !code.iter().any(|code| words(code).any(|(_, word)| word == name)) {
                findings.add(&place, format!("{name} bounds nothing"));
            }
        }
        before = line;
    }
    findings.assert_none("Every limit has its reason above it and a use.");
}

#[test]
fn nothing_names_a_machine_or_a_person_in_a_path() {
    let homes = ["/root/", "/home/", "/Users/", "C:\\Users"].map(|home| home.to_owned());
    let workplaces = [concat!("/wo", "rk/"), concat!("/var/", "folders/")].map(str::to_owned);
    let mut findings = Findings::default();
    let ends = [
        ".rs", ".toml", ".md", ".json", ".sh", ".sql", ".wit", ".yml", "Makefile", "run", "setup", "common",
        "test",
    ];
    for file in tree::files("", &ends) {
        if file.path == "tests/tests/tidy/code.rs" {
            continue;
        }
        for (nth, line) in file.text.lines().enumerate() {
            if let Some(path) = homes.iter().chain(&workplaces).find(|path| line.contains(path.as_str())) {
                findings.add(format!("{}:{}", file.path, nth + 1), path);
            }
        }
    }
    findings.assert_none("No path of one machine stands in the repository.");
}
