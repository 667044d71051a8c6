//! docs/errors.md: every code that a caller or an operator can meet has its heading there, and none that
//! does not exist has one.

use std::collections::BTreeSet;

use super::Findings;
use super::tree;

#[test]
fn every_code_has_a_paragraph_and_every_paragraph_a_code() {
    let page = tree::read("docs/errors.md");
    let headings: BTreeSet<&str> =
        page.lines().filter_map(|line| line.strip_prefix("### ")).map(str::trim).collect();
    let codes = [problems(), rejections()].concat();
    assert!(codes.len() > 10, "the search finds too few codes to be right: {codes:?}");

    let mut findings = Findings::default();
    for code in &codes {
        if !headings.contains(code.as_str()) {
            findings.add("docs/errors.md", format!("no heading \"### {code}\""));
        }
    }
    for heading in headings {
        if !codes.iter().any(|code| code == heading) {
            findings.add("docs/errors.md", format!("\"### {heading}\": no code has this name"));
        }
        let paragraph = page.split(&format!("### {heading}\n")).nth(1).unwrap_or_default();
        if paragraph.split("\n#").next().unwrap_or_default().trim().len() < 60 {
            findings.add("docs/errors.md", format!("\"### {heading}\" has no paragraph"));
        }
    }
    findings.assert_none("Each problem's code has its paragraph in docs/errors.md.");
}

#[test]
fn every_mistake_of_a_configuration_is_listed() {
    let page = tree::read("docs/errors.md");
    let mut findings = Findings::default();
    for line in tree::read("gateway/config/src/codes.rs").lines() {
        let Some(code) = line.strip_prefix("pub(crate) const ").and_then(|rest| rest.split('"').nth(1))
        else {
            continue;
        };
        if line.contains(": &str") && !page.contains(&format!("| `{code}` |")) {
            findings.add("docs/errors.md", format!("no row for `{code}`"));
        }
    }
    findings.assert_none("Each code of gateway/config/src/codes.rs has a row.");
}

/// Codes that are made in the server: `Problem::new(…, "code", …)`, and what is handed to the functions
/// that call it.
fn problems() -> Vec<String> {
    let mut codes = BTreeSet::new();
    for file in tree::gateway_code().iter().filter(|file| file.path.starts_with("gateway/server/src/")) {
        let text = &file.source.production;
        for maker in ["Problem::new(", "refused(\"", "unavailable(\"", "conflict(\""] {
            for (at, _) in text.match_indices(maker) {
                let call = text[at..].split(';').next().unwrap_or_default();
                codes.extend(call.split('"').nth(1).filter(|code| is_code(code)).map(str::to_owned));
            }
        }
        let matched = text
            .split("fn code(&self) -> &'static str")
            .skip(1)
            .flat_map(|body| body.split("\n    }").take(1));
        for body in matched {
            codes.extend(body.split('"').skip(1).step_by(2).filter(|code| is_code(code)).map(str::to_owned));
        }
    }
    codes.into_iter().collect()
}

/// Why a request is not accepted: the codes of the core's `Rejection`.
fn rejections() -> Vec<String> {
    let text = tree::read("gateway/core/src/scheme/mod.rs");
    let body = text.split("fn code(&self)").nth(1).and_then(|body| body.split("\n    }").next());
    let body = body.expect("Rejection has a function that returns its code");
    body.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-' || byte == b'_')
}
