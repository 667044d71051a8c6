//! The receiver: answers 204 to every POST and writes each arrival into the ledger of the phase that
//! runs. It looks at one signature in a hundred or so, enough to notice a sender that does not sign,
//! too few to be what is measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::net::TcpListener;

use crate::event;
use crate::ledger::Ledger;
use crate::serve::{Answer, empty, serve};
use crate::signing::Key;

/// Every 128th arrival has its signature checked: 2 us shared by 128 arrivals.
const CHECKED_EVERY: u64 = 128;

/// The receiver of a run.
pub(crate) struct Sink {
    key: Key,
    received: AtomicU64,
    ledger: Mutex<Arc<Ledger>>,
}

impl Sink {
    /// Makes a sink that knows the sender's key and has no phase yet.
    pub(crate) fn new(key: Key) -> Arc<Self> {
        let ledger = Mutex::new(Arc::new(Ledger::new(1, 0)));
        Arc::new(Self { key, received: AtomicU64::new(0), ledger })
    }

    /// Writes arrivals into `ledger` from now on.
    pub(crate) fn turn_to(&self, ledger: Arc<Ledger>) {
        *self.ledger.lock().unwrap_or_else(PoisonError::into_inner) = ledger;
    }

    /// Returns how many requests came, whatever they were.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Serves on `listener` until it is dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) -> Result<()> {
        let answer = move |request| {
            let sink = Arc::clone(&self);
            async move { sink.receive(request).await }
        };
        Ok(serve(listener, answer).await?)
    }

    async fn receive(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let Ok(body) = body.collect().await else { return empty(StatusCode::BAD_REQUEST) };
        let body = body.to_bytes();
        let ledger = Arc::clone(&self.ledger.lock().unwrap_or_else(PoisonError::into_inner));
        ledger.arrive(event::number_of(&body));
        let received = self.received.fetch_add(1, Ordering::Relaxed);
        if received.is_multiple_of(CHECKED_EVERY) && !self.is_signed(&head.headers, &body) {
            ledger.refuse_signature();
        }
        empty(StatusCode::NO_CONTENT)
    }

    fn is_signed(&self, headers: &http::HeaderMap, body: &[u8]) -> bool {
        let header = |name: &str| headers.get(name).map(http::HeaderValue::as_bytes);
        let signature = header("webhook-signature").and_then(|value| std::str::from_utf8(value).ok());
        match (signature, header("webhook-id"), header("webhook-timestamp")) {
            (Some(signature), Some(id), Some(timestamp)) => {
                self.key.verifies_standard(signature, id, timestamp, body)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poster::{ClientKind, Message, Poster};
    use bytes::Bytes;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// Posts one message with every client and returns the ledger.
    async fn check(signature: impl Fn(&Key, &[u8]) -> String) -> Arc<Ledger> {
        let key = Key::standard_webhooks(SECRET).unwrap();
        let ledger = Arc::new(Ledger::new(1, ClientKind::ALL.len()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sink = Sink::new(key.clone());
        sink.turn_to(Arc::clone(&ledger));
        let mut served = tokio::task::JoinSet::new();
        served.spawn(Arc::clone(&sink).serve(listener));

        for kind in ClientKind::ALL {
            let number = ledger.draw().unwrap();
            let body = Bytes::from(format!(r#"{{"action":"opened","number":{number}}}"#));
            let signature = signature(&key, &body);
            let (id, timestamp) = ("del_1".to_owned(), "1614265330".to_owned());
            let mut poster = Poster::new(kind, address, "/hook").unwrap();
            let status = poster.post(Message { id, timestamp, signature, body }).await.unwrap();
            assert_eq!(status, StatusCode::NO_CONTENT);
        }
        ledger
    }

    #[tokio::test]
    async fn every_client_arrives_once() {
        let ledger = check(|key, body| key.sign_standard("del_1", "1614265330", body)).await;

        assert_eq!(ledger.arrived(), 3);
        assert_eq!(ledger.faults(), crate::ledger::Faults::default());
    }

    #[tokio::test]
    async fn a_sender_that_does_not_sign_is_noticed() {
        let ledger = check(|_, _| "v1,AAAA".to_owned()).await;

        assert_eq!(ledger.faults().bad_signatures, 1);
    }
}
