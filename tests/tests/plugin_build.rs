//! From a plugin's source to a delivery: build, reload, and the new text arrives.

use std::fs;
use std::path::{Path, PathBuf};

use hookgate_tests::{GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender, eventually};
use serde_json::Value;

use crate::setup::{SOON, destination, route};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")
}

/// Copies our plugin's crate into the gateway's folder; the SDK stays where it is.
fn copy_of_summary(gateway: &Gateway) -> PathBuf {
    let (from, to) = (plugins().join("pr-summary"), gateway.folder().join("mine"));
    fs::create_dir_all(to.join("src")).expect("the folder is writable");
    fs::create_dir_all(to.join("fixtures")).expect("the folder is writable");
    for file in [
        "Cargo.lock",
        "plugin.toml",
        "src/lib.rs",
        "fixtures/pull_request.closed.json",
        "fixtures/pull_request.opened.json",
    ] {
        fs::copy(from.join(file), to.join(file)).expect("the plugin's crate is there");
    }
    let sdk = plugins().join("../plugin-sdk").canonicalize().expect("the SDK is there");
    let manifest = fs::read_to_string(from.join("Cargo.toml")).expect("it is there");
    let manifest = manifest.replace("../../plugin-sdk", &sdk.display().to_string());
    fs::write(to.join("Cargo.toml"), manifest).expect("the folder is writable");
    to
}

fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("it is there");
    assert!(text.contains(from), "{} has no {from:?}", file.display());
    fs::write(file, text.replace(from, to)).expect("it is writable");
}

fn config(receiver: &Receiver, plugin: &str) -> String {
    format!("{plugin}\n")
        + &destination("team", &receiver.url("/team"), "")
        + &route(
            "closed",
            "pull_request.*",
            "team",
            "transform = [{ plugin = \"mine\", config = { style = \"short\" } }]",
        )
}

#[tokio::test]
async fn a_changed_plugin_is_built_and_rules_after_a_reload() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let embedded = config(&receiver, "[plugin.mine]\ncomponent = \"embedded:pr-summary\"\n");
    let gateway = Gateway::start(&embedded).await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    let crate_dir = copy_of_summary(&gateway);
    change(&crate_dir.join("src/lib.rs"), "\"merged\".to_owned()", "\"landed\".to_owned()");
    sender.send_new(&hook.closed(1)).await;

    let built = gateway.run(&["plugin", "build", "mine", "--out", "mine.wasm"]).await;
    gateway.configure(&config(&receiver, "[plugin.mine]\ncomponent = \"mine.wasm\"\n"));
    let reload = gateway.run(&["reload"]).await;
    sender.send_new(&hook.closed(2)).await;

    assert_eq!(built.code, Some(0), "{built:?}");
    assert!(built.out.contains("pr-summary 0.1.0 (transform)") && built.out.contains("sha256 "), "{built:?}");
    assert_eq!(reload.code, Some(0), "{reload:?}");
    let texts: Vec<String> =
        receiver.accepted("/team", 2, SOON).await.iter().map(|received| line(&received.body)).collect();
    assert_eq!(
        texts,
        [
            "tom-okafor merged #1 \"Keep the lock file beside the data\" in lantern-works/quay (+58 -9)",
            "tom-okafor landed #2 \"Keep the lock file beside the data\" in lantern-works/quay (+58 -9)"
        ]
    );

    // What does not build says why, and what was built stays.
    let before = fs::read(gateway.folder().join("mine.wasm")).expect("it was built");
    change(
        &crate_dir.join("src/lib.rs"),
        "let request = &payload.pull_request;\n",
        "let request = &payload.pull_requests;\n",
    );
    let broken = gateway.run(&["plugin", "build", "mine", "--out", "mine.wasm"]).await;
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(
        broken.err.contains("no field `pull_requests`") && broken.err.contains("did not build"),
        "{broken:?}"
    );
    assert_eq!(fs::read(gateway.folder().join("mine.wasm")).expect("it stays"), before);
}

/// A plugin of two roles: it says where an event goes, and what arrives there.
const TWO_ROLES: &str = r#"//! Chooses a desk by the size of a change, and tells it the number.

use hookgate_plugin::{Event, Message, Route, Stop, Transform, export};

struct Desk;

impl Route for Desk {
    fn route(event: &Event, candidates: &[String]) -> Result<Vec<String>, Stop> {
        let additions: u64 = event.get("/pull_request/additions")?.unwrap_or(0);
        let wanted = if additions > 50 { "large" } else { "small" };
        Ok(candidates.iter().filter(|name| *name == wanted).cloned().collect())
    }
}

impl Transform for Desk {
    fn transform(event: &Event) -> Result<Vec<Message>, Stop> {
        let number: u64 = event.get("/number")?.ok_or(Stop::declined("there is no number"))?;
        Ok(vec![Message::json(&[number])?])
    }
}

export!(Desk: Transform, Route);
"#;

#[tokio::test]
async fn one_component_of_two_roles_routes_and_transforms() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let mut gateway = Gateway::prepare("");
    let crate_dir = copy_of_summary(&gateway);
    fs::remove_dir_all(crate_dir.join("fixtures")).expect("it is there");
    fs::write(crate_dir.join("src/lib.rs"), TWO_ROLES).expect("the folder is writable");
    change(&crate_dir.join("Cargo.toml"), "name = \"pr-summary\"", "name = \"desk\"");
    // What it is built from is compiled once, with that of the other new plugins of these tests.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-plugins");
    fs::create_dir(crate_dir.join(".cargo")).expect("the folder is writable");
    let build = format!("[build]\ntarget-dir = {:?}\n", target.display().to_string());
    fs::write(crate_dir.join(".cargo/config.toml"), build).expect("the folder is writable");

    let built = gateway.run(&["plugin", "build", "mine", "--out", "mine.wasm"]).await;
    gateway.configure(
        &("[plugin.mine]\ncomponent = \"mine.wasm\"\n\n".to_owned()
            + &destination("large", &receiver.url("/large"), "")
            + &destination("small", &receiver.url("/small"), "")
            + "[route.all]\nsource = \"github\"\nto = [\"large\", \"small\"]\n\
               router = { plugin = \"mine\" }\ntransform = [{ plugin = \"mine\" }]\n"),
    );
    gateway.start_again().await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    let small = r#"{"number":8,"pull_request":{"additions":3}}"#;
    let events = [
        sender.send_new(&hook.closed(7)).await,
        sender.send_new(&hook.signed("pull_request", 8, small)).await,
    ];

    assert_eq!(built.code, Some(0), "{built:?}");
    assert!(
        built.out.contains("(route, transform)") || built.out.contains("(transform, route)"),
        "{built:?}"
    );
    for (event, path, body) in [(&events[0], "/large", "[7]"), (&events[1], "/small", "[8]")] {
        let arrived = receiver.accepted(path, 1, SOON).await.remove(0);
        assert_eq!((&*arrived.body, &arrived.signature), (body.as_bytes(), &Ok(())), "{event}");
        delivery_of_child(&gateway, event, &path[1..]).await;
    }
    assert_eq!(receiver.all().len(), 2, "each goes one way");
}

/// The router's choice is a delivery of its own, and the one that chose is split.
async fn delivery_of_child(gateway: &Gateway, event: &str, destination: &str) {
    let path = format!("/v1/deliveries?event={event}");
    let rows = eventually("it is delivered", SOON, async || {
        let rows = gateway.admin().all(&path).await;
        rows.iter().any(|row| row["state"] == "delivered").then_some(rows)
    })
    .await;
    let (parents, children): (Vec<Value>, Vec<Value>) =
        rows.into_iter().partition(|row| row["parent"].is_null());
    assert_eq!((parents.len(), children.len()), (1, 1), "{parents:?} {children:?}");
    assert_eq!(parents[0]["state"], "split", "{parents:?}");
    assert_eq!(children[0]["destination"], destination, "{children:?}");
}

#[tokio::test]
async fn what_is_no_plugins_crate_is_said_in_words() {
    let gateway = Gateway::prepare("");
    let crate_dir = copy_of_summary(&gateway);
    fs::create_dir(gateway.folder().join("empty")).expect("the folder is writable");

    check(&gateway, "empty", "no Cargo.toml here").await;
    check(&gateway, "no-such-folder", "no-such-folder").await;
    fs::write(crate_dir.join("plugin.toml"), "name = \"mine\"\n").expect("it is writable");
    check(&gateway, "mine", "version is missing").await;
    fs::write(crate_dir.join("plugin.toml"), "name = \"mine\"\nversion = \"1\"\ncolour = 1\n")
        .expect("it is writable");
    check(&gateway, "mine", "unknown key \"colour\"").await;
    fs::remove_file(crate_dir.join("plugin.toml")).expect("it is there");
    check(&gateway, "mine", "no plugin.toml here").await;
}

async fn check(gateway: &Gateway, dir: &str, why: &str) {
    let said = gateway.run(&["plugin", "build", dir]).await;

    assert_eq!(said.code, Some(1), "{dir}: {said:?}");
    assert!(said.err.contains(why) && !said.err.contains("panicked"), "{dir}: {said:?}");
}

fn line(body: &[u8]) -> String {
    let summary: Value = serde_json::from_slice(body).expect("a summary is JSON");
    summary["text"].as_str().unwrap_or_default().to_owned()
}
