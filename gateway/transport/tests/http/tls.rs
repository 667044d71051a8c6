//! TLS: who is trusted, and what a failure is called.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::destination::HttpVersion;
use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::Reach;
use hookgate_ports::Transport as _;
use hookgate_transport::{HttpSettings, Roots};
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::receiver::Receiver;
use crate::sender::{SHORT, Sender, allowed, answer, check_unreachable, post};

struct Identity {
    certificate: CertificateDer<'static>,
    acceptor: TlsAcceptor,
}

/// Makes a certificate that signs itself, and a server with it that offers these protocols.
fn identity(change: impl FnOnce(&mut CertificateParams), protocols: &[&str]) -> Identity {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Identity { certificate, acceptor: TlsAcceptor::from(Arc::new(config)) }
}

fn trusting(certificates: &[&CertificateDer<'static>]) -> Sender {
    let roots = Roots::Only(certificates.iter().map(|one| (*one).clone()).collect());
    Sender::with(HttpSettings {
        roots,
        connect_timeout: SHORT * 10,
        ..HttpSettings::new(allowed(&["localhost"]))
    })
}

/// Answers with the protocol it was asked by, and the body it was sent.
async fn echo(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let version = if request.version() == Version::HTTP_2 { "2" } else { "1" };
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::builder().header("x-http", version).body(Full::new(body)).unwrap())
}

async fn serve(acceptor: TlsAcceptor) -> Receiver {
    Receiver::start(move |peer, _| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(peer.into_stream()).await {
                let _ = Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service_fn(echo))
                    .await;
            }
        }
    })
    .await
}

fn url(receiver: &Receiver) -> String {
    format!("https://localhost:{}/s3cret", receiver.address.port())
}

#[tokio::test]
async fn a_trusted_receiver_is_spoken_to_in_the_best_protocol_that_it_offers() {
    for (offers, spoken) in [(&["h2", "http/1.1"][..], "2"), (&["http/1.1"], "1"), (&[], "1")] {
        let identity = identity(|_| {}, offers);
        let receiver = serve(identity.acceptor).await;
        let sender = trusting(&[&identity.certificate]);

        for _ in 0..3 {
            let answer = answer(sender.send(&url(&receiver)).await);
            assert_eq!((answer.status, answer.headers.first_text("x-http").as_deref()), (200, Some(spoken)));
            assert_eq!(answer.body, "{\"hello\":\"world\"}");
        }
        assert_eq!(receiver.connections(), 1, "{offers:?}");
    }
}

async fn sent_by_two(sender: &Sender, url: &str) -> Option<String> {
    let request = OutboundRequest { version: HttpVersion::Two, ..post(url) };
    answer(sender.http.send(request).await).headers.first_text("x-http")
}

#[tokio::test]
async fn http2_is_spoken_without_tls_where_it_is_asked_for() {
    let receiver = Receiver::start(|peer, _| async move {
        let _ = Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(peer.into_stream()), service_fn(echo))
            .await;
    })
    .await;
    let sender = Arc::new(Sender::new());
    let url = receiver.url();

    let agreed = answer(sender.send(&url).await);
    assert_eq!(agreed.headers.first_text("x-http").as_deref(), Some("1"), "nobody asked");
    assert_eq!(sent_by_two(&sender, &url).await.as_deref(), Some("2"));

    let mut sends = JoinSet::new();
    for _ in 0..200 {
        let (sender, url) = (sender.clone(), url.clone());
        sends.spawn(async move { sent_by_two(&sender, &url).await });
    }
    assert_eq!(sends.join_all().await, vec![Some("2".to_owned()); 200]);
    assert_eq!(receiver.connections(), 2, "one of each version");
}

#[tokio::test]
async fn over_http2_many_sends_share_one_connection() {
    let identity = identity(|_| {}, &["h2"]);
    let receiver = serve(identity.acceptor).await;
    let sender = Arc::new(trusting(&[&identity.certificate]));
    assert_eq!(sender.send(&url(&receiver)).await.status(), Some(200));

    let mut sends = JoinSet::new();
    for _ in 0..500 {
        let (sender, url) = (sender.clone(), url(&receiver));
        sends.spawn(async move { sender.send(&url).await.status() });
    }

    assert_eq!(sends.join_all().await, vec![Some(200); 500]);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn sends_that_find_out_about_http2_together_all_succeed() {
    let identity = identity(|_| {}, &["h2"]);
    let receiver = serve(identity.acceptor).await;
    let sender = Arc::new(trusting(&[&identity.certificate]));

    let mut sends = JoinSet::new();
    for _ in 0..32 {
        let (sender, url) = (sender.clone(), url(&receiver));
        sends.spawn(async move { sender.send(&url).await });
    }

    for outcome in sends.join_all().await {
        assert_eq!(outcome.status(), Some(200), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_is_unreachable_by_tls_and_says_why() {
    type Change = fn(&mut CertificateParams);
    let cases: [(Change, bool, &str); 4] = [
        (|_| {}, false, "the certificate of localhost is from nobody this machine trusts: it is self-signed"),
        (
            |params| params.not_after = date_time_ymd(2020, 1, 1),
            true,
            "the certificate of localhost has expired",
        ),
        (|params| params.not_before = date_time_ymd(2100, 1, 1), true, "is not valid yet"),
        (
            |params| {
                params.subject_alt_names =
                    CertificateParams::new(vec!["crm.test".into()]).unwrap().subject_alt_names
            },
            true,
            "the certificate that localhost shows is for another name",
        ),
    ];
    let other =
        identity(|params| params.distinguished_name.push(DnType::CommonName, "other"), &[]).certificate;

    for (change, trusted, words) in cases {
        let identity = identity(change, &["http/1.1"]);
        let receiver = serve(identity.acceptor).await;
        let root = if trusted { &identity.certificate } else { &other };

        check_unreachable(&trusting(&[root]).send(&url(&receiver)).await, Reach::Tls, words);
    }
}

#[tokio::test]
async fn without_any_root_the_text_says_what_to_install() {
    let identity = identity(|_| {}, &[]);
    let receiver = serve(identity.acceptor).await;

    check_unreachable(&trusting(&[]).send(&url(&receiver)).await, Reach::Tls, "install ca-certificates");
}

#[tokio::test]
async fn a_port_of_plain_http_is_unreachable_by_tls_and_says_so() {
    let receiver = Receiver::start(|mut peer, _| async move {
        peer.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        peer.closed().await;
    })
    .await;
    let sender = trusting(&[&identity(|_| {}, &[]).certificate]);

    check_unreachable(&sender.send(&url(&receiver)).await, Reach::Tls, "is this the port of plain http?");
}

#[tokio::test]
async fn a_connection_that_ends_in_the_handshake_is_unreachable_by_tls() {
    let receiver = Receiver::start(|peer, _| async move { drop(peer) }).await;
    let sender = trusting(&[&identity(|_| {}, &[]).certificate]);

    check_unreachable(&sender.send(&url(&receiver)).await, Reach::Tls, "localhost ended the TLS handshake");
}

#[tokio::test]
async fn a_handshake_that_hangs_ends_by_the_connect_timeout() {
    let receiver = Receiver::start(|mut peer, _| async move { peer.closed().await }).await;
    let roots = Roots::Only(vec![identity(|_| {}, &[]).certificate]);
    let settings = HttpSettings {
        roots,
        connect_timeout: Duration::from_millis(50),
        ..HttpSettings::new(allowed(&["localhost"]))
    };

    let outcome = Sender::with(settings).send(&url(&receiver)).await;

    check_unreachable(&outcome, Reach::Tls, "localhost did not complete the TLS handshake within 50ms");
}

#[tokio::test]
async fn a_receiver_that_speaks_no_version_in_common_is_told_apart() {
    // What a server answers that knows nothing newer than TLS 1.1: the fatal alert protocol_version, RFC 5246.
    let receiver = Receiver::start(|mut peer, _| async move {
        peer.write([0x15, 0x03, 0x02, 0x00, 0x02, 0x02, 0x46]).await;
        peer.closed().await;
    })
    .await;
    let sender = trusting(&[&identity(|_| {}, &[]).certificate]);

    check_unreachable(&sender.send(&url(&receiver)).await, Reach::Tls, "no TLS version and cipher in common");
}
