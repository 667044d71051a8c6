//! How Hookgate's deliveries reach the wire: HTTP, behind the SSRF guard.
//!
//! Connections are made in one place, the connector of `http`, and what they may lead to is decided in one
//! place, the guard. Nothing here decides what a failure means for a delivery: it only names it.

mod failure;
mod guard;
mod http;
mod names;

pub use self::http::{Http, HttpError, HttpSettings, Roots};
