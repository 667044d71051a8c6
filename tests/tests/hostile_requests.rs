//! Clients, operators and plugins that do what they should not. Each hears what is wrong, and nobody
//! else notices.

mod admin;
mod plugins;
mod raw;
mod slow;

use std::net::SocketAddr;

use hookgate_tests::{GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Receiver, Sender, Wire};
use http::Method;

use crate::setup::{SOON, delivery, destination, route};
use raw::{break_off, exchange};

/// `github` to the receiver, and two sources that ask for no proof: one takes small bodies only.
async fn start() -> (Gateway, Receiver) {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let config =
        "[source.open.verify.none]\n\n[source.small]\nbody_max = \"1KiB\"\n[source.small.verify.none]\n\n"
            .to_owned()
            + &destination("control", &receiver.url("/control"), "retry = { schedule = [\"200ms\"] }")
            + &route("control", "pull_request.*", "control", "");
    (Gateway::start(&config).await, receiver)
}

/// Checks that a gateway serves as if nothing had happened.
async fn serves(gateway: &Gateway, number: u64) {
    let sender = Sender::new(&gateway.source_url());
    let event = sender.send_new(&PullRequests::new(GITHUB_SECRET, 77).closed(number)).await;
    delivery(gateway, &event, "control", "delivered", SOON).await;
}

#[tokio::test]
async fn a_body_is_bounded_whether_its_size_is_declared_or_not() {
    let (gateway, _receiver) = start().await;
    let door = gateway.public();
    let declared = |length: usize, body: &str| {
        format!(
            "POST /in/small HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let chunked = |chunks: &[usize]| {
        let chunks: String =
            chunks.iter().map(|size| format!("{size:x}\r\n{}\r\n", "x".repeat(*size))).collect();
        format!(
            "POST /in/small HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
        )
    };

    assert_eq!(exchange(door, &declared(1024, &"x".repeat(1024))).await.status, Some(200));
    assert_eq!(exchange(door, &chunked(&[512, 512])).await.status, Some(200));
    // Refused by what it declares: not one byte of the body is sent.
    for length in [1025, 1 << 20, 1 << 40] {
        let refused = exchange(door, &declared(length, "")).await;
        assert_eq!(refused.status, Some(413), "{length}: {}", refused.text);
        assert!(refused.text.contains("at most 1024 bytes"), "{}", refused.text);
    }
    for chunks in [&[1025][..], &[1024, 1], &[100; 11]] {
        assert_eq!(exchange(door, &chunked(chunks)).await.status, Some(413), "{chunks:?}");
    }
    assert_eq!(gateway.admin().all("/v1/events?source=small").await.len(), 2);
    serves(&gateway, 1).await;
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_disturbs_nobody() {
    let (gateway, _receiver) = start().await;
    let post = "POST /in/open HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let many: String = (0..101).map(|nth| format!("x-{nth}: 1\r\n")).collect();
    let large = "x".repeat(100_000);
    let cases = [
        ("garbage", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".to_owned(), 400),
        ("no version", "GET /in/open\r\n\r\n".to_owned(), 400),
        ("a version that does not exist", "POST /in/open HTTP/9.9\r\nhost: x\r\n\r\n".to_owned(), 400),
        ("a field without a colon", format!("{post}nonsense\r\n\r\n"), 400),
        ("a zero byte in a field", format!("{post}x-a: \0\r\n\r\n"), 400),
        ("two lengths that differ", format!("{post}content-length: 1\r\ncontent-length: 2\r\n\r\nab"), 400),
        ("a negative length", format!("{post}content-length: -1\r\n\r\n"), 400),
        ("a length that is no number", format!("{post}content-length: 1e3\r\n\r\n"), 400),
        ("a transfer coding that nobody knows", format!("{post}transfer-encoding: gzip\r\n\r\n"), 400),
        ("chunks that are none", format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n"), 400),
        ("101 fields", format!("{post}{many}\r\n"), 431),
        ("a field of 100 kB", format!("{post}x-a: {large}\r\n\r\n"), 431),
    ];
    let mut wrong = Vec::new();
    for (what, request, status) in &cases {
        let answer = exchange(gateway.public(), request).await;
        // A connection that is closed without a word is a refusal, too.
        if answer.status.is_some_and(|found| found != *status) {
            wrong.push(format!("{what}: expected {status}, got {:?} {}", answer.status, answer.text));
        }
    }
    for (nth, (what, request, _)) in cases.iter().enumerate() {
        let answer = break_off(gateway.admin_door(), request).await;
        if answer.status.is_some_and(|found| !(400..500).contains(&found)) {
            wrong.push(format!("{what} at the admin door: {:?} {}", answer.status, answer.text));
        }
        serves(&gateway, nth as u64).await;
    }
    assert_eq!(wrong, Vec::<String>::new());
    let broken_off = break_off(gateway.public(), &format!("{post}content-length: 10\r\n\r\nabc")).await;
    assert!(broken_off.status.is_none_or(|status| status == 400), "{}", broken_off.text);
    assert_eq!(gateway.admin().all("/v1/events?source=open").await, Vec::<serde_json::Value>::new());
}

#[tokio::test]
async fn a_refusal_is_short_whatever_was_asked_for() {
    let (gateway, _receiver) = start().await;
    for door in [gateway.public(), gateway.admin_door()] {
        for bytes in [1_000, 8_000, 30_000, 40_000, 200_000] {
            let path = format!("/in/{}", "x".repeat(bytes));
            let request =
                format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");

            let answer = exchange(door, &request).await;

            assert!(
                answer.status.is_none_or(|status| [404, 414, 431].contains(&status)),
                "{bytes}: {:?}",
                answer.status
            );
            assert!(
                answer.text.len() < 2_000,
                "{bytes} bytes of path come back as {} bytes",
                answer.text.len()
            );
        }
    }
}

#[tokio::test]
async fn a_length_and_chunks_at_once_are_never_two_requests() {
    // RFC 9112, 6.3: whoever takes both must not let the rest pass for another request.
    let (gateway, _receiver) = start().await;
    let smuggled = "POST /in/open HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\ns";
    let request = format!(
        "POST /in/open HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n\
         0\r\n\r\n{smuggled}"
    );

    let answer = exchange(gateway.public(), &request).await;

    assert!(answer.text.matches("HTTP/1.1 200").count() <= 1, "{}", answer.text);
    serves(&gateway, 1).await;
}

#[tokio::test]
async fn what_is_nowhere_and_what_is_not_allowed_is_said_as_a_problem() {
    let (gateway, _receiver) = start().await;
    let (public, admin) = (gateway.public(), gateway.admin_door());
    let cases: [(SocketAddr, &str, &str, u16); 12] = [
        (public, "POST", "/", 404),
        (public, "POST", "/in", 404),
        (public, "POST", "/in/", 404),
        (public, "POST", "/in/no-such-source", 404),
        (public, "POST", "/in/github/more", 404),
        (public, "POST", "/in/%ff%fe", 404),
        (public, "POST", "/v1/events", 404),
        (public, "GET", "/readyz", 404),
        (public, "GET", "/in/github", 405),
        (public, "DELETE", "/in/github", 405),
        (admin, "POST", "/in/github", 404),
        (admin, "GET", "/ui", 404),
    ];
    let wire = Wire::new();
    let mut wrong = Vec::new();
    for (door, method, path, status) in cases {
        let method: Method = method.parse().expect("a method");
        let answer = wire
            .send(method.clone(), &format!("http://{door}{path}"), &[], Default::default())
            .await
            .expect("an answer");
        let problem = answer.json();
        let is_problem = answer.header("content-type") == "application/problem+json"
            && problem["status"] == answer.status.as_u16();
        let is_allow_said = status != 405 || answer.header("allow").contains("POST");
        if answer.status != status || !is_problem || !is_allow_said {
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            wrong.push(format!("{method} {path}: {} {:?} {body}", answer.status, answer.headers));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    // Bytes that are no text at all may be refused by the parser.
    for path in ["/in/\u{ff}", "/in/a b", "/in/\u{7f}"] {
        let answer = exchange(
            public,
            &format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"),
        )
        .await;
        assert!(answer.status.is_none_or(|status| (400..500).contains(&status)), "{path:?}: {}", answer.text);
    }
    serves(&gateway, 1).await;
}
