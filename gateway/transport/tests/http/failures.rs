//! Receivers that fail in every way.

use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::outcome::Reach;
use tokio::net::TcpListener;

use crate::receiver::Receiver;
use crate::sender::{SHORT, Sender, check_unreachable};

#[tokio::test]
async fn an_address_where_nobody_listens_is_unreachable_by_connect() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let sender = Sender::new();

    let outcome = sender.send(&format!("http://{address}/s3cret")).await;

    check_unreachable(&outcome, Reach::Connect, &format!("127.0.0.1 ({address}): connection refused"));
    assert_eq!(sender.metric("http_sends_total{outcome=\"unreachable_connect\"}"), 1);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_unreachable_by_dns() {
    // Never exists, and no name server is asked: RFC 6761, section 6.4.
    let outcome = Sender::new().send("https://hooks.invalid/s3cret").await;

    check_unreachable(&outcome, Reach::Dns, "hooks.invalid");
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_unreachable_by_timeout() {
    let receiver = Receiver::start(|mut peer, _| async move {
        peer.request().await;
        peer.closed().await;
    })
    .await;

    let outcome = Sender::new().send_within(&receiver.url(), SHORT).await;

    check_unreachable(&outcome, Reach::Timeout, "127.0.0.1 did not answer within 200ms");
}

#[tokio::test]
async fn a_header_that_comes_byte_by_byte_ends_by_the_timeout() {
    let receiver = Receiver::start(|mut peer, _| async move {
        peer.request().await;
        peer.write("HTTP/1.1 200 OK\r\nx: ").await;
        while peer.write("x").await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;

    let outcome = Sender::new().send_within(&receiver.url(), SHORT).await;

    check_unreachable(&outcome, Reach::Timeout, "did not answer within 200ms");
}

#[tokio::test]
async fn a_body_that_stops_or_dribbles_ends_by_the_timeout() {
    let heads = [
        ("content-length: 9\r\n\r\nabc", ""),
        ("content-length: 999999\r\n\r\n", "x"),
        ("transfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
    ];

    for (head, dribble) in heads {
        let receiver = Receiver::start(move |mut peer, _| async move {
            peer.request().await;
            peer.write(format!("HTTP/1.1 200 OK\r\n{head}")).await;
            while !dribble.is_empty() && peer.write(dribble).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            peer.closed().await;
        })
        .await;

        let outcome = Sender::new().send_within(&receiver.url(), SHORT).await;
        check_unreachable(&outcome, Reach::Timeout, "127.0.0.1 answered 200, but not wholly within 200ms");
    }
}

#[tokio::test]
async fn a_receiver_that_does_not_read_a_large_body_ends_by_the_timeout() {
    let receiver = Receiver::start(|peer, _| async move {
        std::future::pending::<()>().await;
        drop(peer);
    })
    .await;
    let mut request = crate::sender::post(&receiver.url());
    request.body = vec![0; limits::BODY_BYTES_MAX].into();
    request.timeout = SHORT;

    let outcome = hookgate_ports::Transport::send(&Sender::new().http, request).await;

    check_unreachable(&outcome, Reach::Timeout, "did not answer within 200ms");
}

#[tokio::test]
async fn a_connection_that_ends_early_is_unreachable_by_reset() {
    let early = [
        ("", "closed before the answer was whole"),
        ("HTTP/1.1 200 OK\r\ncontent-le", "closed before the answer was whole"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", "answered 200, but not wholly"),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", "answered 200, but not wholly"),
    ];
    let sender = Sender::new();

    for (bytes, words) in early {
        let receiver = Receiver::answering_once(bytes).await;
        check_unreachable(&sender.send(&receiver.url()).await, Reach::Reset, words);
        assert_eq!(receiver.connections(), 1, "a request that was written is not repeated");
    }
}

#[tokio::test]
async fn a_connection_that_is_reset_is_unreachable_by_reset() {
    for bytes in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"] {
        let receiver = Receiver::start(move |mut peer, _| async move {
            peer.request().await;
            peer.write(bytes).await;
            peer.reset();
        })
        .await;

        check_unreachable(&Sender::new().send(&receiver.url()).await, Reach::Reset, "connection reset");
        assert_eq!(receiver.connections(), 1, "a request that was written is not repeated");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_unreachable_by_reset() {
    let garbage = [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "\x16\x03\x01\x02\x00",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ];

    for bytes in garbage {
        let receiver = Receiver::answering_once(bytes).await;
        check_unreachable(&Sender::new().send(&receiver.url()).await, Reach::Reset, "127.0.0.1");
    }
    let receiver = Receiver::answering_once(garbage[0]).await;
    check_unreachable(&Sender::new().send(&receiver.url()).await, Reach::Reset, "the answer is not HTTP");
}

#[tokio::test]
async fn a_header_beyond_the_limits_is_refused_as_too_large() {
    let many = "x: y\r\n".repeat(limits::HEADER_COUNT_MAX + 1);
    // What came along in the last read may lie beyond the limit.
    let large = format!("x: {}\r\n", "y".repeat(2 * limits::HEADER_BYTES_MAX));

    for fields in [many, large] {
        let receiver =
            Receiver::answering_once(format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n")).await;
        let outcome = Sender::new().send(&receiver.url()).await;
        check_unreachable(&outcome, Reach::Reset, "the answer's header is too large");
    }
}

#[tokio::test]
async fn as_many_fields_as_the_limit_allows_are_read() {
    let fields = "x: y\r\n".repeat(limits::HEADER_COUNT_MAX - 1);
    let receiver = Receiver::answering(format!("HTTP/1.1 200 OK\r\n{fields}content-length: 0\r\n\r\n")).await;

    let outcome = Sender::new().send(&receiver.url()).await;

    assert_eq!(crate::sender::answer(outcome).headers.len(), limits::HEADER_COUNT_MAX);
}

#[tokio::test]
async fn an_endless_header_ends_without_the_timeout() {
    let receiver = Receiver::start(|mut peer, _| async move {
        peer.request().await;
        peer.write("HTTP/1.1 200 OK\r\nx: ").await;
        while peer.write("x".repeat(1024)).await {}
    })
    .await;

    check_unreachable(
        &Sender::new().send(&receiver.url()).await,
        Reach::Reset,
        "the answer's header is too large",
    );
}
