//! The document's shape, by the OpenAPI Specification 3.1, as far as it can be checked without the network:
//! fields that must be there, fields that may, names that are unique, references that lead somewhere, and
//! schemas that are JSON Schema 2020-12.

use std::collections::BTreeSet;

use hookgate_tests::Gateway;
use serde_json::Value;

use super::{document, operations, resolved};
use crate::setup::text;

/// Fields of an object of the specification, those that must be there first.
type Fields = (&'static [&'static str], &'static [&'static str]);

/// OpenAPI 3.1, "OpenAPI Object".
const DOCUMENT: Fields = (
    &["openapi", "info", "paths"],
    &["servers", "components", "security", "tags", "webhooks", "jsonSchemaDialect", "externalDocs"],
);
/// "Info Object".
const INFO: Fields =
    (&["title", "version"], &["summary", "description", "license", "contact", "termsOfService"]);
/// "Operation Object"; it may lack responses, ours may not.
const OPERATION: Fields = (
    &["operationId", "summary", "responses"],
    &["tags", "description", "parameters", "requestBody", "deprecated", "security", "servers", "callbacks"],
);
/// "Parameter Object", of those that have a schema.
const PARAMETER: Fields =
    (&["name", "in", "schema"], &["description", "required", "deprecated", "style", "explode", "example"]);
/// "Response Object".
const RESPONSE: Fields = (&["description"], &["headers", "content", "links"]);
/// "Header Object".
const HEADER: Fields = (&["schema"], &["description", "required", "deprecated"]);
/// "Request Body Object".
const BODY: Fields = (&["content"], &["description", "required"]);
/// "Media Type Object"; it may lack a schema, ours may not.
const MEDIA: Fields = (&["schema"], &["example", "examples", "encoding"]);

#[track_caller]
fn has(value: &Value, (must, may): Fields, place: &str) {
    let fields = value.as_object().unwrap_or_else(|| panic!("{place} is no object: {value}"));
    for field in must {
        assert!(fields.contains_key(*field), "{place} has no {field}");
    }
    for field in fields.keys() {
        assert!(must.contains(&field.as_str()) || may.contains(&field.as_str()), "{place} has {field}");
    }
}

#[track_caller]
fn is_schema(schema: &Value, place: &str) {
    if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
        panic!("{place} is no schema: {error}");
    }
}

#[tokio::test]
async fn the_document_is_openapi_3_1() {
    let gateway = Gateway::start("").await;
    let document = document(&gateway).await;

    has(&document, DOCUMENT, "the document");
    has(&document["info"], INFO, "info");
    assert!(text(&document, "openapi").starts_with("3.1."), "{}", document["openapi"]);
    assert!(!text(&document["info"], "version").is_empty());
    let mut leads = 0;
    follow(&document, &document, &mut leads);
    assert!(leads > 100, "the search finds too few references to be right: {leads}");
    schemes(&document);
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        is_schema(schema, name);
    }
    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        let call = operation.call();
        assert!(operation.path.starts_with('/'), "{call}");
        has(operation.said, OPERATION, &call);
        assert!(ids.insert(text(operation.said, "operationId")), "{call}: its operationId is another's, too");
        parameters(&operation.parameters(&document), operation.path, &call);
        if let Some(body) = operation.said.get("requestBody") {
            has(body, BODY, &call);
            contents(&body["content"], &call);
        }
        responses(&document, &operation.said["responses"], &call);
    }
}

/// What a security requirement names is a scheme, and each scheme has what its type needs.
fn schemes(document: &Value) {
    let schemes = document["components"]["securitySchemes"].as_object().expect("schemes");
    for (name, scheme) in schemes {
        assert_eq!((text(scheme, "type"), text(scheme, "scheme")), ("http", "bearer"), "{name}");
    }
    let own = operations(document).into_iter().filter_map(|operation| operation.said.get("security"));
    for requirement in own.chain([&document["security"]]).flat_map(|list| list.as_array().expect("a list")) {
        for name in requirement.as_object().expect("a requirement").keys() {
            assert!(schemes.contains_key(name), "{name} is no scheme");
        }
    }
}

/// A place in the path has its parameter and the other way round; no two are the same.
fn parameters(parameters: &[&Value], path: &str, call: &str) {
    let mut names = BTreeSet::new();
    for parameter in parameters {
        has(parameter, PARAMETER, call);
        is_schema(&parameter["schema"], call);
        let place = text(parameter, "in");
        assert!(["path", "query", "header"].contains(&place), "{call}: {parameter}");
        assert!(names.insert((place, text(parameter, "name"))), "{call}: {parameter} stands there twice");
        if place == "path" {
            assert_eq!(parameter["required"], true, "{call}: {parameter}");
        }
    }
    let in_path: BTreeSet<&str> =
        path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap_or_default()).collect();
    let named: BTreeSet<&str> =
        names.iter().filter(|(place, _)| *place == "path").map(|(_, name)| *name).collect();
    assert_eq!(in_path, named, "{call}");
}

fn responses(document: &Value, responses: &Value, call: &str) {
    let responses = responses.as_object().expect("responses");
    assert!(responses.keys().any(|status| status.starts_with('2')), "{call} never answers well");
    for (status, response) in responses {
        let place = format!("{call} {status}");
        assert!(
            status.len() == 3 && status.parse().is_ok_and(|status: u16| (100..600).contains(&status)),
            "{place}"
        );
        has(response, RESPONSE, &place);
        contents(&response["content"], &place);
        for header in response["headers"].as_object().into_iter().flat_map(|headers| headers.values()) {
            let header = resolved(document, header);
            has(header, HEADER, &place);
            is_schema(&header["schema"], &place);
        }
    }
}

fn contents(content: &Value, place: &str) {
    for (media_type, content) in content.as_object().expect("a map of media types") {
        assert!(media_type.split_once('/').is_some(), "{place}: {media_type}");
        has(content, MEDIA, place);
        is_schema(&content["schema"], place);
    }
}

/// Sees that each reference leads somewhere.
fn follow(document: &Value, value: &Value, leads: &mut usize) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("$ref") {
                resolved(document, value);
                *leads += 1;
            }
            fields.values().for_each(|field| follow(document, field, leads));
        }
        Value::Array(items) => items.iter().for_each(|item| follow(document, item, leads)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
