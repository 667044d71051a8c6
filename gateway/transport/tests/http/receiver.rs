//! A receiver that does on the wire just what a test says.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A listening socket; everything of it ends when it is dropped.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    connections: watch::Receiver<usize>,
    _tasks: JoinSet<()>,
}

/// One connection to a receiver.
pub(crate) struct Peer(BufReader<TcpStream>);

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

impl Receiver {
    /// Runs `serve` for every connection, with the connection's number from 1 on.
    pub(crate) async fn start<F, S>(serve: F) -> Receiver
    where
        F: Fn(Peer, usize) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, connections) = watch::channel(0);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut peers = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.send_modify(|count| *count += 1);
                peers.spawn(serve(Peer(BufReader::new(stream)), *count.borrow()));
            }
        });
        Receiver { address, connections, _tasks: tasks }
    }

    /// Answers every request of every connection with the same bytes, and keeps the connection.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Receiver {
        let answer: Arc<[u8]> = answer.into().into();
        Receiver::start(move |mut peer, _| {
            let answer = answer.clone();
            async move {
                while peer.request().await.is_some() {
                    peer.write(&answer).await;
                }
            }
        })
        .await
    }

    /// Answers one request of every connection with these bytes, then closes it.
    pub(crate) async fn answering_once(answer: impl Into<Vec<u8>>) -> Receiver {
        let answer: Arc<[u8]> = answer.into().into();
        Receiver::start(move |mut peer, _| {
            let answer = answer.clone();
            async move {
                peer.request().await;
                peer.write(&answer).await;
            }
        })
        .await
    }

    /// Returns how many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.borrow()
    }

    /// Returns a URL here that holds a secret.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/s3cret?token=s3cret", self.address)
    }
}

impl Peer {
    /// Reads a request with its body; none when the client has closed the connection.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut body_bytes = 0;
        loop {
            let start = text.len();
            if self.0.read_line(&mut text).await.unwrap_or(0) == 0 {
                return None;
            }
            let line = text[start..].to_ascii_lowercase();
            if let Some(length) = line.strip_prefix("content-length:") {
                body_bytes = length.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; body_bytes];
        self.0.read_exact(&mut body).await.ok()?;
        Some(text + &String::from_utf8(body).unwrap())
    }

    /// Reads a request's first line and leaves the rest where it is.
    pub(crate) async fn first_line(&mut self) {
        self.0.read_line(&mut String::new()).await.unwrap();
    }

    /// Writes what the client may have stopped to read.
    pub(crate) async fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Waits until the client has closed the connection.
    pub(crate) async fn closed(&mut self) {
        while !matches!(self.0.read(&mut [0; 1024]).await, Ok(0) | Err(_)) {}
    }

    /// Closes the connection with a reset instead of an end.
    pub(crate) fn reset(self) {
        self.0.get_ref().set_zero_linger().unwrap();
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.0.into_inner()
    }
}
