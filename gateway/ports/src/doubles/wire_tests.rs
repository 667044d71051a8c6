//! The scripted wire answers, holds and counts.

use std::time::Duration;

use hookgate_core::destination::HttpVersion;
use hookgate_core::outcome::Word;
use http::Method;

use super::*;

fn post(url: &str, body: &'static str) -> OutboundRequest {
    OutboundRequest {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers: Headers::new(),
        body: Bytes::from_static(body.as_bytes()),
        timeout: Duration::from_secs(1),
        version: HttpVersion::Agreed,
    }
}

async fn word(wire: &Wire, url: &str) -> &'static str {
    wire.send(post(url, "")).await.word().text()
}

#[tokio::test]
async fn without_a_script_everybody_answers_200() {
    let wire = Wire::new();

    assert_eq!(wire.send(post("https://a.test/", "")).await.status(), Some(200));
}

#[tokio::test]
async fn queued_replies_come_first_then_the_standing_one_then_the_wires_own() {
    let wire = Wire::answering(|_| Reply::status(204));
    wire.script("a.test", [Reply::status(500), Reply::unreachable(Reach::Reset)]);
    wire.always("b.test", Reply::status(410));

    let words = [
        word(&wire, "https://a.test/1").await,
        word(&wire, "https://a.test/2").await,
        word(&wire, "https://a.test/3").await,
        word(&wire, "https://b.test/").await,
        word(&wire, "https://b.test/").await,
    ];

    assert_eq!(words, ["refused", "unreachable_reset", "success", "gone", "gone"]);
}

#[tokio::test]
async fn a_script_of_a_url_goes_before_the_one_of_its_host() {
    let wire = Wire::new();
    wire.always("a.test", Reply::status(500));
    wire.always("https://a.test/one", Reply::status(200));

    assert_eq!(word(&wire, "https://a.test/one").await, Word::Success.text());
    assert_eq!(word(&wire, "https://a.test/two").await, Word::Refused.text());
}

#[tokio::test]
async fn requests_are_kept_in_the_order_they_were_sent_in() {
    let wire = Wire::new();

    for body in ["1", "2", "3"] {
        wire.send(post("https://a.test/", body)).await;
    }

    let bodies: Vec<Bytes> = wire.seen(3).await.into_iter().map(|request| request.body).collect();
    assert_eq!(bodies, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_held_request_answers_when_its_target_is_released() {
    let wire = Wire::new();
    wire.always("a.test", Reply::status(200).held());
    let sender = wire.clone();
    let send = tokio::spawn(async move { sender.send(post("https://a.test/", "")).await });
    wire.seen(1).await;

    wire.release("b.test");
    assert_eq!(wire.traffic().in_flight, 1);
    wire.release("a.test");

    assert_eq!(send.await.unwrap().status(), Some(200));
    assert_eq!(wire.traffic(), Traffic { seen: 1, in_flight: 0, in_flight_max: 1, dropped: 0 });
}

#[tokio::test]
async fn a_request_that_its_sender_gives_up_is_counted_as_dropped() {
    let wire = Wire::new();
    wire.script("a.test", [Reply::status(200).held()]);
    let sender = wire.clone();
    let send = tokio::spawn(async move { sender.send(post("https://a.test/", "")).await });
    wire.seen(1).await;

    send.abort();

    let traffic = wire.until(|traffic| traffic.dropped == 1).await;
    assert_eq!(traffic.in_flight, 0);
    wire.release_all();
}
