//! Addresses that are refused, by real sockets.

use hookgate_core::outcome::Outcome;
use hookgate_transport::HttpSettings;

use crate::receiver::{OK, Receiver};
use crate::sender::{Sender, allowed};

fn sender(allow: &[&str]) -> Sender {
    Sender::with(HttpSettings::new(allowed(allow)))
}

#[tokio::test]
async fn an_address_is_blocked_in_every_spelling_and_never_connected_to() {
    let receiver = Receiver::answering(OK).await;
    let sender = sender(&[]);
    let hosts = [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "0x7f.1",
        "0177.0.0.1",
        "2130706433",
        "0x7f000001",
        "%31%32%37.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
    ];

    for host in hosts {
        let outcome = sender.send(&format!("http://{host}:{}/s3cret", receiver.address.port())).await;
        assert!(matches!(outcome, Outcome::Blocked { address: None, .. }), "{host}: {outcome:?}");
        assert!(!outcome.detail().contains("s3cret"));
    }
    assert_eq!(receiver.connections(), 0);
    assert_eq!(sender.metric("http_sends_total{outcome=\"blocked\"}"), 13);
    assert_eq!(sender.metric("http_connections_opened_total"), 0);
}

#[tokio::test]
async fn a_name_is_blocked_by_its_address() {
    let receiver = Receiver::answering(OK).await;
    let sender = sender(&[]);

    for host in ["localhost", "LOCALHOST", "localhost.", "hooks.localhost"] {
        let outcome = sender.send(&format!("http://{host}:{}/", receiver.address.port())).await;
        let Outcome::Blocked { host: named, address: Some(address) } = &outcome else {
            panic!("{host}: {outcome:?}")
        };
        assert_eq!(*named, host.to_ascii_lowercase());
        assert!(address.is_loopback(), "{outcome:?}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_name_is_allowed_by_its_name_or_its_network() {
    for allow in ["localhost", "127.0.0.0/8", "127.0.0.1"] {
        let receiver = Receiver::answering(OK).await;
        let sender = sender(&[allow]);

        for host in ["localhost", "localhost."] {
            let outcome = sender.send(&format!("http://{host}:{}/", receiver.address.port())).await;
            assert_eq!(outcome.status(), Some(200), "{allow}, {host}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn an_allowed_name_allows_no_address() {
    let receiver = Receiver::answering(OK).await;

    let outcome = sender(&["localhost"]).send(&receiver.url()).await;

    assert!(matches!(outcome, Outcome::Blocked { .. }), "{outcome:?}");
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_url_that_is_none_of_http_is_misconfigured() {
    for url in ["ftp://127.0.0.1/", "unix:/run/docker.sock", "file:///etc/passwd"] {
        let outcome = sender(&["127.0.0.1"]).send(url).await;
        assert!(matches!(outcome, Outcome::Misconfigured(_)), "{url}: {outcome:?}");
    }
}
