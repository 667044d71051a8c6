//! A reader of Server-Sent Events (WHATWG HTML, "Server-sent events"), as fast as its caller asks.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

/// What the kernel holds for a reader that does not read: little, so that the gateway feels it soon.
const RECEIVE_BYTES: u32 = 64 << 10;

/// An event stream that is open.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    buffer: Vec<u8>,
    connection: JoinHandle<()>,
}

/// How an event stream came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// As HTTP says that a body ends.
    InOrder,
    /// The connection broke off.
    BrokenOff,
}

impl Events {
    /// Opens the stream at a path of a door.
    ///
    /// # Panics
    /// The answer is no event stream.
    pub async fn open(door: SocketAddr, path: &str, key: &str) -> Events {
        Events::ask(door, path, key).await.unwrap_or_else(|status| panic!("{path}: {status}"))
    }

    /// Opens the stream at a path of a door, if it may.
    ///
    /// # Errors
    /// The status of a refusal.
    ///
    /// # Panics
    /// The answer is 200, and no event stream.
    pub async fn ask(door: SocketAddr, path: &str, key: &str) -> Result<Events, StatusCode> {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(RECEIVE_BYTES).expect("a size that every kernel takes");
        let stream = socket.connect(door).await.expect("the door is open");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP/1.1");
        let connection = tokio::spawn(async move {
            // How it ends is seen in the body.
            let _broken = connection.await.is_err();
        });
        let request = Request::get(path)
            .header("host", door.to_string())
            .header("authorization", format!("Bearer {key}"))
            .body(Empty::<Bytes>::new())
            .expect("a request");
        let response = sender.send_request(request).await.expect("an answer");
        if response.status() != StatusCode::OK {
            connection.abort();
            return Err(response.status());
        }
        let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        assert_eq!(kind, Some("text/event-stream"));
        Ok(Events { body: response.into_body(), buffer: Vec::new(), connection })
    }

    /// Waits for the next event and returns its name and its data, which is JSON.
    ///
    /// # Errors
    /// How the stream ended instead.
    pub async fn next(&mut self) -> Result<(String, Value), Ended> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                match read(&String::from_utf8_lossy(&block)) {
                    Some(event) => return Ok(event),
                    None => continue,
                }
            }
            match self.body.frame().await {
                Some(Ok(frame)) => self.buffer.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Some(Err(_)) => return Err(Ended::BrokenOff),
                None => return Err(Ended::InOrder),
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Reads the lines of one event; none: it was a comment.
fn read(block: &str) -> Option<(String, Value)> {
    let field = |name: &str| {
        let lines = block.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(':'));
        lines.map(|value| value.strip_prefix(' ').unwrap_or(value)).collect::<Vec<_>>()
    };
    let data = field("data");
    if data.is_empty() {
        return None;
    }
    let data = data.join("\n");
    let value = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error} in {data}"));
    Some((field("event").join(""), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_has_a_name_and_data_and_a_comment_neither() {
        assert_eq!(read(": still here\n\n"), None);
        assert_eq!(read("event: tried\ndata: {\"a\":1}\n\n"), Some(("tried".into(), json!({ "a": 1 }))));
        assert_eq!(read("data:[1,\ndata: 2]\n\n"), Some((String::new(), json!([1, 2]))));
    }
}
