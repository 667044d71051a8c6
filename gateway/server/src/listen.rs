//! Listening: one loop for every port, with limits against slow, large and malformed clients.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hookgate_core::limits;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// After an error of `accept` that is not the peer's, such as no file descriptors, this long a pause.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who reads an answer without an end has this long to take the end that it is given when the door closes.
const LAST_READ: Duration = Duration::from_secs(1);

/// The closing of the door that a request came in by: an answer that has no end of its own ends with it.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    door: CancellationToken,
    is_endless: Arc<AtomicBool>,
}

impl Closing {
    fn of(door: &CancellationToken) -> Closing {
        Closing { door: door.clone(), is_endless: Arc::default() }
    }

    /// Promises that the answer has no end but the door's closing, and returns what tells of it. A reader that
    /// does not read does not hold the drain up.
    pub(crate) fn ends_an_answer(self) -> CancellationToken {
        self.is_endless.store(true, Ordering::Relaxed);
        self.door
    }

    /// Waits until the connection is not worth waiting for any more.
    async fn is_given_up(&self) {
        self.door.cancelled().await;
        if self.is_endless.load(Ordering::Relaxed) {
            tokio::time::sleep(LAST_READ).await;
        } else {
            std::future::pending().await
        }
    }
}

/// Serves `router` until `stop`; then closes idle connections and lets requests end within `grace`.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, grace: Duration) {
    let room = Arc::new(Semaphore::new(limits::CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = stop.cancelled() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer, permit)) => {
                let watcher = graceful.watcher();
                let (router, closing) = (router.clone(), Closing::of(&stop));
                connections.spawn(async move {
                    connection(stream, peer, (router, closing), watcher).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    if timeout(grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("closing connections whose requests did not end in time");
    }
    connections.shutdown().await;
}

/// Takes a place first, so that connections beyond the bound wait in the kernel and cost nothing here.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let permit = Arc::clone(room).acquire_owned().await.map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Ok((stream, peer, permit)),
            Err(error) if is_the_peers(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    (router, closing): (Router, Closing),
    watcher: Watcher,
) {
    // Answers are small and whole: waiting to fill a segment would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY was refused");
    }
    let of_request = closing.clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(of_request.clone());
        let answer = router.clone().oneshot(request.map(axum::body::Body::new));
        async move { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_TIMEOUT)
        .max_headers(limits::HEADER_COUNT_MAX)
        // Who closes its side after the request still waits for the answer.
        .half_close(true)
        .max_buf_size(limits::HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        ended = watcher.watch(connection) => if let Err(error) = ended {
            tracing::debug!(%error, %peer, "a connection ended early");
        },
        () = closing.is_given_up() => tracing::debug!(%peer, "an onlooker did not read to the end"),
    }
}
