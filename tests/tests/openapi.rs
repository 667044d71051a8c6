//! `GET /v1/openapi.json`: what the document says is what the admin door does, and the document is OpenAPI 3.1.

mod answers;
mod shape;

use std::collections::BTreeSet;

use hookgate_tests::{Gateway, Wire};
use http::Method;
use serde_json::Value;

use crate::setup::text;
use crate::tidy::{admin_routes, read_page};

/// A method of a path, as the document has it.
struct Operation<'d> {
    /// Such as `GET`.
    method: String,
    path: &'d str,
    said: &'d Value,
}

/// Reads the document as a stranger without a key does.
async fn document(gateway: &Gateway) -> Value {
    let url = format!("{}/v1/openapi.json", gateway.admin_url());
    let answer = Wire::new().send(Method::GET, &url, &[], bytes::Bytes::new()).await.expect("an answer");
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    answer.json()
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().expect("paths");
    let methods = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().expect("methods").iter().map(move |(method, said)| (path, method, said))
    });
    methods.map(|(path, method, said)| Operation { method: method.to_uppercase(), path, said }).collect()
}

impl<'d> Operation<'d> {
    fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Returns its parameters, those that are named elsewhere looked up.
    fn parameters(&self, document: &'d Value) -> Vec<&'d Value> {
        let parameters = self.said["parameters"].as_array().into_iter().flatten();
        parameters.map(|parameter| resolved(document, parameter)).collect()
    }

    /// Returns the codes of its problems with their statuses.
    fn codes(&self) -> BTreeSet<(String, u16)> {
        let mut codes = BTreeSet::new();
        for (status, response) in self.said["responses"].as_object().expect("responses") {
            let schema = &response["content"]["application/problem+json"]["schema"];
            for code in schema["properties"]["code"]["enum"].as_array().into_iter().flatten() {
                let code = code.as_str().expect("a code").to_owned();
                codes.insert((code, status.parse().expect("a status")));
            }
        }
        codes
    }
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(pointer) => document.pointer(pointer.trim_start_matches('#')).expect("what is named is there"),
        None => value,
    }
}

#[tokio::test]
async fn the_document_has_every_method_of_every_path_and_no_other() {
    let gateway = Gateway::start("").await;
    let document = document(&gateway).await;

    let described: BTreeSet<String> = operations(&document).iter().map(Operation::call).collect();

    let there = admin_routes();
    let missing: Vec<&String> = there.difference(&described).collect();
    let invented: Vec<&String> = described.difference(&there).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "each route of the admin door has its row in gateway/server/src/admin/openapi/operations.rs\n\
         no row for: {missing:#?}\nno route for: {invented:#?}"
    );
}

#[tokio::test]
async fn every_problem_is_that_of_the_page_of_errors_and_none_is_left_out() {
    let gateway = Gateway::start("").await;
    let document = document(&gateway).await;
    let page = read_page("docs/errors.md");
    let operations = operations(&document);

    let said: BTreeSet<(String, u16)> = operations.iter().flat_map(Operation::codes).collect();
    for (code, status) in &said {
        let paragraph = page.split(&format!("### {code}\n\n")).nth(1).unwrap_or_default();
        assert!(paragraph.starts_with(&status.to_string()), "{code} is a {status} here: {paragraph:.60}");
    }
    let of_the_door = page.split("\n## The admin door\n").nth(1).and_then(|rest| rest.split("\n## ").next());
    let headings = of_the_door.expect("a part for the admin door").lines();
    for code in headings.filter_map(|line| line.strip_prefix("### ")) {
        assert!(said.iter().any(|(known, _)| known == code), "no operation may answer {code}");
    }
    for operation in operations {
        let asks_for_the_key = !operation.said["security"].is_array();
        let names_it = operation.codes().contains(&("no-key".to_owned(), 401));
        assert_eq!(asks_for_the_key, names_it, "{}", operation.call());
    }
}

#[tokio::test]
async fn the_page_for_people_says_the_same() {
    let gateway = Gateway::start("").await;
    let document = document(&gateway).await;
    let page = read_page("docs/api.md");
    let everywhere = ["no-key", "wrong-key", "store-down"];

    for operation in operations(&document) {
        let call = operation.call();
        let section = page.split("\n## ").find(|section| section.contains(&format!("| `{call}` |")));
        let section = section.unwrap_or_else(|| panic!("docs/api.md has no row for {call}"));
        for parameter in operation.parameters(&document) {
            let name = text(parameter, "name");
            let is_said = section.contains(&format!("`{name}`"))
                || parameter["in"] == "path" && call.contains(&format!("{{{name}}}"));
            assert!(is_said, "docs/api.md, {call}: no word of the parameter {name}");
        }
        for (code, _) in operation.codes() {
            let is_said = everywhere.contains(&code.as_str()) || section.contains(&format!("`{code}`"));
            assert!(is_said, "docs/api.md, {call}: no word of the problem {code}");
        }
    }
}
