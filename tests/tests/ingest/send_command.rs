//! `hookgate send`: an event of one's own from the command line.

use std::fs;

use hookgate_tests::{ADMIN_KEY, Gateway, RECEIVER_SECRET, Receiver, Said, hookgate};
use serde_json::json;
use tokio::process::Command;

use crate::setup::{SOON, destination, text};

async fn start() -> (Gateway, Receiver) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config = destination("shop", &receiver.url("/shop"), "")
        + "[route.own]\nsource = \"api\"\ntypes = [\"invoice.*\"]\nto = [\"shop\"]\n";
    (Gateway::start(&config).await, receiver)
}

#[tokio::test]
async fn what_is_sent_arrives_byte_for_byte_and_a_repeated_key_sends_nothing() {
    let (gateway, receiver) = start().await;
    let command = [
        "send",
        "invoice.paid",
        "--data",
        r#"{ "amount": 1.50 }"#,
        "--subject",
        "inv_1",
        "--order-key",
        "cus_1",
        "--header",
        "X-Shop=a=b",
        "--idempotency-key",
        "k-1",
    ];

    let first = gateway.run(&command).await;
    let again = gateway.run(&command).await;

    assert_eq!((first.code, &first.out), (Some(0), &again.out), "{first:?} {again:?}");
    let event = first.out.trim();
    let arrived = receiver.accepted("/shop", 1, SOON).await.remove(0);
    assert_eq!(&*arrived.body, br#"{ "amount": 1.50 }"#);
    let row = gateway.admin().read(&format!("/v1/events/{event}")).await;
    assert_eq!((text(&row, "source"), text(&row, "type")), ("api", "invoice.paid"));
    let headers = row["headers"].as_array().expect("headers");
    assert!(headers.contains(&json!(["x-shop", "a=b"])), "{row}");
    assert_eq!(gateway.admin().all("/v1/events").await.len(), 1);
}

#[tokio::test]
async fn data_comes_from_a_file_or_from_standard_input_or_there_is_none() {
    let (gateway, receiver) = start().await;
    fs::write(gateway.folder().join("paid.json"), "[\"from a file\"]").expect("the folder is writable");

    let file = gateway.run(&["send", "invoice.paid", "--file", "paid.json", "--json"]).await;
    let mut piped = Command::new("sh");
    piped.args(["-c", "echo '[\"from a pipe\"]' | \"$0\" send invoice.paid -"]).arg(hookgate());
    piped.env("HOOKGATE_URL", gateway.admin_url()).env("HOOKGATE_ADMIN_KEY", ADMIN_KEY);
    let piped = Said::of(piped).await;
    let bare = gateway.run(&["send", "bare"]).await;

    let answer: serde_json::Value = serde_json::from_str(&file.out).expect("JSON");
    assert!(text(&answer, "event").starts_with("evt_"), "{file:?}");
    assert_eq!((piped.code, bare.code), (Some(0), Some(0)), "{piped:?} {bare:?}");
    let arrived = receiver.accepted("/shop", 2, SOON).await;
    let mut bodies: Vec<&[u8]> = arrived.iter().map(|arrived| &*arrived.body).collect();
    bodies.sort();
    assert_eq!(bodies, [&b"[\"from a file\"]"[..], b"[\"from a pipe\"]"]);
    let row = gateway.admin().read(&format!("/v1/events/{}", bare.out.trim())).await;
    assert_eq!((text(&row, "body"), text(&row, "type")), ("", "bare"), "{row}");
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let (gateway, _receiver) = start().await;
    gateway.run(&["send", "invoice.paid", "--idempotency-key", "k-1"]).await;

    for (arguments, code, said) in [
        (&["send", "a", "--data", "{"][..], 1, "--data is no JSON: EOF while parsing"),
        (&["send", "a", "--file", "nowhere.json"], 1, "nowhere.json: No such file"),
        (&["send", ""], 1, "/type: expected a text of 1 to 256 bytes"),
        (&["send", "a", "--header", "webhook-id=1"], 1, "/headers/webhook-id: is set by HTTP or Hookgate"),
        (&["send", "a", "--header", "x-a=1", "--header", "X-A=2"], 1, "--header x-a: given twice"),
        (&["send", "a", "--header", "x-a"], 2, "expected NAME=VALUE"),
        (&["send", "a", "-", "--data", "1"], 2, "cannot be used with"),
        (&["send", "other", "--idempotency-key", "k-1"], 1, "was used with another body"),
        (&["send", "a", "--admin-key", "hgk_wrong"], 77, "the admin key does not fit"),
        (&["send", "a", "--url", "http://127.0.0.1:1"], 69, "no gateway at http://127.0.0.1:1"),
    ] {
        let done = gateway.run(arguments).await;
        assert_eq!(done.code, Some(code), "{arguments:?}: {done:?}");
        assert!(done.err.contains(said), "{arguments:?}: {done:?}");
    }
    assert_eq!(gateway.admin().all("/v1/events").await.len(), 1, "nothing else was stored");
}
