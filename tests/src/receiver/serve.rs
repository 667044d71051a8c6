//! The receiver's connections.

use std::io;
use std::sync::{Arc, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::{Behaviour, Received, Shared};
use crate::signature;

/// Accepts connections until it is aborted, and with it all of them.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&shared)))),
            // Of no file descriptors and their like: the test then says what it misses.
            Err(error) => eprintln!("the receiver did not accept a connection: {error}"),
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let Ok((stream, twin)) = twins(stream) else { return };
    let twin = Arc::new(twin);
    let service = service_fn(move |request| answer(request, Arc::clone(&shared), Arc::clone(&twin)));
    // A client that goes away is what these tests are about.
    let _broken = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.is_err();
}

/// Returns two handles of one socket: one for the server, one to spoil it with.
fn twins(stream: TcpStream) -> io::Result<(TcpStream, TcpStream)> {
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let twin = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, TcpStream::from_std(twin)?))
}

/// Notes the request and does what was chosen. An error closes the connection without an answer.
async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
    twin: Arc<TcpStream>,
) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let (nth, behaviour) = shared.note(head, body);
    let (status, text) = match behaviour {
        Behaviour::Answer(status) => (status, ""),
        Behaviour::Say(status, text) => (status, text),
        Behaviour::Slow(pause, status) => {
            tokio::time::sleep(pause).await;
            (status, "")
        }
        Behaviour::Hang => std::future::pending().await,
        Behaviour::Reset => {
            twin.set_zero_linger()?;
            return Err(io::Error::other("reset"));
        }
        Behaviour::Close => return Err(io::Error::other("close")),
    };
    shared.answered(nth, status);
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = http::StatusCode::from_u16(status).map_err(io::Error::other)?;
    Ok(response)
}

impl Shared {
    fn note(&self, head: http::request::Parts, body: Bytes) -> (usize, Behaviour) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let signature = signature::check_standard(&self.secret, &head.headers, &body, now);
        let mut choose = self.choose.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = self.received();
        let mut received = Received {
            nth: all.len(),
            at: Instant::now(),
            path: head.uri.path().to_owned(),
            headers: head.headers,
            body,
            behaviour: Behaviour::Hang,
            answered: None,
            signature,
        };
        received.behaviour = choose(&received);
        let noted = (received.nth, received.behaviour);
        all.push(received);
        drop(all);
        self.changed.send_modify(|changes| *changes += 1);
        noted
    }

    fn answered(&self, nth: usize, status: u16) {
        self.received()[nth].answered = Some(status);
        self.changed.send_modify(|changes| *changes += 1);
    }
}
