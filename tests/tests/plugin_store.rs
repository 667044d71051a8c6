//! Plugins by API: pushed, listed, switched, switched back, removed, and never at the cost of what rules.

use bytes::Bytes;
use hookgate_tests::{
    ADMIN_KEY, Answer, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender, Wire,
};
use http::Method;
use serde_json::Value;

use crate::setup::{SOON, delivery, destination, route, text};
use hookgate_tests::guest::{PASSES_ON, authenticator, component, says, stamped};

fn config(receiver: &Receiver) -> String {
    "[plugin.mine]\ncomponent = \"uploaded:mine\"\n\n".to_owned()
        + &destination("crm", &receiver.url("/crm"), "")
        + &route("all", "*", "crm", "transform = [{ plugin = \"mine\" }]")
}

/// Sends a component as the admin API takes it.
async fn upload(gateway: &Gateway, path: &str, component: Vec<u8>) -> Answer {
    let (url, key) = (format!("{}{path}", gateway.admin_url()), format!("Bearer {ADMIN_KEY}"));
    let headers = [("authorization", key.as_str()), ("content-type", "application/wasm")];
    Wire::new()
        .send(Method::POST, &url, &headers, Bytes::from(component))
        .await
        .expect("the admin API answers")
}

async fn plugin(gateway: &Gateway, name: &str) -> Value {
    gateway.admin().read(&format!("/v1/plugins/{name}")).await
}

#[tokio::test]
async fn a_version_is_pushed_activated_and_taken_back_while_events_come() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let mut gateway = Gateway::start(&destination("crm", &receiver.url("/crm"), "")).await;
    std::fs::write(gateway.folder().join("one.wasm"), component(&says("one"))).expect("it is writable");
    std::fs::write(gateway.folder().join("two.wasm"), component(&says("two"))).expect("it is writable");
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    let mut sent = 0;
    let mut next = async |gateway: &Gateway| {
        sent += 1;
        let event = sender.send_new(&hook.closed(sent)).await;
        delivery(gateway, &event, "crm", "delivered", SOON).await;
        let all = receiver.accepted("/crm", usize::try_from(sent).expect("few"), SOON).await;
        String::from_utf8_lossy(&all.last().expect("one").body).into_owned()
    };

    let first = gateway.run(&["plugin", "push", "one.wasm", "--name", "mine"]).await;
    gateway.configure(&config(&receiver));
    let reload = gateway.run(&["reload"]).await;
    assert_eq!((first.code, reload.code), (Some(0), Some(0)), "{first:?} {reload:?}");
    assert!(first.out.contains("(transform) is active") && first.out.contains("uploaded:mine"), "{first:?}");
    assert_eq!(next(&gateway).await, "one");

    let second = gateway.run(&["plugin", "push", "two.wasm", "--name", "mine"]).await;
    assert!(second.out.contains("is waiting") && second.out.contains("plugin activate mine"), "{second:?}");
    assert_eq!(next(&gateway).await, "one", "what is pushed waits");
    let row = plugin(&gateway, "mine").await;
    let versions: Vec<&str> =
        row["versions"].as_array().expect("a list").iter().map(|version| text(version, "digest")).collect();
    let (two, one) = (versions[0].to_owned(), versions[1].to_owned());
    assert_eq!((text(&row, "active"), &row["used_by"][0]), (one.as_str(), &"mine".into()), "{row}");

    let activated = gateway.run(&["plugin", "activate", "mine", &two[..8]]).await;
    assert_eq!(activated.code, Some(0), "{activated:?}");
    assert_eq!(next(&gateway).await, "two");
    gateway.kill().await;
    gateway.start_again().await;
    assert_eq!(next(&gateway).await, "two", "after a restart as before");
    let back = gateway.run(&["plugin", "activate", "mine", &one]).await;
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(next(&gateway).await, "one");

    let list = gateway.run(&["plugin", "list"]).await;
    for part in ["mine", &one[..12], &two[..12], "active", "uploaded", "slack", "pr-summary", "embedded"] {
        assert!(list.out.contains(part), "{part}: {list:?}");
    }
    let made_by = gateway.admin().all("/v1/deliveries").await;
    let attempts =
        gateway.admin().read(&format!("/v1/deliveries/{}/attempts", text(&made_by[0], "id"))).await;
    assert_eq!(attempts["data"][0]["made_by"][0], one, "each attempt names the component that made it");
}

#[tokio::test]
async fn what_is_pushed_and_activated_at_once_frees_what_a_broken_version_held() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let gateway = Gateway::start(&destination("crm", &receiver.url("/crm"), "")).await;
    let broken = upload(&gateway, "/v1/plugins/mine/versions", component("(unreachable)")).await;
    assert_eq!((broken.status, text(&broken.json(), "state")), (http::StatusCode::CREATED, "active"));
    gateway.configure(&config(&receiver));
    assert_eq!(gateway.run(&["reload"]).await.code, Some(0));
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    let event = sender.send_new(&hook.closed(1)).await;
    let tried = delivery(&gateway, &event, "crm", "pending", SOON).await;

    let repaired = upload(&gateway, "/v1/plugins/mine/versions?activate=true", component(PASSES_ON)).await;

    assert_eq!(repaired.status, http::StatusCode::CREATED, "{}", repaired.json());
    assert_eq!(
        (text(&repaired.json(), "state"), &repaired.json()["applied"]["changed"]),
        ("active", &true.into())
    );
    let delivered = delivery(&gateway, &event, "crm", "delivered", SOON).await;
    assert_eq!(text(&delivered, "message"), text(&tried, "message"));
    assert_eq!(receiver.accepted("/crm", 1, SOON).await[0].body, hook.closed(1).body);
}

#[tokio::test]
async fn a_version_that_the_configuration_cannot_use_does_not_come_to_rule() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let gateway = Gateway::start(&destination("crm", &receiver.url("/crm"), "")).await;
    upload(&gateway, "/v1/plugins/mine/versions", component(&says("good"))).await;
    gateway.configure(&config(&receiver));
    assert_eq!(gateway.run(&["reload"]).await.code, Some(0));
    let good = plugin(&gateway, "mine").await;
    // An authenticator is no transform.
    let other = authenticator("(i32.const 0)");

    let pushed = upload(&gateway, "/v1/plugins/mine/versions?activate=true", other).await;

    assert_eq!((pushed.status.as_u16(), text(&pushed.json(), "code")), (422, "config-mistakes"));
    assert!(pushed.json()["errors"][0]["detail"].as_str().is_some_and(|text| text.contains("authenticate")));
    let after = plugin(&gateway, "mine").await;
    assert_eq!((&after["active"], after["versions"].as_array().map(Vec::len)), (&good["active"], Some(2)));
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    sender.send_new(&hook.closed(1)).await;
    assert_eq!(receiver.accepted("/crm", 1, SOON).await[0].body, "good");
}

#[tokio::test]
async fn every_mistake_of_a_caller_is_named_and_changes_nothing() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let file = "[plugin.filed]\ncomponent = \"filed.wasm\"\n\n".to_owned()
        + &destination("crm", &receiver.url("/crm"), "")
        + &route("all", "*", "crm", "transform = [{ plugin = \"filed\" }]");
    let mut gateway = Gateway::prepare(&file);
    std::fs::write(gateway.folder().join("filed.wasm"), component(PASSES_ON)).expect("it is writable");
    gateway.start_again().await;
    let good = component(PASSES_ON);
    let none = "0".repeat(64);
    let foreign = stamped(&good, b"hookgate:manifest", b"{}");
    let uploads: [(&str, Vec<u8>, u16, &str, &str); 8] = [
        ("/v1/plugins/mine/versions", Vec::new(), 422, "component-refused", "no WebAssembly"),
        ("/v1/plugins/mine/versions", b"#!/bin/sh".to_vec(), 422, "component-refused", "no WebAssembly"),
        ("/v1/plugins/mine/versions", good[..good.len() / 2].to_vec(), 422, "component-refused", "damaged"),
        ("/v1/plugins/mine/versions", foreign, 422, "component-refused", "manifest"),
        ("/v1/plugins/Mine!/versions", good.clone(), 400, "bad-parameter", "name"),
        ("/v1/plugins/mine/versions?activate=1", good.clone(), 400, "bad-parameter", "activate"),
        ("/v1/plugins/mine/versions?active=true", good.clone(), 400, "bad-parameter", "query"),
        (&format!("/v1/plugins/mine/versions/{none}/activate"), Vec::new(), 404, "unknown-plugin", "mine"),
    ];
    for (path, bytes, status, code, said) in uploads {
        let answer = upload(&gateway, path, bytes).await;

        let problem = answer.json();
        assert_eq!((answer.status.as_u16(), text(&problem, "code")), (status, code), "{path}: {problem}");
        assert!(text(&problem, "detail").contains(said), "{said}: {problem}");
    }
    let admin = gateway.admin();
    let activate = |name: &str, digest: &str| format!("/v1/plugins/{name}/versions/{digest}/activate");
    let posts = [
        (activate("filed", &none), 409, "plugin-from-file"),
        (activate("slack", &none), 404, "unknown-version"),
        (activate("slack", "abc"), 400, "bad-parameter"),
    ];
    for (path, status, code) in posts {
        let answer = admin.post(&path).await;
        assert_eq!((answer.status.as_u16(), text(&answer.json(), "code")), (status, code), "{path}");
    }
    assert_eq!(admin.get("/v1/plugins/nobody").await.status, 404);
    let key = Wire::new();
    let url = format!("{}/v1/plugins/mine/versions", gateway.admin_url());
    assert_eq!(key.send(Method::POST, &url, &[], Bytes::from(good)).await.expect("an answer").status, 401);
    assert_eq!(gateway.run(&["plugin", "remove", "nobody"]).await.code, Some(1));
    std::fs::write(gateway.folder().join("huge.wasm"), vec![0; (32 << 20) + 1]).expect("it is writable");
    for (file, said) in [("nowhere.wasm", "cannot be read"), ("huge.wasm", "at most 33554432")] {
        let pushed = gateway.run(&["plugin", "push", file]).await;
        assert_eq!(pushed.code, Some(1), "{pushed:?}");
        assert!(pushed.err.contains(said), "{pushed:?}");
    }

    let names: Vec<String> =
        admin.all("/v1/plugins").await.iter().map(|plugin| text(plugin, "name").to_owned()).collect();
    assert_eq!(names, ["filed", "pr-summary", "slack"]);
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    let event = sender.send_new(&hook.closed(1)).await;
    delivery(&gateway, &event, "crm", "delivered", SOON).await;
}
