//! Our own plugin, through the whole host.

use std::collections::BTreeSet;
use std::sync::Arc;

use hookgate_core::plugin::{Call, CrashKind, Role, Stop};
use hookgate_core::word::Digest;
use hookgate_host::Host;
use hookgate_ports::Guests;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use crate::guest::{CLOSED, call, event, host, load_summary, settings};

#[tokio::test]
async fn a_pull_request_becomes_a_summary() {
    let host = host();
    let digest = load_summary(&host).await;

    let messages = host.transform(call(digest), event(CLOSED)).await.expect("no crash").expect("no stop");

    let body: Value = serde_json::from_slice(messages[0].body.as_ref().expect("a body")).expect("JSON");
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].event_type.as_deref(), Some("pull_request.closed"));
    assert_eq!(messages[0].headers.first_text("content-type").as_deref(), Some("application/json"));
    assert_eq!(body["merged"], true);
    assert_eq!(
        body["text"],
        "jonas-weir merged #318 \"Round tide heights half to even\" in harbour-labs/tide-tables (+42 -17)"
    );
}

#[tokio::test]
async fn the_config_reaches_the_plugin() {
    let host = host();
    let digest = load_summary(&host).await;
    let with = |config: &str| Call { config: config.into(), ..call(digest) };

    let short = host.transform(with("{\"style\":\"short\"}"), event(CLOSED)).await.expect("no crash");
    let wrong = host.transform(with("{\"style\":\"long\"}"), event(CLOSED)).await.expect("no crash");

    let messages = short.expect("no stop");
    let body: Value = serde_json::from_slice(messages[0].body.as_ref().expect("a body")).expect("JSON");
    assert_eq!(body.get("additions"), None);
    assert!(matches!(wrong, Err(Stop::Declined(reason)) if reason.contains("unknown variant `long`")));
}

#[tokio::test]
async fn what_is_no_pull_request_is_declined() {
    let host = host();
    let digest = load_summary(&host).await;

    let declined = host.transform(call(digest), event("{}")).await.expect("no crash");

    assert_eq!(
        declined,
        Err(Stop::Declined(
            "not a GitHub pull_request event: the body does not read: missing field `action` at line 1 column 2".into()
        ))
    );
}

#[tokio::test]
async fn the_component_says_what_it_is_and_never_grows_its_memory() {
    let host = host();
    let digest = load_summary(&host).await;

    let facts = host.inspect(hookgate_connectors::EMBEDDED[0].component).expect("a plugin");

    let manifest = facts.manifest.expect("a manifest");
    assert_eq!(
        (facts.digest, facts.roles.as_slice(), facts.uses.as_slice()),
        (digest, &[Role::Transform][..], &[][..])
    );
    assert_eq!((manifest.name.as_str(), manifest.version.as_str()), ("pr-summary", "0.1.0"));
    assert_eq!(
        manifest.config_schema.expect("a schema")["properties"]["style"]["enum"],
        json!(["short", "full"])
    );
    assert_eq!(host.grows_memory(&digest), Some(false));
}

#[tokio::test]
async fn what_is_not_loaded_or_was_forgotten_is_incompatible() {
    let host = host();
    let digest = load_summary(&host).await;
    assert!(host.is_loaded(&digest));

    host.retain(&BTreeSet::new());
    let gone = host.transform(call(digest), event(CLOSED)).await.expect_err("it is gone");
    let never = host.transform(call(Digest::of(b"never")), event(CLOSED)).await.expect_err("it never was");

    assert!(!host.is_loaded(&digest));
    assert_eq!(host.grows_memory(&digest), None);
    assert_eq!((gone.kind, never.kind), (CrashKind::Incompatible, CrashKind::Incompatible));
    assert!(gone.message.contains(&digest.short()), "{}", gone.message);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_calls_than_slots_all_come_through() {
    let host = Arc::new(host());
    let digest = load_summary(&host).await;

    let calls: Vec<_> = (0..500)
        .map(|_| {
            let host = Arc::clone(&host);
            tokio::spawn(async move { host.transform(call(digest), event(CLOSED)).await })
        })
        .collect();

    for done in calls {
        assert_eq!(done.await.expect("no panic").expect("no crash").expect("no stop").len(), 1);
    }
}

#[tokio::test]
async fn calls_are_counted_by_plugin_role_and_outcome() {
    let mut registry = Registry::with_prefix("hookgate");
    let host = Host::new(settings(), &mut registry).expect("a host");
    let digest = load_summary(&host).await;

    for body in [CLOSED, CLOSED, "{}"] {
        host.transform(call(digest), event(body)).await.expect("no crash").ok();
    }

    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).expect("it encodes");
    for line in [
        "hookgate_plugin_calls_total{plugin=\"guest\",role=\"transform\",outcome=\"messages\"} 2",
        "hookgate_plugin_calls_total{plugin=\"guest\",role=\"transform\",outcome=\"declined\"} 1",
        "hookgate_plugin_call_duration_seconds_count{plugin=\"guest\",role=\"transform\"} 3",
        "hookgate_plugin_components_loaded{memory=\"preset\"} 1",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}
