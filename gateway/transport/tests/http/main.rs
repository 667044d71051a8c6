//! The HTTP transport against receivers that misbehave, over real sockets on the loopback interface.

#![allow(clippy::unwrap_used, clippy::let_underscore_must_use, missing_docs)]

mod answers;
mod blocked;
mod connections;
mod failures;
mod receiver;
mod sender;
mod tls;
