//! The admin API against strangers and typing errors.

use hookgate_tests::{Admin, Gateway, Wire};
use http::Method;
use serde_json::Value;

use super::{SOON, delivery, start};
use crate::setup::text;

#[tokio::test]
async fn without_the_key_the_admin_api_shows_nothing() {
    let (gateway, _receiver) = start().await;
    let paths = ["/v1/events", "/v1/events/evt_0000000000000", "/v1/deliveries", "/v1/deliveries/x/attempts"];
    let right = format!("Bearer {}", hookgate_tests::ADMIN_KEY);
    let wrong = [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer hgk_wrong"),
        Some("Basic aGdrOng="),
        Some(hookgate_tests::ADMIN_KEY),
        Some(&right[..right.len() - 1]),
    ];
    for authorization in wrong {
        for path in paths {
            let headers: Vec<(&str, &str)> =
                authorization.map(|value| ("authorization", value)).into_iter().collect();
            let url = format!("{}{path}", gateway.admin_url());
            let answer =
                Wire::new().send(Method::GET, &url, &headers, Default::default()).await.expect("an answer");

            assert_eq!(answer.status, 401, "{authorization:?} {path}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
    let reload = format!("{}/v1/config/reload", gateway.admin_url());
    let answer = Wire::new().send(Method::POST, &reload, &[], Default::default()).await.expect("an answer");
    assert_eq!(answer.status, 401);
    for path in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(Admin::new(&gateway.admin_url(), "").get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_bad_parameter_is_a_problem_that_names_it() {
    let (gateway, _receiver) = start().await;
    let admin = gateway.admin();
    let cases = [
        ("/v1/events?limit=0", "limit"),
        ("/v1/events?limit=201", "limit"),
        ("/v1/events?limit=-1", "limit"),
        ("/v1/events?limit=ten", "limit"),
        ("/v1/events?limit=99999999999999999999", "limit"),
        ("/v1/events?cursor=", "cursor"),
        ("/v1/events?cursor=x", "cursor"),
        ("/v1/events?cursor=zzzzzzzzzzzzz", "cursor"),
        ("/v1/events?cursor=%00%ff", "cursor"),
        ("/v1/events?source=Git%20Hub", "source"),
        ("/v1/events?unrouted=maybe", "unrouted"),
        ("/v1/events?colour=blue", "colour"),
        ("/v1/deliveries?limit=1000", "limit"),
        ("/v1/deliveries?cursor=del_0000000000000", "cursor"),
        ("/v1/deliveries?state=lost", "state"),
        ("/v1/deliveries?event=del_0000000000000", "event"),
        ("/v1/deliveries?event=evt_1", "event"),
        ("/v1/deliveries?destination=..%2F..", "destination"),
        ("/v1/events/evt_1", "id"),
        ("/v1/events/del_0000000000000", "id"),
        ("/v1/events/%ff", "id"),
        ("/v1/deliveries/1%27%20or%201=1", "id"),
        ("/v1/deliveries/x/attempts", "id"),
    ];
    let mut wrong = Vec::new();
    for (path, field) in cases {
        let answer = admin.get(path).await;
        let problem = answer.json();
        let named = problem["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|error| text(error, "field") == field || text(error, "detail").contains(field));
        if answer.status != 400 || answer.header("content-type") != "application/problem+json" || !named {
            wrong.push(format!("{path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    for (path, code) in [
        ("/v1/events/evt_0000000000000", "unknown-event"),
        ("/v1/deliveries/del_0000000000000", "unknown-delivery"),
        ("/v1/deliveries/del_0000000000000/attempts", "unknown-delivery"),
    ] {
        let answer = admin.get(path).await;
        assert_eq!((answer.status.as_u16(), text(&answer.json(), "code")), (404, code), "{path}");
    }
    let answer = admin.post("/v1/deliveries/del_0000000000000/retry").await;
    assert_eq!((answer.status.as_u16(), text(&answer.json(), "code")), (404, "unknown-delivery"));
    let answer = admin.post("/v1/deliveries").await;
    assert_eq!((answer.status.as_u16(), answer.header("allow").contains("GET")), (405, true), "{answer:?}");
}

#[tokio::test]
async fn pages_show_every_row_once_while_rows_are_added() {
    let (gateway, receiver) = start().await;
    for number in 0..25 {
        super::serves(&gateway, number).await;
    }
    let admin = gateway.admin();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for added in 0.. {
        let page = admin.read(&format!("/v1/events?limit=4{cursor}")).await;
        seen.extend(page["data"].as_array().expect("rows").iter().map(|row| text(row, "id").to_owned()));
        super::serves(&gateway, 1_000 + added).await;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }

    let mut sorted = seen.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), &sorted), (25, &seen), "newest first, each once, none that came later");
    assert!(receiver.all().len() >= 25);
}

#[tokio::test]
async fn what_arrived_cannot_be_retried() {
    let (gateway, _receiver) = start().await;
    super::serves(&gateway, 1).await;
    let event = newest(&gateway).await;
    let delivered = delivery(&gateway, text(&event, "id"), "control", "delivered", SOON).await;

    let answer = gateway.admin().post(&format!("/v1/deliveries/{}/retry", text(&delivered, "id"))).await;

    assert_eq!((answer.status.as_u16(), text(&answer.json(), "code")), (409, "not-failed"));
}

async fn newest(gateway: &Gateway) -> Value {
    gateway.admin().read("/v1/events?limit=1").await["data"][0].clone()
}
