//! Real answers of a gateway that has something to show are held against the document: status, media type, and
//! no field more or less than it says.

use std::collections::BTreeMap;

use bytes::Bytes;
use hookgate_tests::{
    ADMIN_KEY, Admin, Answer, Behaviour, Events, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET,
    Receiver, Sender, eventually, within,
};
use http::Method;
use serde_json::{Value, json};

use super::{Operation, document, operations};
use crate::setup::{SOON, delivery, destination, route, text};
use hookgate_tests::guest::{PASSES_ON, component};

/// The digest of no component.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A gateway with an event of two deliveries, one of them dead, and a destination that is paused.
struct House {
    gateway: Gateway,
    _receiver: Receiver,
    event: String,
    dead: String,
    /// The digest of a plugin that ships.
    shipped: String,
}

impl House {
    /// The configuration that rules.
    fn config(&self) -> Bytes {
        std::fs::read(self.gateway.folder().join("hookgate.toml")).expect("it is there").into()
    }
}

async fn furnished() -> House {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(|received| Behaviour::Answer(if received.path == "/team" { 500 } else { 200 }));
    let config = destination("team", &receiver.url("/team"), "retry = { attempts = 1 }")
        + &destination("other", &receiver.url("/other"), "")
        + &route("team", "pull_request.*", "team", "")
        + &route("other", "pull_request.*", "other", "match = { \"body.number\" = 1 }")
        + "[plugin.pr-summary]\ncomponent = \"embedded:pr-summary\"\n";
    let gateway = Gateway::start(&config).await;
    let hook = PullRequests::new(GITHUB_SECRET, 1);
    let sender = Sender::new(&gateway.source_url());
    let event = sender.send_new(&hook.closed(1)).await;
    let dead = delivery(&gateway, &event, "team", "dead_lettered", SOON).await;
    delivery(&gateway, &event, "other", "delivered", SOON).await;
    assert_eq!(gateway.admin().post("/v1/destinations/other/pause?reason=why").await.status, 200);
    let admin = gateway.admin();
    eventually("all is counted", SOON, async || {
        let stats = admin.read("/v1/stats?by=destination").await;
        stats["data"].as_array().is_some_and(|rows| rows.len() == 2).then_some(())
    })
    .await;
    let shipped = admin.read("/v1/plugins/pr-summary").await;
    let shipped = text(&shipped, "active").to_owned();
    House { dead: text(&dead, "id").to_owned(), gateway, _receiver: receiver, event, shipped }
}

/// Holds an answer against what the document says of an operation.
#[track_caller]
fn holds(document: &Value, operation: &Operation<'_>, answer: &Answer) {
    let (call, status) = (operation.call(), answer.status.as_u16());
    let said = &operation.said["responses"][status.to_string()];
    assert!(said.is_object(), "{call} answers {status}, which the document does not know");
    let media_type = answer.header("content-type").split(';').next().unwrap_or_default();
    let schema = &said["content"][media_type]["schema"];
    assert!(schema.is_object(), "{call} {status} is {media_type:?}, which the document does not know");
    if media_type.ends_with("json") {
        fits(document, schema, &answer.json(), &call);
    }
    for name in said["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        let is_sure = name == "Retry-After";
        assert!(!is_sure || !answer.header(name).is_empty(), "{call} {status} has no {name}");
    }
}

/// Sees that a value has every field that its schema requires, and none that it does not have.
#[track_caller]
fn fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    let mut strict = json!({ "components": document["components"], "allOf": [schema] });
    close(&mut strict);
    let validator = jsonschema::validator_for(&strict).expect("a schema");
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{place}: {errors:#?}\n{value:#}");
}

/// Lets objects have no field that their schema does not name. One that adds to another schema stays open.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_closable = fields.contains_key("properties") && !fields.contains_key("$ref");
            if is_closable {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn ask(admin: &Admin, house: &House, operation: &Operation<'_>, path: &str) -> Answer {
    let method = operation.method.parse().expect("a method");
    admin.call(method, path, body(operation, house)).await
}

/// A good body for an operation that takes one.
fn body(operation: &Operation<'_>, house: &House) -> Option<(&'static str, Bytes)> {
    operation.said.get("requestBody")?;
    match text(operation.said, "operationId") {
        "publish" => Some(("application/json", Bytes::from_static(br#"{"type":"own","data":1}"#))),
        "pushPlugin" => Some(("application/wasm", component(PASSES_ON).into())),
        "check" => Some(("application/toml", house.config())),
        other => panic!("{other} takes a body: say here which one is good"),
    }
}

/// Fills the places of a path. The retry of all that fit finds nothing, so that the one dead letter is left for its
/// own retry.
fn filled(operation: &Operation<'_>, house: &House) -> String {
    let path = operation.path;
    let id = if path.starts_with("/v1/deliveries") { &house.dead } else { &house.event };
    let name = match text(operation.said, "operationId") {
        // The configuration uses the other one.
        "removePlugin" => "slack",
        _ if path.starts_with("/v1/plugins") => "pr-summary",
        _ => "other",
    };
    let query = if path == "/v1/deliveries/retry" { "?state=held" } else { "" };
    format!("{}{query}", path.replace("{id}", id).replace("{name}", name).replace("{digest}", &house.shipped))
}

/// The same with one place filled otherwise.
fn filled_but(operation: &Operation<'_>, house: &House, (place, by): (&str, &str)) -> String {
    let path = operation.path.replace(place, by);
    filled(&Operation { path: &path, method: operation.method.clone(), said: operation.said }, house)
}

#[tokio::test]
async fn every_operation_answers_as_it_is_described() {
    let house = furnished().await;
    let document = document(&house.gateway).await;
    let admin = house.gateway.admin();

    let mut statuses = BTreeMap::new();
    for operation in operations(&document) {
        if operation.path == "/v1/tail" {
            continue;
        }
        let answer = ask(&admin, &house, &operation, &filled(&operation, &house)).await;
        holds(&document, &operation, &answer);
        statuses.insert(operation.call(), answer.status.as_u16());
    }

    let failed: Vec<_> = statuses.iter().filter(|(_, status)| **status >= 300).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn every_operation_refuses_as_it_is_described() {
    let house = furnished().await;
    let document = document(&house.gateway).await;
    let admin = house.gateway.admin();
    let stranger = Admin::new(&house.gateway.admin_url(), "hgk_wrong");

    for operation in operations(&document) {
        let call = operation.call();
        let codes = operation.codes();
        let may = |code: &str| codes.iter().any(|(known, _)| known == code);
        let path = filled(&operation, &house);
        if may("wrong-key") {
            let answer = ask(&stranger, &house, &operation, &path).await;
            holds(&document, &operation, &answer);
            assert_eq!(text(&answer.json(), "code"), "wrong-key", "{call}");
        }
        let has_query = operation.parameters(&document).iter().any(|parameter| parameter["in"] == "query");
        if has_query {
            let answer = ask(
                &admin,
                &house,
                &operation,
                &format!("{}?colour=red", path.split('?').next().unwrap_or_default()),
            )
            .await;
            holds(&document, &operation, &answer);
            assert_eq!(text(&answer.json(), "code"), "bad-parameter", "{call}");
        }
        for (wrong, code) in [
            ("{id}", "bad-parameter"),
            ("{name}", "bad-parameter"),
            ("{id}", "unknown-event"),
            ("{id}", "unknown-delivery"),
            ("{name}", "unknown-name"),
            ("{name}", "unknown-plugin"),
            ("{digest}", "unknown-version"),
        ] {
            if !operation.path.contains(wrong) || !may(code) {
                continue;
            }
            let place = match code {
                "unknown-event" => "evt_0000000000000",
                "unknown-delivery" => "del_0000000000000",
                "unknown-name" | "unknown-plugin" => "nobody",
                "unknown-version" => UNKNOWN,
                _ => "~",
            };
            let answer =
                ask(&admin, &house, &operation, &filled_but(&operation, &house, (wrong, place))).await;
            holds(&document, &operation, &answer);
            assert_eq!(text(&answer.json(), "code"), code, "{call}");
        }
    }
}

#[tokio::test]
async fn the_stream_says_what_the_document_says() {
    let house = furnished().await;
    let document = document(&house.gateway).await;
    let all = operations(&document);
    let tail = all.iter().find(|operation| operation.path == "/v1/tail").expect("the tail");
    let schema = &tail.said["responses"]["200"]["content"]["text/event-stream"]["schema"];
    let mut events = Events::open(house.gateway.admin_door(), "/v1/tail", ADMIN_KEY).await;
    let sender = Sender::new(&house.gateway.source_url());

    sender.send(&PullRequests::new("another secret", 1).closed(2)).await;
    sender.send_new(&PullRequests::new(GITHUB_SECRET, 1).closed(2)).await;

    for kind in ["refused", "accepted", "tried"] {
        let (name, data) = within("it is seen", SOON, events.next()).await.expect("the stream goes on");
        assert_eq!(name, kind);
        fits(&document, schema, &data, kind);
    }
}

#[tokio::test]
async fn another_method_is_refused_on_every_path() {
    let gateway = Gateway::start("").await;
    let document = document(&gateway).await;

    for path in document["paths"].as_object().expect("paths").keys() {
        let path = path.replace("{id}", "x").replace("{name}", "x").replace("{digest}", "x");
        let answer = gateway.admin().call(Method::TRACE, &path, None).await;
        let said = (answer.status.as_u16(), text(&answer.json(), "code").to_owned());
        assert_eq!(said, (405, "method-not-allowed".to_owned()), "{path}");
    }
}
