//! How a store can fail, by what the caller does about it.

use std::time::Duration;

use thiserror::Error;

/// How a store can fail.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Too much waits to be written: refuse new work for so long. Nothing was written.
    #[error("the store is busy, try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// The measured time that the queue needs to drain.
        retry_after: Duration,
    },
    /// The store refused this one unit; others are not concerned. Nothing was written.
    #[error("the store refuses it: {0}")]
    Refused(String),
    /// Nobody knows whether it was written. An accept is answered 503 and never repeated by us; a
    /// settle is repeated: its token makes a second one harmless.
    #[error("the result of a commit is unknown: {0}")]
    Unknown(String),
    /// The caller's incarnation does not live any more; nothing was written.
    #[error("this node's incarnation has ended")]
    Ended,
    /// The store does not answer or is damaged; nothing was written.
    #[error("the store is down: {0}")]
    Down(String),
}
