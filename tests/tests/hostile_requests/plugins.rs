//! Plugins that trap, loop, or are no plugins. Their deliveries are held and visible, nobody else's wait,
//! and once the file is repaired a retry delivers.

use std::fs;
use std::time::Duration;

use hookgate_tests::{GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender};

use crate::setup::{SOON, delivery, destination, route, text};
use hookgate_tests::guest::{LOOPS, PASSES_ON, TRAPS, component};

/// A plugin is tried again after 1, 5 and 30 s before its delivery is held.
const HELD: Duration = Duration::from_secs(90);

const BROKEN: [(&str, &str, &str); 2] =
    [("traps", TRAPS, "crashed_trap"), ("loops", LOOPS, "crashed_deadline")];

#[tokio::test]
async fn a_broken_plugin_holds_its_deliveries_until_it_is_repaired() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let mut config =
        destination("control", &receiver.url("/control"), "") + &route("control", "*", "control", "");
    for (name, ..) in BROKEN {
        config += &format!("[plugin.{name}]\ncomponent = \"{name}.wasm\"\n\n");
        config += &destination(name, &receiver.url(&format!("/{name}")), "");
        config += &route(name, "pull_request.*", name, &format!("transform = [{{ plugin = \"{name}\" }}]"));
    }
    let mut gateway = Gateway::prepare(&config);
    for (name, body, _) in BROKEN {
        fs::write(gateway.folder().join(format!("{name}.wasm")), component(body))
            .expect("the folder is writable");
    }
    gateway.start_again().await;
    let sender = Sender::new(&gateway.source_url());
    let hook = PullRequests::new(GITHUB_SECRET, 1);

    let event = sender.send_new(&hook.closed(7)).await;
    // While they break, others are served.
    delivery(&gateway, &event, "control", "delivered", SOON).await;
    for number in 100..120 {
        let other = sender.send_new(&hook.signed("ping", number, "{}")).await;
        delivery(&gateway, &other, "control", "delivered", SOON).await;
    }
    for (name, _, outcome) in BROKEN {
        let held = delivery(&gateway, &event, name, "held", HELD).await;

        assert_eq!(
            (text(&held["last_attempt"], "outcome"), &held["attempts"]),
            (outcome, &0.into()),
            "{held}"
        );
        assert!(held["due_at"].is_null(), "{held}");
        let attempts = gateway.admin().read(&format!("/v1/deliveries/{}/attempts", text(&held, "id"))).await;
        assert_eq!(attempts["data"].as_array().map(Vec::len), Some(4), "{attempts}");
        let shown = gateway.run(&["deliveries", "--state", "held", "--destination", name]).await;
        assert!(shown.out.contains(text(&held, "id")) && shown.out.contains(name), "{shown:?}");
    }
    assert!(
        receiver.all().iter().all(|received| received.path == "/control"),
        "nothing is ever sent untransformed"
    );

    for (name, ..) in BROKEN {
        fs::write(gateway.folder().join(format!("{name}.wasm")), component(PASSES_ON))
            .expect("it is writable");
    }
    let reload = gateway.run(&["reload"]).await;
    assert_eq!(reload.code, Some(0), "{reload:?}");
    for (name, ..) in BROKEN {
        // Another component of the plugin frees what it held: nobody has to ask for each delivery.
        let delivered = delivery(&gateway, &event, name, "delivered", SOON).await;
        let arrived = receiver.accepted(&format!("/{name}"), 1, SOON).await.remove(0);

        assert_eq!((arrived.message(), &arrived.signature), (text(&delivered, "message"), &Ok(())));
        assert_eq!((arrived.body, &delivered["attempts"]), (hook.closed(7).body, &1.into()));
    }
}

#[tokio::test]
async fn a_delivery_of_a_broken_plugin_that_is_retried_uses_the_repaired_one() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = "[plugin.mine]\ncomponent = \"mine.wasm\"\n\n".to_owned()
        + &destination("crm", &receiver.url("/crm"), "")
        + &route(
            "all",
            "*",
            "crm",
            "transform = [{ plugin = \"mine\" }]\non_plugin_failure = \"dead_letter\"",
        );
    let mut gateway = Gateway::prepare(&config);
    let file = gateway.folder().join("mine.wasm");
    fs::write(&file, component(TRAPS)).expect("the folder is writable");
    gateway.start_again().await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    let event = sender.send_new(&hook.closed(7)).await;
    let dead = delivery(&gateway, &event, "crm", "dead_lettered", HELD).await;
    assert_eq!(text(&dead, "reason"), "plugin_failed");

    fs::write(&file, component(PASSES_ON)).expect("it is writable");
    let reload = gateway.run(&["reload"]).await;
    let retried = gateway.run(&["retry", text(&dead, "id")]).await;

    assert_eq!((reload.code, retried.code), (Some(0), Some(0)), "{reload:?} {retried:?}");
    let arrived = receiver.accepted("/crm", 1, SOON).await.remove(0);
    assert_eq!((arrived.message(), &arrived.body), (text(&dead, "message"), &hook.closed(7).body));
}

#[tokio::test]
async fn a_file_that_is_no_plugin_does_not_come_to_rule() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = "[plugin.mine]\ncomponent = \"mine.wasm\"\n\n".to_owned()
        + &destination("crm", &receiver.url("/crm"), "")
        + &route("all", "*", "crm", "transform = [{ plugin = \"mine\" }]");
    let mut gateway = Gateway::prepare(&config);
    let file = gateway.folder().join("mine.wasm");
    let good = component(PASSES_ON);
    fs::write(&file, &good).expect("the folder is writable");
    gateway.start_again().await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));

    let spoiled = [Vec::new(), b"#!/bin/sh".to_vec(), good[..good.len() / 2].to_vec(), vec![0; 40 << 20]];
    for (nth, bytes) in spoiled.into_iter().enumerate() {
        fs::write(&file, bytes).expect("the folder is writable");
        let reload = gateway.run(&["reload"]).await;

        assert_eq!(reload.code, Some(78), "{reload:?}");
        assert!(reload.err.contains("mine"), "it names the plugin: {reload:?}");
        let event = sender.send_new(&hook.closed(nth as u64)).await;
        delivery(&gateway, &event, "crm", "delivered", SOON).await;
    }
    fs::remove_file(&file).expect("it is there");
    assert_eq!(gateway.run(&["reload"]).await.code, Some(78));
    // And after a restart the stored component still renders what waits, once the file is back.
    fs::write(&file, &good).expect("the folder is writable");
    assert_eq!(gateway.run(&["reload"]).await.code, Some(0));
}
