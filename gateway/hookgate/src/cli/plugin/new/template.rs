//! The files of a new plugin, for each role.

use super::Role;

const TRANSFORM: &str = include_str!("transform.rs.txt");
const ROUTE: &str = include_str!("route.rs.txt");
const AUTHENTICATE: &str = include_str!("authenticate.rs.txt");
const CONNECT: &str = include_str!("connect.rs.txt");

/// Returns the files of a plugin: path and text. `sdk` is the path of the SDK.
pub(super) fn files(name: &str, role: Role, sdk: &str) -> Vec<(&'static str, String)> {
    let plugin = type_name(name);
    let (source, fixture, expected, asks, config) = parts(role);
    let (fixture_file, expected_file) = match role {
        Role::Transform | Role::Route | Role::ConnectOut => {
            ("fixtures/order.created.json", "fixtures/order.created.expected.json")
        }
        Role::Authenticate => ("fixtures/request.json", "fixtures/request.expected.json"),
    };
    vec![
        ("Cargo.toml", cargo(name, sdk)),
        ("plugin.toml", manifest(name, asks, config)),
        ("src/lib.rs", source.replace("PLUGIN", &plugin)),
        (fixture_file, fixture.to_owned()),
        (expected_file, expected.to_owned()),
        (".gitignore", "/target\n".to_owned()),
    ]
}

/// Source, fixture, expectation, what it asks for, and the schema of its config.
fn parts(role: Role) -> (&'static str, &'static str, &'static str, &'static str, &'static str) {
    let order = "{\n  \"id\": \"o-1042\",\n  \"amount_cents\": 125000\n}\n";
    match role {
        Role::Transform => (
            TRANSFORM,
            order,
            "{\n  \"config\": { \"greeting\": \"New order\" },\n  \"expect\": {\n    \"messages\": [\n      {\n        \
             \"headers\": { \"content-type\": \"application/json\" },\n        \
             \"body\": { \"text\": \"New order: o-1042\" }\n      }\n    ]\n  }\n}\n",
            "",
            GREETING,
        ),
        Role::Route => (
            ROUTE,
            order,
            "{\n  \"config\": { \"large_from_cents\": 100000 },\n  \
             \"candidates\": [\"large-desk\", \"small-desk\"],\n  \"expect\": { \"routed\": [\"large-desk\"] }\n}\n",
            "",
            LARGE,
        ),
        Role::Authenticate => (
            AUTHENTICATE,
            "{\n  \"hello\": \"world\"\n}\n",
            "[\n  {\n    \"name\": \"a wrong tag\",\n    \"mac\": { \"partner\": [\"key\"] },\n    \
             \"request\": { \"headers\": { \"x-partner-tag\": \"00\" } },\n    \
             \"expect\": { \"denied\": \"the tag does not fit\" }\n  },\n  {\n    \"name\": \"no tag\",\n    \
             \"mac\": { \"partner\": [\"key\"] },\n    \"expect\": { \"denied\": \"no x-partner-tag\" }\n  }\n]\n",
            "\"mac\"",
            "",
        ),
        Role::ConnectOut => (
            CONNECT,
            order,
            "[\n  {\n    \"config\": { \"greeting\": \"New order\" },\n    \"expect\": {\n      \"outbound\": {\n        \
             \"method\": \"POST\",\n        \"url\": \"\",\n        \
             \"headers\": { \"content-type\": \"application/json\" },\n        \
             \"body\": { \"text\": \"New order: o-1042\" }\n      }\n    }\n  },\n  {\n    \"name\": \"a busy receiver\",\n    \
             \"response\": { \"status\": 429, \"headers\": { \"retry-after\": \"30\" } },\n    \
             \"expect\": { \"retry\": { \"reason\": \"the receiver answered 429\", \"after_ms\": 30000 } }\n  }\n]\n",
            "",
            GREETING,
        ),
    }
}

const GREETING: &str = "
[config_schema]
type = \"object\"
additionalProperties = false
required = [\"greeting\"]

[config_schema.properties.greeting]
type = \"string\"
description = \"What the message begins with.\"
";

const LARGE: &str = "
[config_schema]
type = \"object\"
additionalProperties = false
required = [\"large_from_cents\"]

[config_schema.properties.large_from_cents]
type = \"integer\"
minimum = 0
description = \"From this amount on an order is large.\"
";

fn cargo(name: &str, sdk: &str) -> String {
    format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
publish = false

# Its own workspace: built for WebAssembly alone, by `hookgate plugin build`.
[workspace]

[lib]
# cdylib is the plugin; rlib lets `cargo test` link it natively.
crate-type = ["cdylib", "rlib"]

[dependencies]
hookgate-plugin = {{ path = {sdk:?} }}
serde = {{ version = "1", features = ["derive"] }}
serde_json = "1"
"#
    )
}

fn manifest(name: &str, asks: &str, config: &str) -> String {
    format!("name = \"{name}\"\nversion = \"0.1.0\"\ndescription = \"\"\nasks = [{asks}]\n{config}")
}

/// `size-router` becomes `SizeRouter`.
fn type_name(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split(['-', '_', '.']).map(word).collect()
}
