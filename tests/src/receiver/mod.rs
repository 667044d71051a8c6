//! A receiver of webhooks that does as it is told, notes everything, and checks every signature.

mod serve;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::patience::{eventually, within};
use crate::ports;

/// Nobody but a process that is just being started can be in the way.
const PORT_LIMIT: Duration = Duration::from_secs(10);

/// What a receiver does with a request, once it has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Answers with this status.
    Answer(u16),
    /// Answers with this status and this text.
    Say(u16, &'static str),
    /// Answers with this status after so long.
    Slow(Duration, u16),
    /// Answers nothing, as long as the sender waits.
    Hang,
    /// Resets the connection.
    Reset,
    /// Closes the connection without an answer.
    Close,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// Which one it was, from 0.
    pub nth: usize,
    /// When.
    pub at: Instant,
    /// Its path.
    pub path: String,
    /// Its header fields.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// What was decided to do with it.
    pub behaviour: Behaviour,
    /// The status that was answered; none: none yet, or never.
    pub answered: Option<u16>,
    /// What the independent check of its signature said.
    pub signature: Result<(), String>,
}

/// A receiver on a loopback port. Gone when dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: Option<JoinHandle<()>>,
}

type Choice = dyn FnMut(&Received) -> Behaviour + Send;

struct Shared {
    secret: String,
    received: Mutex<Vec<Received>>,
    choose: Mutex<Box<Choice>>,
    /// Counts changes of `received`.
    changed: watch::Sender<u64>,
}

impl Receiver {
    /// Starts a receiver that accepts everything and checks signatures under `secret`.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start(secret: &str) -> Receiver {
        let shared = Arc::new(Shared {
            secret: secret.to_owned(),
            received: Mutex::default(),
            choose: Mutex::new(Box::new(|_| Behaviour::Answer(200))),
            changed: watch::Sender::new(0),
        });
        let mut receiver = Receiver { address: ports::free(), shared, serving: None };
        receiver.start_again().await;
        receiver
    }

    /// Listens at the same port again.
    ///
    /// # Panics
    /// It listens already, or somebody took the port.
    pub async fn start_again(&mut self) {
        assert!(self.serving.is_none(), "the receiver listens already");
        // A process that another test starts at this moment holds our closed sockets until its `exec`.
        let bound = async || TcpListener::bind(self.address).await.ok();
        let listener = eventually("the receiver's port is free", PORT_LIMIT, bound).await;
        self.serving = Some(tokio::spawn(serve::serve(listener, Arc::clone(&self.shared))));
    }

    /// Stops listening and closes all connections: who calls is refused.
    pub async fn stop(&mut self) {
        let serving = self.serving.take().expect("the receiver listens");
        serving.abort();
        // Its end is all that is awaited; an abort is no failure.
        let _aborted = serving.await.is_err();
    }

    /// From now on does with each request what `choose` says.
    pub fn behave(&self, choose: impl FnMut(&Received) -> Behaviour + Send + 'static) {
        *self.shared.choose.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(choose);
    }

    /// Returns the URL of a path of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Returns a copy of all that arrived.
    pub fn all(&self) -> Vec<Received> {
        self.shared.received().clone()
    }

    /// Waits until `find` finds something in what arrived, and returns it.
    ///
    /// # Panics
    /// It does not within `limit`.
    pub async fn until<T>(
        &self,
        what: &str,
        limit: Duration,
        mut find: impl FnMut(&[Received]) -> Option<T>,
    ) -> T {
        let mut changed = self.shared.changed.subscribe();
        within(what, limit, async move {
            loop {
                changed.mark_unchanged();
                if let Some(found) = find(&self.shared.received()) {
                    return found;
                }
                changed.changed().await.expect("the receiver outlives its tests");
            }
        })
        .await
    }

    /// Waits until `count` requests of a path were answered with 2xx, and returns those of that path.
    ///
    /// # Panics
    /// They were not within `limit`.
    pub async fn accepted(&self, path: &str, count: usize, limit: Duration) -> Vec<Received> {
        let what = format!("{count} accepted at {path}");
        self.until(&what, limit, |all| {
            let of_path = all.iter().filter(|received| received.path == path);
            let accepted: Vec<Received> =
                of_path.filter(|received| received.is_accepted()).cloned().collect();
            (accepted.len() >= count).then_some(accepted)
        })
        .await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

impl Received {
    /// Tells whether it was answered with 2xx.
    pub fn is_accepted(&self) -> bool {
        self.answered.is_some_and(|status| (200..300).contains(&status))
    }

    /// Returns a header field as text; empty without one.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns the message id.
    pub fn message(&self) -> &str {
        self.header("webhook-id")
    }
}

impl Shared {
    fn received(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} requests", self.received().len())
    }
}
