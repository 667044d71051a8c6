//! docs/config.md and docs/metrics.md: every key of the configuration and every metric is described, and
//! no metric that does not exist.

use std::collections::BTreeSet;

use super::Findings;
use super::tree;

#[test]
fn every_key_of_the_configuration_is_described() {
    let page = tree::read("docs/config.md");
    let mut findings = Findings::default();
    let mut found = 0;
    for file in tree::rust("gateway/config/src/file") {
        for key in keys(&file.source.text) {
            found += 1;
            // As a heading `### server.listen`, or as code in a table or sentence.
            let is_described = page.contains(&format!("`{key}`")) || page.contains(&format!(".{key}`"));
            if !is_described {
                findings.add(&file.path, format!("`{key}` is not in docs/config.md"));
            }
        }
    }
    assert!(found > 20, "the search finds too few keys to be right: {found}");
    findings.assert_none("Every key has its sentence in docs/config.md.");
}

/// Returns the keys of the structs that a table of the file is read into.
fn keys(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for table in text.split("#[serde(deny_unknown_fields").skip(1) {
        let Some(body) = table.split_once('{').map(|(_, body)| body) else { continue };
        let body = body.split("\n}").next().unwrap_or_default();
        let mut renamed = None;
        for line in body.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("#[serde(rename = \"") {
                renamed = name.split('"').next().map(str::to_owned);
            } else if let Some(field) = line.strip_prefix("pub(crate) ").and_then(|line| line.split_once(':'))
            {
                keys.push(renamed.take().unwrap_or_else(|| field.0.to_owned()));
            }
        }
    }
    keys
}

#[test]
fn every_preset_is_named() {
    let page = tree::read("docs/config.md");
    let presets: serde_json::Value =
        serde_json::from_str(&tree::read("gateway/core/src/preset/presets.json")).expect("presets read");
    let mut findings = Findings::default();
    for name in presets.as_object().expect("an object").keys() {
        if !page.contains(&format!("`{name}`")) {
            findings
                .add("gateway/core/src/preset/presets.json", format!("`{name}` is not in docs/config.md"));
        }
    }
    findings.assert_none("Every preset is named in docs/config.md.");
}

#[test]
fn every_metric_is_described_and_exists() {
    let page = tree::read("docs/metrics.md");
    let described: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let registered = registered();
    assert!(registered.len() > 8, "the search finds too few metrics to be right: {registered:?}");

    let mut findings = Findings::default();
    for name in &registered {
        if !described.contains(name.as_str()) {
            findings.add("docs/metrics.md", format!("no row for `{name}`"));
        }
        if name.contains("hookgate_hookgate") {
            findings.add("docs/metrics.md", format!("{name}: the registry adds the prefix"));
        }
    }
    for name in described.iter().filter(|name| name.starts_with("hookgate_")) {
        if !registered.contains(*name) {
            findings.add("docs/metrics.md", format!("`{name}` does not exist"));
        }
    }
    findings.assert_none("docs/metrics.md has the names that /metrics writes.");
}

/// Returns the names as `/metrics` writes them: prefix and unit added, counters and histograms without
/// the suffixes of their lines.
fn registered() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in tree::gateway_code() {
        let text = &file.source.production;
        for (at, call) in [(".register(", false), (".register_with_unit(", true)]
            .into_iter()
            .flat_map(|(call, unit)| text.match_indices(call).map(move |(at, _)| (at, (call, unit))))
        {
            let arguments = text[at + call.0.len()..].trim_start();
            if let Some(name) = arguments.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                let unit = if call.1 { "_seconds" } else { "" };
                names.insert(format!("hookgate_{name}{unit}"));
            }
        }
    }
    names
}
