//! What comes in: who may, how it becomes events, and what is left of what proved the sender.

mod authenticators;
mod own_events;
mod recognition;
mod send_command;
mod verification;

use bytes::Bytes;
use hookgate_tests::{Answer, Gateway, Wire};
use http::Method;

/// Sends a request to a source, whatever the answer.
async fn send(gateway: &Gateway, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let url = format!("http://{}/in/{path}", gateway.public());
    let body = Bytes::copy_from_slice(body.as_bytes());
    Wire::new().send(method, &url, headers, body).await.expect("the gateway answers")
}

/// Posts to a source, whatever the answer.
async fn post(gateway: &Gateway, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    send(gateway, Method::POST, path, headers, body).await
}

/// Returns status and stable code.
fn said(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}
