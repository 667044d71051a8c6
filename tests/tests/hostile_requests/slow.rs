//! Clients that take their time. They end by the gateway's clock, and cost nobody else anything.

use std::time::Instant;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::raw::{Raw, read};
use super::{serves, start};

/// Connections of each kind.
const SLOW: usize = 50;

#[tokio::test]
async fn slow_clients_are_ended_and_others_are_served_meanwhile() {
    let (gateway, _receiver) = start().await;
    let begun = Instant::now();
    let heads = begin(&gateway, "POST /in/open HTTP/1.1\r\nhost: x\r\nx-slow:").await;
    let bodies = begin(&gateway, "POST /in/open HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nx").await;
    let silent = begin(&gateway, "").await;

    for number in 0..20 {
        serves(&gateway, number).await;
    }

    for raw in heads.join_all().await.into_iter().chain(silent.join_all().await) {
        assert!(matches!(raw.status, None | Some(408)), "{}", raw.text);
    }
    for raw in bodies.join_all().await {
        assert_eq!(raw.status, Some(408), "{}", raw.text);
        assert!(raw.text.contains("application/problem+json"), "{}", raw.text);
    }
    println!("slow clients: all ended after {:?}", begun.elapsed());
    serves(&gateway, 100).await;
    assert_eq!(gateway.admin().all("/v1/events?source=open").await, Vec::<serde_json::Value>::new());
}

/// Opens connections that say this and then nothing more, and read what they hear.
async fn begin(gateway: &hookgate_tests::Gateway, say: &'static str) -> JoinSet<Raw> {
    let mut connections = JoinSet::new();
    for _ in 0..SLOW {
        let mut stream = TcpStream::connect(gateway.public()).await.expect("the door is open");
        stream.write_all(say.as_bytes()).await.expect("it listens");
        connections.spawn(async move { read(&mut stream).await });
    }
    connections
}
