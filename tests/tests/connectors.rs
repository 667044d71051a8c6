//! Connectors are plugins like anybody's: one that ships can be removed and uploaded under another name, and one
//! that nobody ships works as well.

use std::path::Path;

use hookgate_tests::{
    Behaviour, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Received, Receiver, Said, Sender,
};

use crate::setup::{SOON, delivery, destination, route, text};

const TICKETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/tickets");

/// A destination that a connector speaks for.
fn connector(name: &str, plugin: &str, endpoint: &str, config: &str) -> String {
    format!(
        "[destination.{name}]\nretry = {{ schedule = [\"100ms\"], attempts = 4 }}\n\
         [destination.{name}.connector]\nplugin = \"{plugin}\"\nendpoint = \"{endpoint}\"\nconfig = {{ {config} }}\n\n"
    )
}

/// Builds the crate, outside of the repository's sources, and pushes it.
async fn pushed(gateway: &Gateway) -> Said {
    let mut command = gateway.command();
    command
        .env("HOOKGATE_URL", gateway.admin_url())
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("tickets"))
        .args(["plugin", "push", TICKETS]);
    Said::of(command).await
}

#[tokio::test]
async fn the_chat_connector_that_ships_is_removed_and_uploaded_under_another_name() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(|_| Behaviour::Say(200, "ok"));
    let by = |plugin: &str| {
        connector("team", plugin, &receiver.url("/hook"), "template = \"pull-request\"")
            + &route("team", "pull_request.*", "team", "")
    };
    let without = destination("team", &receiver.url("/raw"), "") + &route("team", "*", "team", "");
    let mut gateway = Gateway::start(&by("slack")).await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));
    sender.send_new(&hook.closed(1)).await;
    let before = receiver.accepted("/hook", 1, SOON).await;

    let used = gateway.run(&["plugin", "remove", "slack"]).await;
    assert_eq!(used.code, Some(1), "{used:?}");
    assert!(used.err.contains("used by the configuration that rules, as slack"), "{used:?}");
    gateway.configure(&without);
    assert_eq!(gateway.run(&["reload"]).await.code, Some(0));
    let removed = gateway.run(&["plugin", "remove", "slack"]).await;
    assert_eq!(removed.code, Some(0), "{removed:?}");
    gateway.configure(&by("slack"));
    let gone = gateway.run(&["reload"]).await;
    assert_eq!(gone.code, Some(78), "{gone:?}");
    assert!(gone.err.contains("unknown plugin \"slack\""), "{gone:?}");
    // It does not come back by itself.
    gateway.configure(&without);
    gateway.kill().await;
    gateway.start_again().await;
    gateway.configure(&by("slack"));
    assert_eq!(gateway.run(&["reload"]).await.code, Some(78));

    let pushed = gateway.run(&["plugin", "push", "embedded:slack", "--name", "chat"]).await;
    assert_eq!(pushed.code, Some(0), "{pushed:?}");
    gateway.configure(&(by("chat") + "[plugin.chat]\ncomponent = \"uploaded:chat\"\n"));
    let reload = gateway.run(&["reload"]).await;
    assert_eq!(reload.code, Some(0), "{reload:?}");
    sender.send_new(&hook.closed(2)).await;
    let after = receiver.accepted("/hook", 2, SOON).await;

    let said = |received: &Received| {
        let body = String::from_utf8(received.body.to_vec()).expect("Block Kit is JSON");
        assert!(body.contains("\"blocks\""), "{body}");
        let mut fields: Vec<String> = received.headers.keys().map(ToString::to_string).collect();
        fields.sort_unstable();
        (body.replace("#2", "#1").replace("/2", "/1"), fields)
    };
    assert_eq!(said(&before[0]), said(&after[1]), "the same message but for the pull request's number");
}

#[tokio::test]
async fn a_connector_that_nobody_ships_works_as_those_that_ship() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let answers = ["later", "opened", "no such queue"];
    receiver.behave(move |received| Behaviour::Say(200, answers.get(received.nth).copied().unwrap_or("no")));
    let config = connector("desk", "tickets", &receiver.url("/api/"), "queue = \"ops\"")
        + &route("desk", "pull_request.*", "desk", "");
    let gateway = Gateway::start(&destination("desk", &receiver.url("/raw"), "")).await;
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 1));

    let pushed = pushed(&gateway).await;
    gateway.configure(&(config.clone() + "[plugin.tickets]\ncomponent = \"uploaded:tickets\"\n"));
    let reload = gateway.run(&["reload"]).await;
    let first = sender.send_new(&hook.closed(1)).await;
    let opened = delivery(&gateway, &first, "desk", "delivered", SOON).await;
    let second = sender.send_new(&hook.closed(2)).await;
    let refused = delivery(&gateway, &second, "desk", "dead_lettered", SOON).await;

    assert_eq!((pushed.code, reload.code), (Some(0), Some(0)), "{pushed:?} {reload:?}");
    assert!(pushed.out.contains("tickets ") && pushed.out.contains("(connect-out) is active"), "{pushed:?}");
    assert_eq!(opened["attempts"], 2, "the queue was full once: {opened}");
    assert_eq!(text(&refused, "reason"), "declined");
    assert_eq!(text(&refused["last_attempt"], "detail"), "the queue said \"no such queue\"");
    let all = receiver.all();
    assert_eq!(all.len(), 3);
    assert_eq!(all[0].path, format!("/api/queues/ops/tickets/{first}"));
    assert_eq!((all[0].header("x-ticket-source"), all[0].message()), ("github", text(&opened, "message")));
    assert!(all[0].body.starts_with(b"{\"") && all[0].body == all[1].body, "{:?}", all[0].body);
    // A config that the plugin's schema forbids is the configuration's mistake, told by the gateway that has it.
    gateway.configure(
        &(config.replace("\"ops\"", "\"Ops!\"") + "[plugin.tickets]\ncomponent = \"uploaded:tickets\"\n"),
    );
    let offline = gateway.run(&["check"]).await;
    let online = gateway.run(&["check", "--online"]).await;
    assert_eq!((offline.code, online.code), (Some(0), Some(78)), "{offline:?} {online:?}");
    assert!(offline.err.contains("hookgate check --online") && online.err.contains("Ops!"), "{online:?}");
}
