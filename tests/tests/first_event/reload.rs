//! Configurations that come to rule, and such that do not. Exit codes.

use hookgate_tests::{Gateway, Said};

use super::{SOON, config, delivery, destination, route, start};

#[tokio::test]
async fn a_broken_configuration_changes_nothing() {
    let (gateway, receiver, sender, hook) = start().await;
    let good = config(&receiver);

    for (nth, broken) in
        ["[route.closed\n", "colour = \"blue\"\n", "[route.more]\nsource = \"github\"\nto = [\"crn\"]\n"]
            .iter()
            .enumerate()
    {
        gateway.configure(&format!("{good}{broken}"));
        gateway.signal("HUP").await;
        gateway.logged("configuration refused", 2 * nth + 1).await;
        let reload = gateway.run(&["reload"]).await;

        assert_eq!(reload.code, Some(78), "{reload:?}");
        assert!(reload.err.contains("hookgate.toml:"), "it names the place: {reload:?}");
        let event = sender.send_new(&hook.closed(nth as u64)).await;
        delivery(&gateway, &event, "team", "delivered", SOON).await;
    }
    assert!(metrics(&gateway).await.contains("hookgate_config_last_reload_successful 0"));
    gateway.configure(&good);
    gateway.signal("HUP").await;
    // Once at the start, once now.
    gateway.logged("configuration applied", 2).await;
    assert!(metrics(&gateway).await.contains("hookgate_config_last_reload_successful 1"));
}

#[tokio::test]
async fn a_changed_route_rules_from_the_reload_on() {
    let (gateway, receiver, sender, hook) = start().await;
    sender.send_new(&hook.closed(1)).await;
    receiver.accepted("/team", 1, SOON).await;

    gateway.configure(
        &(destination("team", &receiver.url("/elsewhere"), "")
            + &destination("crm", &receiver.url("/crm"), "")
            + &route("raw", "pull_request.*", "crm", "match = { \"body.number\" = { gte = 3 } }")),
    );
    let reload = gateway.run(&["reload"]).await;
    let small = sender.send_new(&hook.closed(2)).await;
    let large = sender.send_new(&hook.closed(3)).await;

    assert_eq!(reload.code, Some(0), "{reload:?}");
    assert!(reload.out.starts_with("applied: revision "), "{reload:?}");
    let arrived = receiver.accepted("/crm", 1, SOON).await.remove(0);
    assert_eq!(arrived.body, hook.closed(3).body, "without a transform the event's own bytes");
    delivery(&gateway, &large, "crm", "delivered", SOON).await;
    assert_eq!(
        gateway.admin().all(&format!("/v1/deliveries?event={small}")).await,
        Vec::<serde_json::Value>::new()
    );
    let again = gateway.run(&["reload"]).await;
    assert!(again.out.starts_with("unchanged: revision "), "{again:?}");
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong() {
    let (gateway, receiver, ..) = start().await;
    let mut wrong_key = gateway.command();
    wrong_key.env("HOOKGATE_URL", gateway.admin_url()).env("HOOKGATE_ADMIN_KEY", "hgk_wrong").arg("events");
    let mut no_key = gateway.command();
    no_key.env("HOOKGATE_URL", gateway.admin_url()).env_remove("HOOKGATE_ADMIN_KEY").arg("events");
    let stopped = Gateway::prepare(&config(&receiver));
    let broken = Gateway::prepare("[route.closed]\n");
    let mut unset = broken.command();
    broken.configure(&config(&receiver));
    unset.env_remove("RECEIVER_SECRET").arg("check");
    let mut skipped = broken.command();
    skipped.env_remove("RECEIVER_SECRET").args(["check", "--no-secrets"]);
    let mut second = gateway.command();
    second.arg("serve");
    // Another gateway on the same database, on ports of its own.
    let text = std::fs::read_to_string(gateway.folder().join("hookgate.toml")).expect("it is there");
    let other = text
        .replace(&gateway.public().to_string(), &stopped.public().to_string())
        .replace(&gateway.admin_door().to_string(), &stopped.admin_door().to_string());
    std::fs::write(stopped.folder().join("other.toml"), other).expect("the folder is writable");
    let mut same_database = stopped.command();
    same_database.args(["serve", "--config", "other.toml"]);

    check(gateway.run(&["events"]).await, 0, "nothing found");
    check(gateway.run(&["no-such-command"]).await, 2, "no-such-command");
    check(stopped.run(&["events"]).await, 69, "no gateway at http://");
    check(stopped.run(&["reload"]).await, 69, "is it running?");
    check(Said::of(wrong_key).await, 77, "does not fit");
    check(Said::of(no_key).await, 77, "HOOKGATE_ADMIN_KEY");
    check(Said::of(unset).await, 78, "environment variable RECEIVER_SECRET is not set");
    check(Said::of(skipped).await, 0, "");
    broken.configure("[route.closed]\n");
    check(broken.run(&["check"]).await, 78, "hookgate.toml:");
    check(broken.run(&["serve"]).await, 78, "hookgate.toml:");
    check(broken.run(&["check", "--config", "no-such.toml"]).await, 78, "no-such.toml cannot be read");
    check(Said::of(second).await, 1, "server.listen");
    check(Said::of(same_database).await, 1, "another hookgate has it open");
    assert_eq!(gateway.run(&["check"]).await.code, Some(0));
    assert!(gateway.run(&["reload"]).await.code == Some(0), "none of them disturbed the one that runs");
}

fn check(said: Said, code: i32, part: &str) {
    assert_eq!(said.code, Some(code), "{said:?}");
    assert!(said.err.contains(part), "it does not say {part:?}: {said:?}");
}

async fn metrics(gateway: &Gateway) -> String {
    String::from_utf8_lossy(&gateway.admin().get("/metrics").await.body).into_owned()
}
