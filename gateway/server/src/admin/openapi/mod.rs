//! `GET /v1/openapi.json`: the admin API as an OpenAPI 3.1 document, made of the operations and of the parts
//! that they name. It asks for no key: it says nothing about this installation.

mod operations;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Map, Value, json};

use operations::{Access, Answer, OPERATIONS, Operation, STATUS};

/// Schemas, parameters and header fields that operations name.
const PARTS: &str = include_str!("parts.json");

/// Nobody without the key gets further than this.
const OF_THE_KEY: [&str; 2] = ["no-key", "wrong-key"];

pub(super) async fn document() -> Response {
    static WRITTEN: OnceLock<Bytes> = OnceLock::new();
    let bytes = WRITTEN.get_or_init(|| written().to_string().into());
    let mut response = bytes.clone().into_response();
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn written() -> Value {
    let parts: Value = serde_json::from_str(PARTS).expect("parts.json is JSON, as its test sees");
    let mut paths = Map::new();
    for operation in &OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = described(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Hookgate's admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "adminKey": [] }],
        "paths": paths,
        "components": parts,
    })
}

fn described(operation: &Operation) -> Value {
    let reference = |name: &&str| json!({ "$ref": format!("#/components/parameters/{name}") });
    let mut said = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": responses(operation),
    });
    if !operation.parameters.is_empty() {
        said["parameters"] = operation.parameters.iter().map(reference).collect();
    }
    if let Some((media_type, body)) = operation.body {
        said["requestBody"] =
            json!({ "required": true, "content": { media_type: { "schema": schema(body) } } });
    }
    if operation.access == Access::Open {
        said["security"] = json!([]);
    }
    said
}

fn responses(operation: &Operation) -> Map<String, Value> {
    let (status, answer) = answer(operation);
    let mut responses = Map::from_iter([(status.to_string(), answer)]);
    let of_the_key = OF_THE_KEY.iter().filter(|_| operation.access == Access::Key);
    let mut problems: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in of_the_key.chain(operation.codes) {
        let status = STATUS.iter().find(|(known, _)| known == code).map(|(_, status)| *status);
        problems.entry(status.expect("every code has its status, as the test sees")).or_default().push(code);
    }
    responses
        .extend(problems.into_iter().map(|(status, codes)| (status.to_string(), problem(status, &codes))));
    responses
}

fn answer(operation: &Operation) -> (u16, Value) {
    let rows = |name: &str| json!({ "type": "array", "items": schema(name) });
    let (status, media_type, schema) = match operation.answer {
        Answer::Json(status, name) => (status, "application/json", schema(name)),
        Answer::Page(name) => {
            let next = json!({ "type": ["string", "null"] });
            let properties = json!({ "data": rows(name), "next_cursor": next });
            let page =
                json!({ "type": "object", "required": ["data", "next_cursor"], "properties": properties });
            (200, "application/json", page)
        }
        Answer::List(name) => {
            let properties = json!({ "data": rows(name) });
            let list = json!({ "type": "object", "required": ["data"], "properties": properties });
            (200, "application/json", list)
        }
        Answer::Stream(name) => (200, "text/event-stream", schema(name)),
        Answer::Text(media_type) => (200, media_type, json!({ "type": "string" })),
        Answer::Document => (200, "application/json", json!({ "type": "object" })),
    };
    let mut answer = json!({
        "description": operation.summary,
        "content": { media_type: { "schema": schema } },
    });
    if operation.parameters.contains(&"limit") || operation.id == "listStats" {
        answer["headers"] = json!({ "Link": { "$ref": "#/components/headers/link" } });
    }
    if operation.parameters.contains(&"idempotency-key") {
        let replayed = json!({ "$ref": "#/components/headers/idempotency-replayed" });
        answer["headers"] = json!({ "Idempotency-Replayed": replayed });
    }
    (status, answer)
}

fn problem(status: u16, codes: &[&str]) -> Value {
    let mut of_codes = schema("Problem");
    of_codes["properties"] = json!({ "code": { "enum": codes } });
    let mut problem = json!({
        "description": codes.join(", "),
        "content": { "application/problem+json": { "schema": of_codes } },
    });
    if status == 503 {
        problem["headers"] = json!({ "Retry-After": { "$ref": "#/components/headers/retry-after" } });
    }
    problem
}

fn schema(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_status_and_every_part_that_is_named_is_there() {
        let document = written();

        let mut named = Vec::new();
        references(&document, &mut named);
        assert!(named.len() > 100, "{named:?}");
        for pointer in named {
            assert!(document.pointer(pointer).is_some(), "{pointer} is not there");
        }
    }

    #[test]
    fn every_part_is_named_by_something() {
        let document = written();
        let mut named = Vec::new();
        references(&document, &mut named);

        for kind in ["parameters", "headers", "schemas"] {
            for name in document["components"][kind].as_object().expect("parts").keys() {
                let pointer = format!("/components/{kind}/{name}");
                assert!(named.contains(&pointer.as_str()), "nothing names {pointer}");
            }
        }
    }

    fn references<'d>(value: &'d Value, named: &mut Vec<&'d str>) {
        match value {
            Value::Object(fields) => {
                let pointer = fields.get("$ref").and_then(Value::as_str);
                named.extend(pointer.and_then(|pointer| pointer.strip_prefix('#')));
                fields.values().for_each(|field| references(field, named));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, named)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
