//! From a plugin's source to a delivery: build, reload, and the new text arrives.

use std::fs;
use std::path::{Path, PathBuf};

use hookgate_tests::{GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender};
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
