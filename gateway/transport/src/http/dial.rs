//! Opens a TCP connection to the first of several addresses that takes one.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::failure::{Failure, io_words};

/// The next address is tried this long after the last one without waiting for it to fail: RFC 8305,
/// "Happy Eyeballs", section 5.
const NEXT_AFTER: Duration = Duration::from_millis(250);

/// No address took a connection: the last one that failed.
#[derive(Debug)]
pub(super) struct NoConnection {
    address: SocketAddr,
    error: io::Error,
}

impl NoConnection {
    pub(super) fn of(&self, host: &str) -> Failure {
        Failure::connect(format!("{host} ({}): {}", self.address, io_words(&self.error)))
    }
}

type Attempt<'a> = Pin<Box<dyn Future<Output = Result<TcpStream, NoConnection>> + Send + 'a>>;

/// Connects to the first of `addresses` that answers; starts them in order, each when the one before
/// failed or [`NEXT_AFTER`] passed. Waits as long as the system does: the caller has the timeout.
///
/// Cancel-safe: a dropped call leaves no connection.
pub(super) async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, NoConnection> {
    let mut waiting = addresses.iter().copied();
    let mut running: Vec<Attempt<'_>> = Vec::new();
    running.extend(waiting.next().map(attempt));
    loop {
        let more = waiting.len() > 0;
        let failed = tokio::select! {
            finished = first(&mut running) => match finished {
                Ok(stream) => return Ok(stream),
                Err(failed) => Some(failed),
            },
            () = sleep(NEXT_AFTER), if more => None,
        };
        running.extend(waiting.next().map(attempt));
        if let Some(failed) = failed
            && running.is_empty()
        {
            return Err(failed);
        }
    }
}

fn attempt<'a>(address: SocketAddr) -> Attempt<'a> {
    Box::pin(async move {
        let stream = TcpStream::connect(address).await.map_err(|error| NoConnection { address, error })?;
        // A request is written whole; to wait for more of it would cost a receiver's delayed
        // acknowledgement, 40 ms, per request.
        stream.set_nodelay(true).map_err(|error| NoConnection { address, error })?;
        Ok(stream)
    })
}

/// Returns what the first of the attempts to finish came to, and takes it out. Never ends on none.
async fn first(running: &mut Vec<Attempt<'_>>) -> Result<TcpStream, NoConnection> {
    poll_fn(|context| {
        for at in 0..running.len() {
            if let Poll::Ready(finished) = running[at].as_mut().poll(context) {
                drop(running.swap_remove(at));
                return Poll::Ready(finished);
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn open() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    async fn closed() -> SocketAddr {
        open().await.1
    }

    #[tokio::test]
    async fn an_address_that_refuses_gives_way_to_the_next() {
        let (_listener, address) = open().await;

        let stream = dial(&[closed().await, closed().await, address]).await.unwrap();

        assert_eq!(stream.peer_addr().unwrap(), address);
        assert!(stream.nodelay().unwrap());
    }

    #[tokio::test]
    async fn if_none_connects_the_failure_names_an_address_and_the_reason() {
        let address = closed().await;

        let failure = dial(&[address]).await.unwrap_err().of("crm.test");

        assert_eq!(failure, Failure::connect(format!("crm.test ({address}): connection refused")));
    }

    #[tokio::test]
    async fn an_address_that_never_answers_does_not_hold_up_the_next() {
        let (_listener, address) = open().await;
        // Discarded by every router, RFC 6666; a machine without IPv6 refuses it at once, which is as good.
        let black_hole = "[100::1]:9".parse().unwrap();

        let stream = dial(&[black_hole, address]).await.unwrap();

        assert_eq!(stream.peer_addr().unwrap(), address);
    }
}
