//! The rooms and their arrows: which crate may use which of ours, and what from outside marks a room.
//! Cargo holds that an arrow that is not in a Cargo.toml does not exist; this holds which may be written there.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::Findings;
use super::tree;

/// A room: its crate, which of ours it may use, and the crates from outside that mark it.
struct Room {
    name: &'static str,
    ours: &'static [&'static str],
    outside: &'static [&'static str],
}

const ROOMS: [Room; 10] = [
    Room {
        name: "core",
        ours: &[],
        outside: &[
            "hmac",
            "sha1",
            "sha2",
            "subtle",
            "secrecy",
            "base64",
            "regex",
            "jsonpath-rust",
            "url",
            "ipnet",
        ],
    },
    Room { name: "ports", ours: &["core"], outside: &["tokio"] },
    Room { name: "config", ours: &["core"], outside: &["toml", "jsonschema"] },
    Room { name: "store", ours: &["core", "ports"], outside: &["sqlx", "tokio", "prometheus-client"] },
    Room { name: "host", ours: &["core", "ports"], outside: &["wasmtime", "tokio", "prometheus-client"] },
    Room {
        name: "transport",
        ours: &["core", "ports"],
        outside: &["hyper-util", "hickory-resolver", "rustls", "tokio", "prometheus-client"],
    },
    Room { name: "engine", ours: &["core", "ports"], outside: &["tokio", "prometheus-client"] },
    Room {
        name: "server",
        ours: &["core", "ports", "config", "engine"],
        outside: &["axum", "hyper-util", "tokio", "prometheus-client"],
    },
    Room { name: "connectors", ours: &[], outside: &["wit-component"] },
    Room {
        name: "hookgate",
        ours: &["core", "ports", "config", "store", "host", "transport", "engine", "server", "connectors"],
        outside: &["clap", "reqwest", "tracing-subscriber", "tokio", "prometheus-client"],
    },
];

/// Open to every room.
const OPEN: [&str; 6] = ["serde", "serde_json", "bytes", "http", "thiserror", "tracing"];

/// What else a room uses, one reason a line. An entry that nothing uses any more is a finding too.
const ADDED: [(&str, &str, &str); 30] = [
    ("config", "ipnet", "networks are parsed once, into the type that the core judges by"),
    ("config", "url", "endpoints are parsed once, into the type that the core holds"),
    ("store", "futures-util", "sqlx gives the rows of a statement as a Stream"),
    ("host", "libc", "nice(2): threads of guests have a lower priority, which std cannot say"),
    ("host", "wasmparser", "imports, exports and custom sections are read before anything is compiled"),
    ("transport", "base64", "a URL's user and password become an Authorization header"),
    ("transport", "http-body-util", "hyper's bodies: one that is whole, one that is read up to a bound"),
    ("transport", "hyper", "the types below hyper-util's client"),
    ("transport", "hyper-rustls", "joins hyper-util's connector with rustls"),
    ("transport", "percent-encoding", "a URL's user and password are written with percent signs"),
    ("transport", "rustls-native-certs", "receivers are trusted as this machine trusts them"),
    (
        "transport",
        "tokio-rustls",
        "the handshake is timed apart from the connection, to tell the failures apart",
    ),
    ("transport", "tower", "hyper-util takes a connector as a tower Service"),
    ("transport", "url", "a request's URL is the core's type"),
    ("engine", "tokio-util", "CancellationToken and TaskTracker: no task is detached"),
    ("server", "base64", "bodies that are no text are shown as Base64"),
    ("server", "futures-util", "axum writes Server-Sent Events from a Stream"),
    ("server", "http-body-util", "a body is read frame by frame, up to a bound"),
    ("server", "hyper", "the connection builder: limits that axum::serve does not expose"),
    ("server", "ipnet", "trusted proxies are networks"),
    ("server", "jiff", "times are shown as RFC 3339"),
    ("server", "subtle", "the admin key is compared in constant time"),
    ("server", "tokio-util", "CancellationToken: doors close in order"),
    ("server", "tower", "a router is called once for each request: ServiceExt::oneshot"),
    ("server", "url", "public_url is the configuration's type"),
    ("connectors", "toml", "plugin.toml becomes JSON in the component"),
    ("hookgate", "axum", "names the routers that it hands from the doors to the listeners"),
    ("hookgate", "getrandom", "the admin key, and the entropy of the real clock"),
    ("hookgate", "rustls", "installs the one crypto provider of the process"),
    ("hookgate", "tokio-util", "CancellationToken: signals stop the engine and the doors"),
];

#[test]
fn the_rooms_of_the_gateway_are_those_of_the_table() {
    let rooms: BTreeSet<String> = packages().into_keys().collect();
    let table: BTreeSet<String> = ROOMS.iter().map(|room| room.name.to_owned()).collect();

    assert_eq!(rooms, table, "gateway/* on the left, the table of rooms on the right");
}

#[test]
fn no_room_uses_what_the_table_does_not_name() {
    let packages = packages();
    let mut findings = Findings::default();
    for room in &ROOMS {
        for dependency in &packages[room.name] {
            let is_allowed = match dependency.strip_prefix("hookgate-") {
                Some(ours) => room.ours.contains(&ours),
                None => {
                    let is_added =
                        ADDED.iter().any(|(name, added, _)| *name == room.name && added == dependency);
                    OPEN.contains(&dependency.as_str())
                        || room.outside.contains(&dependency.as_str())
                        || is_added
                }
            };
            if !is_allowed {
                findings.add(
                    format!("gateway/{}/Cargo.toml", room.name),
                    format!("{dependency} is not in the table"),
                );
            }
        }
    }
    findings.assert_none(
        "A room uses what the table in tests/tests/tidy/arrows.rs names. Add a line there, with its reason.",
    );
}

#[test]
fn every_addition_is_in_use_and_has_a_reason() {
    let packages = packages();
    let mut findings = Findings::default();
    for (room, dependency, reason) in ADDED {
        if !packages[room].contains(dependency) {
            findings.add(
                format!("gateway/{room}/Cargo.toml"),
                format!("{dependency} is allowed, but not used any more"),
            );
        }
        if reason.len() < 10 {
            findings.add(format!("gateway/{room}"), format!("{dependency} has no reason"));
        }
    }
    findings.assert_none("The list of additions is the list of what is used.");
}

#[test]
fn the_longest_chain_of_rooms_is_five() {
    fn length(room: &str) -> usize {
        let ours = ROOMS.iter().find(|other| other.name == room).map_or(&[][..], |room| room.ours);
        1 + ours.iter().map(|other| length(other)).max().unwrap_or(0)
    }

    assert_eq!(length("hookgate"), 5);
}

/// Features of what comes from outside stand in the workspace's manifest alone: one feature set.
#[test]
fn features_are_chosen_in_one_place() {
    let mut findings = Findings::default();
    for file in tree::files("", &["Cargo.toml"]) {
        let is_workspace_of_its_own = file.text.contains("[workspace]");
        if is_workspace_of_its_own {
            continue;
        }
        for (nth, line) in file.text.lines().enumerate() {
            let chooses = line.contains("features = [") && !line.contains("hookgate-");
            let names_version = line.contains("version = \"") || line.contains(" = \"");
            let in_dependencies = in_dependencies(&file.text, nth);
            if in_dependencies && (chooses || (names_version && !line.contains("workspace = true"))) {
                findings.add(format!("{}:{}", file.path, nth + 1), line.trim());
            }
        }
    }
    findings.assert_none(
        "Versions and features stand in [workspace.dependencies], or dependencies compile twice.",
    );
}

fn in_dependencies(manifest: &str, nth: usize) -> bool {
    let table = manifest.lines().take(nth).filter(|line| line.starts_with('[')).last();
    table.is_some_and(|table| table.trim_end().ends_with("dependencies]"))
}

/// Returns what each crate of the gateway depends on to build, by the names of its room.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["metadata", "--offline", "--no-deps", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(tree::root()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    packages.iter().filter_map(room).collect()
}

fn room(package: &Value) -> Option<(String, BTreeSet<String>)> {
    let manifest = package["manifest_path"].as_str()?.strip_suffix("/Cargo.toml")?;
    let (folder, room) = manifest.rsplit_once('/')?;
    if !folder.ends_with("/gateway") {
        return None;
    }
    // What tests use is no arrow: it is not in what is shipped.
    let dependencies =
        package["dependencies"].as_array()?.iter().filter(|dependency| dependency["kind"] != "dev");
    Some((
        room.to_owned(),
        dependencies.filter_map(|dependency| dependency["name"].as_str().map(str::to_owned)).collect(),
    ))
}
