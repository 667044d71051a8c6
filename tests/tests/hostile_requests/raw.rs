//! Bytes on a connection, whatever they are.

use std::net::SocketAddr;
use std::time::Duration;

use hookgate_tests::within;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than every limit of the gateway that ends a connection.
const LIMIT: Duration = Duration::from_secs(60);

/// What came back until the connection was closed.
#[derive(Debug)]
pub(super) struct Raw {
    /// The first status; none: it was closed without a word.
    pub(super) status: Option<u16>,
    /// All of it.
    pub(super) text: String,
}

/// Sends bytes and reads until the gateway closes the connection: they say `connection: close`, or are wrong.
pub(super) async fn exchange(door: SocketAddr, bytes: &str) -> Raw {
    read(&mut send(door, bytes).await).await
}

/// Sends bytes, says that no more will come, and reads to the end.
pub(super) async fn break_off(door: SocketAddr, bytes: &str) -> Raw {
    let mut stream = send(door, bytes).await;
    let _gone = stream.shutdown().await.is_err();
    read(&mut stream).await
}

async fn send(door: SocketAddr, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(door).await.expect("the door is open");
    // A refusal may come, and the connection go, before all is sent.
    let _refused = stream.write_all(bytes.as_bytes()).await.is_err();
    stream
}

/// Reads until the other side closes.
pub(super) async fn read(stream: &mut TcpStream) -> Raw {
    let mut bytes = Vec::new();
    let _reset =
        within("the gateway closes the connection", LIMIT, stream.read_to_end(&mut bytes)).await.is_err();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let status =
        text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok());
    Raw { status, text }
}
