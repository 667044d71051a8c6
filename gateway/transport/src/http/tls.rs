//! Puts TLS on a connection, and says in plain words why it could not.
//!
//! rustls speaks TLS 1.2 and 1.3 with forward secrecy and nothing older, which a few receivers cannot:
//! their operators need to be told more than "handshake failure".

use std::io;
use std::sync::Arc;

use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tracing::warn;

use super::settings::Roots;
use super::socket::Socket;
use crate::failure::{Failure, io_words};

/// Makes TLS connections. Clones are the same, with one memory of sessions to resume.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    trust: Trust,
}

/// Whether any authority is trusted.
#[derive(Clone, Copy, PartialEq)]
enum Trust {
    Some,
    Nobody,
}

impl Tls {
    /// Reads the root certificates. Without any, every handshake fails and says so.
    ///
    /// # Errors
    /// The TLS library refuses its own defaults.
    pub(super) fn new(roots: &Roots) -> Result<Tls, rustls::Error> {
        let store = store(roots);
        let trust = if store.is_empty() { Trust::Nobody } else { Trust::Some };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(store)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Tls { connector: TlsConnector::from(Arc::new(config)), trust })
    }

    /// Shakes hands as a client of `host`, a name or an address as it stands in a URL.
    ///
    /// # Errors
    /// `Unreachable` at TLS, with the probable cause.
    pub(super) async fn handshake(
        &self,
        host: &str,
        tcp: Socket,
    ) -> Result<TlsStream<TokioIo<Socket>>, Failure> {
        if self.trust == Trust::Nobody {
            return Err(Failure::tls(NO_ROOTS));
        }
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| Failure::tls(format!("{host} is no name that a certificate can be for")))?;
        let handshake = self.connector.connect(name, TokioIo::new(tcp));
        handshake.await.map_err(|error| Failure::tls(words(host, &error)))
    }
}

const NO_ROOTS: &str = "no root certificates were found on this machine, so no receiver can be trusted: \
                        install ca-certificates, or name a file in SSL_CERT_FILE";

fn store(roots: &Roots) -> RootCertStore {
    let mut store = RootCertStore::empty();
    match roots {
        Roots::System => {
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                warn!(%error, "some root certificates do not read: {error}");
            }
            store.add_parsable_certificates(found.certs);
        }
        Roots::Only(certificates) => {
            store.add_parsable_certificates(certificates.iter().cloned());
        }
    }
    if store.is_empty() {
        warn!("{NO_ROOTS}");
    }
    store
}

/// Says why a handshake ended.
fn words(host: &str, error: &io::Error) -> String {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        return format!("{host} ended the TLS handshake: {}", io_words(error));
    };
    // Of the many ways to fail, the ones that operators meet; `rustls::Error` may grow others.
    #[allow(clippy::wildcard_enum_match_arm)]
    match tls {
        rustls::Error::InvalidCertificate(why) => certificate_words(host, why),
        rustls::Error::InvalidMessage(_) => {
            format!("{host} does not answer with TLS: is this the port of plain http?")
        }
        rustls::Error::AlertReceived(alert) => alert_words(host, *alert),
        rustls::Error::PeerIncompatible(_) => old(host),
        other => format!("{host} and Hookgate did not agree on TLS: {other}"),
    }
}

#[allow(clippy::wildcard_enum_match_arm)]
fn certificate_words(host: &str, why: &CertificateError) -> String {
    use CertificateError as E;
    match why {
        E::UnknownIssuer => format!(
            "the certificate of {host} is from nobody this machine trusts: it is self-signed, from a private \
             authority, or sent without its intermediate certificate"
        ),
        E::Expired | E::ExpiredContext { .. } => format!("the certificate of {host} has expired"),
        E::NotValidYet | E::NotValidYetContext { .. } => {
            format!("the certificate of {host} is not valid yet, or this machine's clock is slow")
        }
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            format!("the certificate that {host} shows is for another name")
        }
        E::Revoked => format!("the certificate of {host} is revoked"),
        other => format!("the certificate of {host} is not accepted: {other}"),
    }
}

#[allow(clippy::wildcard_enum_match_arm)]
fn alert_words(host: &str, alert: AlertDescription) -> String {
    use AlertDescription as A;
    match alert {
        A::HandshakeFailure | A::ProtocolVersion | A::InsufficientSecurity => old(host),
        A::CertificateRequired | A::BadCertificate | A::UnknownCA => {
            format!("{host} asks for a client certificate, which Hookgate has none of ({alert:?})")
        }
        A::UnrecognisedName => format!("the server does not serve the name {host}"),
        other => format!("{host} refused the TLS handshake with the alert {other:?}"),
    }
}

fn old(host: &str) -> String {
    format!(
        "{host} and Hookgate have no TLS version and cipher in common: TLS 1.2 with forward secrecy or TLS 1.3 \
         is needed"
    )
}
