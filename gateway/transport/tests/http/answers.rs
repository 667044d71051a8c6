//! Answers of every kind, by real sockets.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use hookgate_core::limits;
use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::Word;
use hookgate_ports::Transport;
use http::Method;

use crate::receiver::{OK, Receiver};
use crate::sender::{Sender, answer, names, post};

/// Returns what one request looks like on the wire.
async fn on_the_wire(request: impl FnOnce(&str) -> OutboundRequest) -> String {
    let seen = Arc::new(Mutex::new(String::new()));
    let kept = seen.clone();
    let receiver = Receiver::start(move |mut peer, _| {
        let kept = kept.clone();
        async move {
            while let Some(request) = peer.request().await {
                *kept.lock().unwrap() = request;
                peer.write(OK).await;
            }
        }
    })
    .await;
    answer(Sender::new().http.send(request(&receiver.url())).await);
    let host = receiver.address.to_string();
    seen.lock().unwrap().replace(&host, "<receiver>")
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_with_host_and_length() {
    assert_eq!(
        on_the_wire(post).await,
        "POST /s3cret?token=s3cret HTTP/1.1\r\nWebhook-Id: msg_1\r\nHost: <receiver>\r\nContent-Length: 17\r\n\r\n\
         {\"hello\":\"world\"}"
    );
}

#[tokio::test]
async fn an_empty_body_has_a_length_where_the_method_expects_a_body() {
    let post = on_the_wire(|url| OutboundRequest { body: Bytes::new(), ..post(url) }).await;
    let get =
        on_the_wire(|url| OutboundRequest { method: Method::GET, body: Bytes::new(), ..self::post(url) })
            .await;

    assert!(post.to_ascii_lowercase().contains("content-length: 0\r\n"), "{post}");
    assert!(get.starts_with("GET ") && !get.to_ascii_lowercase().contains("content-length"), "{get}");
}

#[tokio::test]
async fn the_largest_body_arrives_whole() {
    let body = "0123456789abcdef".repeat(limits::BODY_BYTES_MAX / 16);

    let sent = on_the_wire(|url| OutboundRequest { body: body.clone().into(), ..post(url) }).await;

    assert!(sent.ends_with(&format!("\r\n\r\n{body}")), "{} bytes", sent.len());
}

#[tokio::test]
async fn every_status_is_an_answer() {
    let words = [
        (200, Word::Success),
        (204, Word::Success),
        (299, Word::Success),
        (301, Word::Refused),
        (304, Word::Refused),
        (400, Word::Refused),
        (404, Word::Refused),
        (410, Word::Gone),
        (429, Word::Refused),
        (500, Word::Refused),
        (599, Word::Refused),
        (999, Word::Refused),
    ];
    let sender = Sender::new();

    for (status, word) in words {
        let receiver = Receiver::answering(format!(
            "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nretry-after: 7\r\n\r\n"
        ))
        .await;
        let outcome = sender.send(&receiver.url()).await;

        assert_eq!((outcome.status(), outcome.word()), (Some(status), word));
        assert_eq!(answer(outcome).headers.first_text("retry-after").as_deref(), Some("7"));
    }
    assert_eq!(sender.metric("http_sends_total{outcome=\"success\"}"), 3);
    assert_eq!(sender.metric("http_sends_total{outcome=\"gone\"}"), 1);
    assert_eq!(sender.metric("http_sends_total{outcome=\"refused\"}"), 8);
    assert_eq!(sender.metric("http_send_duration_seconds_count"), 12);
}

#[tokio::test]
async fn an_answer_is_read_in_every_framing() {
    let framings = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "hello"),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nx-t: 1\r\n\r\n",
            "hello",
        ),
        ("HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"),
        ("HTTP/1.0 200 OK\r\n\r\nhello", "hello"),
        ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        ("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok"),
        ("HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", "ok"),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "ok"),
        ("HTTP/1.1 200 OK\r\nb@d name\x01: x\r\ncontent-length: 2\r\n\r\nok", "ok"),
    ];
    let sender = Sender::new();

    for (bytes, body) in framings {
        let receiver = Receiver::answering_once(bytes).await;
        let answer = answer(sender.send(&receiver.url()).await);

        assert_eq!((answer.body.as_ref(), answer.cut), (body.as_bytes(), false), "{bytes:?}");
    }
}

#[tokio::test]
async fn header_fields_are_kept_with_repeated_ones() {
    let receiver = Receiver::answering(
        "HTTP/1.1 200 OK\r\nX-B: 1\r\nset-cookie: a\r\nset-cookie: b\r\nX-A: é\r\ncontent-length: 0\r\n\r\n",
    )
    .await;

    let answer = answer(Sender::new().send(&receiver.url()).await);

    assert_eq!(names(&answer.headers), ["x-b", "set-cookie", "set-cookie", "x-a", "content-length"]);
    assert_eq!(answer.headers.first_text("x-a").as_deref(), Some("é"));
}

#[tokio::test]
async fn a_body_is_kept_up_to_the_limit_and_cut_beyond_it() {
    let max = limits::RESPONSE_BYTES_MAX;
    let sender = Sender::new();

    for (length, kept, cut) in [(max - 1, max - 1, false), (max, max, false), (max + 1, max, true)] {
        let mut bytes = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").into_bytes();
        bytes.resize(bytes.len() + length, b'x');
        let receiver = Receiver::answering_once(bytes).await;
        let answer = answer(sender.send(&receiver.url()).await);

        assert_eq!((answer.body.len(), answer.cut), (kept, cut), "{length}");
    }
}

#[tokio::test]
async fn an_endless_body_is_cut_and_its_connection_dropped() {
    let (stopped, until_stopped) = tokio::sync::oneshot::channel();
    let stopped = Mutex::new(Some(stopped));
    let receiver = Receiver::start(move |mut peer, _| {
        let stopped = stopped.lock().unwrap().take();
        async move {
            peer.request().await;
            peer.write("HTTP/1.1 500 Oops\r\n\r\n").await;
            while peer.write([b'x'; 4096]).await {}
            stopped.unwrap().send(()).unwrap();
        }
    })
    .await;

    let answer = answer(Sender::new().send(&receiver.url()).await);

    assert_eq!((answer.status, answer.body.len(), answer.cut), (500, limits::RESPONSE_BYTES_MAX, true));
    until_stopped.await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Receiver::answering(OK).await;
    let sender = Sender::new();

    for status in [301, 302, 303, 307, 308] {
        let location = elsewhere.url();
        let redirect =
            format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
        let receiver = Receiver::answering(redirect).await;
        assert_eq!(sender.send(&receiver.url()).await.status(), Some(status));
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_is_an_answer() {
    let receiver = Receiver::start(|mut peer, _| async move {
        peer.first_line().await;
        peer.write("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n").await;
        std::future::pending::<()>().await;
    })
    .await;
    let large = vec![0; limits::BODY_BYTES_MAX];

    let outcome =
        Sender::new().http.send(OutboundRequest { body: large.into(), ..post(&receiver.url()) }).await;

    assert_eq!(outcome.status(), Some(413));
}
