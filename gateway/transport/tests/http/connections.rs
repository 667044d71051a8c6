//! Connections that are kept, closed and opened anew.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hookgate_core::outcome::Outcome;
use hookgate_ports::Transport;
use hookgate_transport::HttpSettings;
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

use crate::receiver::{OK, Receiver};
use crate::sender::{Sender, allowed, post, settings};

#[tokio::test]
async fn one_connection_serves_many_sends() {
    let receiver = Receiver::answering(OK).await;
    let sender = Sender::new();

    for _ in 0..100 {
        assert_eq!(sender.send(&receiver.url()).await.status(), Some(200));
    }

    assert_eq!(receiver.connections(), 1);
    assert_eq!(sender.metric("http_connections_opened_total"), 1);
    assert_eq!(sender.metric("http_connections_open"), 1);
}

#[tokio::test]
async fn sends_run_at_once_and_find_their_connections_again() {
    const SENDS: usize = 32;
    let together = Arc::new(Barrier::new(SENDS));
    let receiver = Receiver::start(move |mut peer, _| {
        let together = together.clone();
        async move {
            while peer.request().await.is_some() {
                together.wait().await;
                peer.write(OK).await;
            }
        }
    })
    .await;
    let sender = Arc::new(Sender::new());

    for _ in 0..3 {
        let mut sends = JoinSet::new();
        for _ in 0..SENDS {
            let (sender, url) = (sender.clone(), receiver.url());
            sends.spawn(async move { sender.send(&url).await.status() });
        }
        assert_eq!(sends.join_all().await, [Some(200); SENDS]);
    }

    assert_eq!(receiver.connections(), SENDS);
}

#[tokio::test]
async fn a_kept_connection_that_the_receiver_closed_is_not_noticed() {
    let receiver = Receiver::answering_once(OK).await;
    let sender = Sender::new();

    for sends in 1..=10 {
        assert_eq!(sender.send(&receiver.url()).await.status(), Some(200));
        sender.all_closed().await;
        assert_eq!(receiver.connections(), sends);
    }
}

#[tokio::test]
async fn a_connection_that_the_receiver_will_close_is_not_kept() {
    let receiver =
        Receiver::answering("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    let sender = Sender::new();

    for sends in 1..=3 {
        assert_eq!(sender.send(&receiver.url()).await.status(), Some(200));
        assert_eq!(receiver.connections(), sends);
    }
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_its_time() {
    let (closed, mut closes) = mpsc::channel(1);
    let receiver = Receiver::start(move |mut peer, number| {
        let closed = closed.clone();
        async move {
            while peer.request().await.is_some() {
                peer.write(OK).await;
            }
            closed.send(number).await.unwrap();
        }
    })
    .await;
    let sender = Sender::with(HttpSettings { idle_connection: Duration::from_millis(20), ..settings() });

    sender.send(&receiver.url()).await;

    assert_eq!(closes.recv().await, Some(1));
    sender.all_closed().await;
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection() {
    let (event, mut events) = mpsc::channel(1);
    let receiver = Receiver::start(move |mut peer, _| {
        let event = event.clone();
        async move {
            peer.request().await;
            event.send("request").await.unwrap();
            peer.closed().await;
            event.send("closed").await.unwrap();
        }
    })
    .await;
    let sender = Arc::new(Sender::new());
    let (sending, url) = (sender.clone(), receiver.url());
    let call = tokio::spawn(async move { sending.http.send(post(&url)).await });
    assert_eq!(events.recv().await, Some("request"));

    call.abort();

    assert_eq!(events.recv().await, Some("closed"));
    sender.all_closed().await;
}

#[tokio::test]
async fn a_send_that_timed_out_leaves_no_connection() {
    let receiver = Receiver::start(|mut peer, _| async move {
        peer.request().await;
        peer.closed().await;
    })
    .await;
    let sender = Sender::new();

    sender.send_within(&receiver.url(), Duration::from_millis(20)).await;

    sender.all_closed().await;
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_new_allow_list_rules_the_next_send_and_no_old_connection() {
    let receiver = Receiver::answering(OK).await;
    let sender = Sender::new();
    assert_eq!(sender.send(&receiver.url()).await.status(), Some(200));

    sender.http.allow(allowed(&["127.0.0.0/8"]));
    assert_eq!(sender.send(&receiver.url()).await.status(), Some(200));
    assert_eq!(receiver.connections(), 1, "the same list changes nothing");

    sender.http.allow(allowed(&[]));
    assert!(matches!(sender.send(&receiver.url()).await, Outcome::Blocked { .. }));
    sender.all_closed().await;

    sender.http.allow(allowed(&["127.0.0.1"]));
    assert_eq!(sender.send(&receiver.url()).await.status(), Some(200));
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn a_name_that_lost_its_permission_does_not_use_its_kept_connection() {
    let receiver = Receiver::answering(OK).await;
    let sender = Sender::with(HttpSettings::new(allowed(&["localhost"])));
    let url = format!("http://localhost:{}/", receiver.address.port());
    assert_eq!(sender.send(&url).await.status(), Some(200));

    sender.http.allow(allowed(&["10.0.0.0/8"]));

    assert!(matches!(sender.send(&url).await, Outcome::Blocked { address: Some(_), .. }));
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn a_send_under_way_ends_under_the_list_that_it_began_with() {
    let (asked, mut asks) = mpsc::channel(1);
    let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = Mutex::new(Some(wait));
    let receiver = Receiver::start(move |mut peer, _| {
        let (asked, wait) = (asked.clone(), wait.lock().unwrap().take());
        async move {
            peer.request().await;
            asked.send(()).await.unwrap();
            wait.unwrap().await.unwrap();
            peer.write(OK).await;
        }
    })
    .await;
    let sender = Arc::new(Sender::new());
    let (sending, url) = (sender.clone(), receiver.url());
    let call = tokio::spawn(async move { sending.send(&url).await });
    asks.recv().await.unwrap();

    sender.http.allow(allowed(&[]));
    go_on.send(()).unwrap();

    assert_eq!(call.await.unwrap().status(), Some(200));
    sender.all_closed().await;
}
