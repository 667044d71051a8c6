//! The three HTTP clients a gateway could send with, behind one call: a bare connection per sender,
//! hyper-util's pool, and reqwest. Which one the bare loop uses is a flag; `client` compares them.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use clap::ValueEnum;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::connection::Connection;

/// Idle connections are kept this long: longer than any pause inside a phase.
const IDLE: Duration = Duration::from_secs(60);

/// Which client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ClientKind {
    /// One hyper connection per sender.
    Raw,
    /// hyper-util's pool.
    Pool,
    /// reqwest.
    Reqwest,
}

impl ClientKind {
    /// All of them, the cheapest first.
    pub(crate) const ALL: [Self; 3] = [Self::Raw, Self::Pool, Self::Reqwest];

    /// Returns the word that stands for it in flags and reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Pool => "pool",
            Self::Reqwest => "reqwest",
        }
    }
}

/// What is posted: a body with the headers of Standard Webhooks.
pub(crate) struct Message {
    /// `webhook-id`.
    pub(crate) id: String,
    /// `webhook-timestamp`, seconds.
    pub(crate) timestamp: String,
    /// `webhook-signature`.
    pub(crate) signature: String,
    /// The body.
    pub(crate) body: Bytes,
}

/// Posts messages to one endpoint.
pub(crate) enum Poster {
    /// See [`ClientKind::Raw`].
    Raw(Connection, Uri),
    /// See [`ClientKind::Pool`].
    Pool(Client<HttpConnector, Full<Bytes>>, Uri),
    /// See [`ClientKind::Reqwest`].
    Reqwest(reqwest::Client, reqwest::Url),
}

impl Poster {
    /// Makes a poster to `http://{address}{path}`.
    pub(crate) fn new(kind: ClientKind, address: SocketAddr, path: &str) -> Result<Self> {
        let url = format!("http://{address}{path}");
        let uri = || url.parse::<Uri>().with_context(|| format!("no address: {url}"));
        Ok(match kind {
            ClientKind::Raw => Self::Raw(Connection::new(address), uri()?),
            ClientKind::Pool => Self::Pool(pool(), uri()?),
            ClientKind::Reqwest => {
                let client = reqwest::Client::builder()
                    .no_proxy()
                    .redirect(reqwest::redirect::Policy::none())
                    .retry(reqwest::retry::never())
                    .pool_idle_timeout(IDLE)
                    .build()?;
                Self::Reqwest(client, url.parse()?)
            }
        })
    }

    /// Makes a poster for another sender: it shares the pool, where there is one.
    pub(crate) fn share(&self) -> Self {
        match self {
            Self::Raw(connection, uri) => Self::Raw(Connection::new(connection.address()), uri.clone()),
            Self::Pool(client, uri) => Self::Pool(client.clone(), uri.clone()),
            Self::Reqwest(client, url) => Self::Reqwest(client.clone(), url.clone()),
        }
    }

    /// Posts `message` and reads the answer to its end. The caller bounds the time.
    ///
    /// # Errors
    /// No answer came.
    pub(crate) async fn post(&mut self, message: Message) -> Result<StatusCode> {
        match self {
            Self::Raw(connection, uri) => {
                let mut request = request(uri.path(), message)?;
                let host = connection.host().clone();
                request.headers_mut().insert(HOST, host);
                connection.send(request).await
            }
            Self::Pool(client, uri) => {
                let mut request = request("/", message)?;
                *request.uri_mut() = uri.clone();
                let answer = client.request(request).await?;
                let status = answer.status();
                let mut body = answer.into_body();
                while let Some(frame) = body.frame().await {
                    frame?;
                }
                Ok(status)
            }
            Self::Reqwest(client, url) => {
                let answer = client
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/json")
                    .header("webhook-id", message.id)
                    .header("webhook-timestamp", message.timestamp)
                    .header("webhook-signature", message.signature)
                    .body(message.body)
                    .send()
                    .await?;
                let status = answer.status();
                answer.bytes().await?;
                Ok(status)
            }
        }
    }
}

fn pool() -> Client<HttpConnector, Full<Bytes>> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .retry_canceled_requests(false)
        .build(connector)
}

fn request(path: &str, message: Message) -> http::Result<Request<Full<Bytes>>> {
    Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.timestamp)
        .header("webhook-signature", message.signature)
        .body(Full::new(message.body))
}
