//! What can go wrong on the way, as the outcome that it becomes, in words that show no secret.
//!
//! A text here names the host and the address, never a path, a query or a header: those may be secrets.

use std::io;
use std::net::IpAddr;

use hookgate_core::outcome::{Outcome, Reach};
use thiserror::Error;

/// An exchange that brought no whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Failure {
    /// The guard refuses the host, or every address that it resolves to.
    #[error("{host} is blocked")]
    Blocked { host: String, address: Option<IpAddr> },
    /// The receiver was not reached, or gave no whole answer.
    #[error("{detail}")]
    Unreachable { at: Reach, detail: String },
    /// The request cannot be sent as it is.
    #[error("{0}")]
    Misconfigured(String),
}

impl Failure {
    pub(crate) fn dns(detail: impl Into<String>) -> Failure {
        Failure::Unreachable { at: Reach::Dns, detail: detail.into() }
    }

    pub(crate) fn connect(detail: impl Into<String>) -> Failure {
        Failure::Unreachable { at: Reach::Connect, detail: detail.into() }
    }

    pub(crate) fn tls(detail: impl Into<String>) -> Failure {
        Failure::Unreachable { at: Reach::Tls, detail: detail.into() }
    }

    pub(crate) fn timeout(detail: impl Into<String>) -> Failure {
        Failure::Unreachable { at: Reach::Timeout, detail: detail.into() }
    }

    pub(crate) fn reset(detail: impl Into<String>) -> Failure {
        Failure::Unreachable { at: Reach::Reset, detail: detail.into() }
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Outcome {
        match failure {
            Failure::Blocked { host, address } => Outcome::Blocked { host, address },
            Failure::Unreachable { at, detail } => Outcome::Unreachable { at, detail },
            Failure::Misconfigured(what) => Outcome::Misconfigured(what),
        }
    }
}

/// Says what an I/O error means to somebody who does not know errno.
pub(crate) fn io_words(error: &io::Error) -> String {
    /// Linux, macOS and the BSDs agree on these two.
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    match (error.raw_os_error(), error.kind()) {
        (Some(ENFILE | EMFILE), _) => "no file descriptor is left (see ulimit -n)".into(),
        (_, io::ErrorKind::ConnectionRefused) => "connection refused".into(),
        (_, io::ErrorKind::ConnectionReset) => "connection reset".into(),
        (_, io::ErrorKind::BrokenPipe) => "connection closed while it was written to".into(),
        (_, io::ErrorKind::UnexpectedEof) => "connection closed".into(),
        (_, io::ErrorKind::TimedOut) => "connection timed out".into(),
        (_, io::ErrorKind::HostUnreachable) => "no route to this host".into(),
        (_, io::ErrorKind::NetworkUnreachable) => "no route to this network".into(),
        (_, _) => error.to_string(),
    }
}
