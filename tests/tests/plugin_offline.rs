//! Plugins without a gateway: begun, tested, run and looked into by the real binary.

use std::fs;
use std::path::{Path, PathBuf};

use hookgate_tests::{Said, Scratch, hookgate};
use serde_json::Value;
use tokio::process::Command;

/// A folder for plugins. What they are built from is compiled once for all tests.
struct Desk(Scratch);

impl Desk {
    fn new() -> Desk {
        let scratch = Scratch::new();
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-plugins");
        fs::create_dir(scratch.file(".cargo")).expect("the folder is writable");
        let config = format!("[build]\ntarget-dir = {:?}\n", target.display().to_string());
        fs::write(scratch.file(".cargo/config.toml"), config).expect("the folder is writable");
        Desk(scratch)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.file(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.file(name), text).expect("the folder is writable");
    }

    fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.file(name)).expect("it is there");
        assert!(text.contains(from), "{name} has no {from:?}: {text}");
        self.write(name, &text.replace(from, to));
    }

    async fn plugin(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(hookgate());
        command.current_dir(self.0.path()).arg("plugin").args(arguments);
        Said::of(command).await
    }

    /// Runs a verb that is expected to do what it should.
    async fn done(&self, arguments: &[&str]) -> String {
        let said = self.plugin(arguments).await;
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        said.out
    }

    /// Runs a verb that is expected to say why it does not.
    async fn refused(&self, arguments: &[&str], why: &str) {
        let said = self.plugin(arguments).await;
        assert_eq!(said.code, Some(1), "{arguments:?}: {said:?}");
        assert!(said.err.contains(why) && !said.err.contains("panicked"), "{why}: {said:?}");
    }
}

#[tokio::test]
async fn a_new_plugin_of_every_role_builds_at_once_and_passes_its_fixtures() {
    let desk = Desk::new();
    for (role, cases) in [("transform", 1), ("route", 1), ("authenticate", 2), ("connect-out", 2)] {
        let name = format!("my-{role}");

        let begun = desk.done(&["new", &name, "--role", role]).await;
        let tested = desk.done(&["test", &name]).await;

        assert!(begun.contains("hookgate plugin test") && begun.contains("plugin-sdk"), "{begun}");
        assert!(tested.contains(&format!("{name} 0.1.0: {cases} passed, 0 failed")), "{tested}");
    }
}

#[tokio::test]
async fn what_comes_out_otherwise_is_shown_line_by_line_and_can_be_taken_as_right() {
    let desk = Desk::new();
    let expected = "orders/fixtures/order.created.expected.json";
    desk.done(&["new", "orders"]).await;
    desk.change(expected, "New order: o-1042", "Old order: o-1042");

    let failed = desk.plugin(&["test", "orders"]).await;
    desk.done(&["test", "orders", "--update"]).await;
    let passed = desk.done(&["test", "orders"]).await;

    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.out.contains("FAILED  order.created"), "{failed:?}");
    let line = |mark: char, word: &str| {
        failed
            .out
            .lines()
            .any(|line| line.starts_with(mark) && line.contains(&format!("{word} order: o-1042")))
    };
    assert!(line('-', "Old") && line('+', "New"), "{failed:?}");
    assert!(failed.err.contains("--update"), "{failed:?}");
    assert!(passed.contains("1 passed, 0 failed"), "{passed}");
    let text = fs::read_to_string(desk.file(expected)).expect("it was written");
    assert!(text.contains("New order: o-1042") && text.contains("\"greeting\": \"New order\""), "{text}");

    desk.write(expected, "{ \"expects\": 1 }");
    desk.refused(&["test", "orders"], "unknown field `expects`").await;
    desk.write(expected, "{");
    desk.refused(&["test", "orders"], "order.created.expected.json: EOF while parsing").await;
}

#[tokio::test]
async fn a_run_shows_what_comes_out_and_what_the_plugin_says() {
    let desk = Desk::new();
    desk.done(&["new", "orders"]).await;
    desk.change(
        "orders/src/lib.rs",
        "        let text = format!",
        "        hookgate_plugin::log::info(\"an order came\");\n        \
         assert!(order.id != \"bad\", \"no such order\");\n        let text = format!",
    );
    desk.done(&["build", "orders"]).await;
    desk.write("good.json", "{\"id\":\"o-1\"}");
    desk.write("bad.json", "{\"id\":\"bad\"}");
    let config = "{\"greeting\":\"Hi\"}";

    let good = desk.plugin(&["run", "orders.wasm", "--event", "good.json", "--config", config]).await;
    let declined = desk.done(&["run", "orders.wasm", "--event", "good.json"]).await;
    let bad = desk.plugin(&["run", "orders.wasm", "--event", "bad.json", "--config", config]).await;

    let out: Value = serde_json::from_str(&good.out).expect("what comes out is JSON");
    assert_eq!(good.code, Some(0), "{good:?}");
    assert_eq!(out["messages"][0]["body"]["text"], "Hi: o-1");
    assert!(good.err.contains("an order came") && good.err.contains("KiB of memory"), "{good:?}");
    assert!(declined.contains("\"declined\"") && declined.contains("missing field `greeting`"), "{declined}");
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.out.contains("\"crashed\"") && bad.out.contains("no such order"), "{bad:?}");

    desk.refused(&["run", "orders.wasm", "--event", "nothing.json"], "nothing.json cannot be read").await;
    desk.refused(&["run", "orders.wasm", "--event", "good.json", "--config", "{"], "--config is no JSON")
        .await;
    desk.refused(&["run", "orders.wasm", "--event", "good.json", "--role", "route"], "it has transform")
        .await;
}

#[tokio::test]
async fn a_component_is_looked_into() {
    let desk = Desk::new();
    desk.write("text.wasm", "no wasm");
    desk.write("core.wasm", "\0asm\x01\0\0\0");

    let shown = desk.done(&["inspect", "embedded:slack"]).await;
    let json = desk.done(&["inspect", "embedded:pr-summary", "--json"]).await;

    for part in
        ["sha256 ", "hookgate:plugin@0.1.0", "connect-out", "slack 0.1.0", "template, text", "stays as it"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["roles"][0], &json["grows_memory"]), (&"transform".into(), &false.into()));
    assert_eq!(json["manifest"]["name"], "pr-summary");
    desk.refused(&["inspect", "text.wasm"], "text.wasm: this is no WebAssembly").await;
    desk.refused(&["inspect", "core.wasm"], "core.wasm: this is a core WebAssembly module").await;
    desk.refused(&["inspect", "nothing.wasm"], "nothing.wasm cannot be read").await;
    desk.refused(&["inspect", "embedded:nothing"], "there are: pr-summary, slack").await;
}

#[tokio::test]
async fn what_cannot_be_begun_says_why() {
    let desk = Desk::new();
    fs::create_dir(desk.file("taken")).expect("the folder is writable");

    desk.refused(&["new", "taken"], "taken is there already").await;
    desk.refused(&["new", "No Slug"], "a name is made of").await;
    desk.refused(&["new", "7up"], "begins with a digit").await;
    desk.refused(&["new", "fine", "--sdk", "taken"], "taken is not the folder plugin-sdk").await;
    assert!(!desk.file("fine").exists());
    let usage = desk.plugin(&["new", "fine", "--role", "dance"]).await;
    assert_eq!(usage.code, Some(2), "{usage:?}");
}
