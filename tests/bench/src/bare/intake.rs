//! The first half of the bare loop: verify, parse, commit, and only then 200 and on to delivery.

use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::Value;

use crate::bare::deliver::{Delivery, Lane};
use crate::bare::store::{NewEvent, Store};
use crate::serve::{Answer, empty};
use crate::signing::Key;

/// What GitHub sends at most is 25 MB; a benchmark needs no more than this.
const BODY_BYTES_MAX: usize = 1 << 20;

/// What every accept shares.
pub(crate) struct Intake {
    key: Key,
    store: Store,
    lanes: Vec<Lane>,
    next_id: AtomicI64,
}

impl Intake {
    /// Accepts into `store` and delivers by `lanes`, of which there is at least one.
    pub(crate) fn new(key: Key, store: Store, lanes: Vec<Lane>) -> Self {
        Self { key, store, lanes, next_id: AtomicI64::new(1) }
    }

    /// Answers one webhook.
    pub(crate) async fn receive(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_BYTES_MAX).collect().await else {
            return empty(StatusCode::PAYLOAD_TOO_LARGE);
        };
        match self.accept(&head.headers, body.to_bytes()).await {
            Ok(()) => empty(StatusCode::OK),
            Err(status) => empty(status),
        }
    }

    async fn accept(&self, headers: &HeaderMap, body: Bytes) -> Result<(), StatusCode> {
        let signature = headers.get("x-hub-signature-256").ok_or(StatusCode::UNAUTHORIZED)?;
        if !self.key.verifies_github(signature.as_bytes(), &body) {
            return Err(StatusCode::UNAUTHORIZED);
        }
        let routed = is_routed(headers, &body)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let event = NewEvent { id, body: body.clone(), routed };
        if !routed {
            return self.commit(event).await;
        }
        // The place in the lane is taken before the commit: what is answered 200 has room in memory.
        let lane = usize::try_from(id).unwrap_or_default() % self.lanes.len();
        let place = self.lanes[lane].reserve().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
        self.commit(event).await?;
        place.send(Delivery { id, body });
        Ok(())
    }

    async fn commit(&self, event: NewEvent) -> Result<(), StatusCode> {
        self.store.accept(event).await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
    }
}

/// Parses the body and asks of it what the gateway's route asks. The parsed value ends here.
fn is_routed(headers: &HeaderMap, body: &[u8]) -> Result<bool, StatusCode> {
    let parsed: Value = serde_json::from_slice(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let pull_request = headers.get("x-github-event").is_some_and(|name| name == "pull_request");
    Ok(pull_request && parsed["number"].as_u64().is_some_and(|number| number >= 1))
}
