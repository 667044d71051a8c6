//! Which events go where: conditions, filters, catch-alls, and why an event was not taken.

use hookgate_tests::{GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender};
use serde_json::Value;

use crate::setup::{SOON, delivery, destination, text};

const ROUTES: &str = r#"
[route.large]
source = "github"
types = ["pull_request.*"]
filter = "@.body.pull_request.additions > 50 && @.headers['x-github-event'] == 'pull_request'"
to = ["large"]

[route.drafts]
source = "github"
match = { "body.pull_request.draft" = true, "body.action" = ["opened", "closed"] }
to = ["drafts"]

[route.rest]
source = "github"
catch_all = true
to = ["rest"]
"#;

async fn start() -> (Gateway, Receiver, Sender, PullRequests) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let destinations = ["large", "drafts", "rest"]
        .map(|name| destination(name, &receiver.url(&format!("/{name}")), ""))
        .concat();
    let gateway = Gateway::start(&(destinations + ROUTES)).await;
    let sender = Sender::new(&gateway.source_url());
    (gateway, receiver, sender, PullRequests::new(GITHUB_SECRET, 1))
}

#[tokio::test]
async fn an_event_goes_where_its_routes_say_and_the_rest_to_the_catch_all() {
    let (gateway, _receiver, sender, hook) = start().await;

    let large = sender.send_new(&hook.closed(1)).await;
    let ping = sender.send_new(&hook.signed("ping", 2, r#"{"zen":"Keep it logically awesome."}"#)).await;

    delivery(&gateway, &large, "large", "delivered", SOON).await;
    delivery(&gateway, &ping, "rest", "delivered", SOON).await;
    for (event, to) in [(&large, "large"), (&ping, "rest")] {
        let all = gateway.admin().all(&format!("/v1/deliveries?event={event}")).await;
        let went: Vec<&str> = all.iter().map(|row| text(row, "destination")).collect();
        assert_eq!(went, [to]);
    }
}

#[tokio::test]
async fn every_route_says_why_it_does_not_take_an_event() {
    let (gateway, _receiver, sender, hook) = start().await;
    let event = sender.send_new(&hook.closed(1)).await;

    let said = gateway.admin().read(&format!("/v1/events/{event}/routes")).await;
    let shown = gateway.run(&["events", &event, "--why"]).await;

    let takes: Vec<(&str, bool)> = said["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|row| (text(row, "route"), row["takes"] == true))
        .collect();
    assert_eq!(takes, [("large", true), ("drafts", false), ("rest", false)]);
    let unmet: &Value = &said["data"][1]["unmet"];
    assert_eq!(unmet.as_array().map(Vec::len), Some(1), "{unmet}");
    assert_eq!(text(&unmet[0], "wanted"), "body.pull_request.draft eq true");
    assert_eq!(text(&said["data"][2], "because"), "it is a catch-all, and route large takes the event");
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.out.contains("+ large: it takes the event"), "{shown:?}");
    assert!(shown.out.contains("- drafts: its condition does not hold"), "{shown:?}");

    let nobody = gateway.admin().get("/v1/events/evt_00000000007z2/routes").await;
    assert_eq!(nobody.status, 404);
}
