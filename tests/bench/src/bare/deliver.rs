//! The second half of the bare loop: sign, send, and hand the outcome to the store. A failed send is
//! recorded like any other; the bare loop does not retry.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::bare::store::{Store, now_ms};
use crate::poster::{Message, Poster};
use crate::signing::Key;

/// Deliveries that wait in one lane; 64 lanes of 2 KB bodies are 16 MB.
const LANE_MAX: usize = 128;

/// A receiver on loopback that takes longer is broken.
const SEND_TIMEOUT: Duration = Duration::from_secs(15);

/// The status of an attempt without an answer.
const NO_ANSWER: u16 = 0;

/// What is to be sent.
pub(crate) struct Delivery {
    /// The event, by which its pending row is known.
    pub(crate) id: i64,
    /// The event's bytes.
    pub(crate) body: Bytes,
}

/// The way to one sender.
pub(crate) type Lane = mpsc::Sender<Delivery>;

/// Makes a lane.
pub(crate) fn lane() -> (Lane, mpsc::Receiver<Delivery>) {
    mpsc::channel(LANE_MAX)
}

/// Sends what comes by a lane, one at a time, until the lane closes.
///
/// # Errors
/// The store's writer has ended.
pub(crate) async fn deliver_all(
    mut deliveries: mpsc::Receiver<Delivery>,
    mut poster: Poster,
    key: Key,
    store: Store,
) -> Result<()> {
    while let Some(Delivery { id, body }) = deliveries.recv().await {
        let message_id = format!("del_{id:013x}");
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().to_string();
        let signature = key.sign_standard(&message_id, &timestamp, &body);
        let message = Message { id: message_id, timestamp, signature, body };
        let status = match tokio::time::timeout(SEND_TIMEOUT, poster.post(message)).await {
            Ok(Ok(status)) => status.as_u16(),
            Ok(Err(_)) | Err(_) => NO_ANSWER,
        };
        store.finish(id, now_ms(), status).await?;
    }
    Ok(())
}
