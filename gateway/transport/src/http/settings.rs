//! What an HTTP transport is told: whom it may reach, whom it trusts, and its bounds.

use std::time::Duration;

use hookgate_core::address::Allowed;
use hookgate_core::limits;
use rustls::pki_types::CertificateDer;

/// An HTTP transport's settings.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// What may be reached beyond the public internet.
    pub allowed: Allowed,
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// A connection must stand within this: name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// A connection that is idle for so long is closed.
    pub idle_connection: Duration,
    /// Idle connections that are kept for one scheme, host and port; more are closed.
    pub idle_connections_max: usize,
    /// A response's body is kept up to this many bytes, then cut and its connection dropped.
    pub response_bytes_max: usize,
}

/// Which certificate authorities are trusted.
#[derive(Debug, Clone)]
pub enum Roots {
    /// The machine's own: `SSL_CERT_FILE` and `SSL_CERT_DIR` if set, else where its system keeps them.
    System,
    /// These and no others, each a certificate in DER.
    Only(Vec<CertificateDer<'static>>),
}

impl HttpSettings {
    /// Returns the settings that `core::limits` names, trusting the machine's own roots.
    pub fn new(allowed: Allowed) -> HttpSettings {
        HttpSettings {
            allowed,
            roots: Roots::System,
            connect_timeout: limits::CONNECT_TIMEOUT,
            idle_connection: limits::IDLE_CONNECTION,
            // As many as one destination may ever use at once, so that a burst finds them all again.
            idle_connections_max: limits::DESTINATION_CONCURRENCY_MAX as usize,
            response_bytes_max: limits::RESPONSE_BYTES_MAX,
        }
    }
}
