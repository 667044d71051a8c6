//! The public door: `/in/{source}`. Reads a bounded request, hands it to the engine, answers.

mod answer;
mod peer;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use hookgate_core::limits;
use hookgate_core::request::RawRequest;
use hookgate_core::word::{ScopeId, Slug};
use hookgate_engine::{Engine, Reception};
use hookgate_ports::Clock;
use http::{StatusCode, header};
use ipnet::IpNet;
use tokio::sync::Semaphore;
use url::Url;

use crate::{Problem, body, refusal};

/// What the public door needs to know.
pub struct Public {
    /// Takes requests to their commit.
    pub engine: Arc<Engine>,
    /// Says when a request arrived.
    pub clock: Arc<dyn Clock>,
    /// The scope that `/in/` belongs to.
    pub scope: ScopeId,
    /// What senders call us, if it is not what they write into `Host`.
    pub public_url: Option<Url>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Bytes of bodies between their first byte and their commit.
    pub room: Arc<Semaphore>,
}

impl Public {
    /// Makes the room for bodies.
    pub fn room() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(limits::INTAKE_BYTES))
    }
}

/// Returns the public door's router.
pub fn router(public: Arc<Public>) -> Router {
    Router::new()
        .route("/in/{source}", any(receive))
        .route("/in/{source}/{token}", any(receive_by_token))
        .fallback(unknown)
        .with_state(public)
}

async fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "nothing is here; sources are at /in/{source}")
}

async fn receive(
    State(public): State<Arc<Public>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    // A name that is not UTF-8 is nobody's.
    let Ok(Path(name)) = name else { return unknown().await.into_response() };
    answered(received(&public, peer, (&name, None), request).await)
}

async fn receive_by_token(
    State(public): State<Arc<Public>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    names: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let Ok(Path((name, token))) = names else { return unknown().await.into_response() };
    answered(received(&public, peer, (&name, Some(&token)), request).await)
}

fn answered(received: Result<Reception, Problem>) -> Response {
    match received {
        Ok(reception) => answer::of(reception),
        Err(problem) => problem.into_response(),
    }
}

async fn received(
    public: &Public,
    peer: SocketAddr,
    (name, token): (&str, Option<&str>),
    request: Request,
) -> Result<Reception, Problem> {
    let received_at = public.clock.now();
    let topology = public.engine.current().of(public.scope);
    // Who has the wrong token learns no more than who has the wrong name.
    let Some(source) = topology.source(name).filter(|source| source.is_opened_by(token)) else {
        return Err(unknown_source(name, topology.source(name).is_some()));
    };
    let (head, body) = request.into_parts();
    let raw = RawRequest {
        url: public.url(&head),
        peer: peer::of(peer.ip(), &head.headers, &public.trusted_proxies),
        method: head.method,
        headers: head.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        body: Bytes::new(),
        received_at,
    };
    public.engine.let_in(source, &raw.method).map_err(|refusal| refusal::problem(source, refusal))?;
    body::readable(&raw.headers)?;
    let (bytes, held) = body::read(body, source.body_bytes_max, &public.room).await?;
    let reception = public.engine.receive(RawRequest { body: bytes, ..raw }, source, &topology).await;
    drop(held);
    reception.map_err(|refusal| refusal::problem(source, refusal))
}

fn unknown_source(name: &str, is_known: bool) -> Problem {
    // A name that cannot be one is not repeated: it may be of any length.
    let detail = match Slug::parse(name) {
        Ok(name) if is_known => {
            tracing::info!(source = %name, reason = "wrong_token", "request refused: the token in its URL does not open the source");
            format!("there is no source {name}")
        }
        Ok(name) => format!("there is no source {name}"),
        Err(_) => "there is no source of that name".to_owned(),
    };
    Problem::new(StatusCode::NOT_FOUND, "unknown-source", detail)
}

impl Public {
    /// The URL as the sender called it: what senders that sign the URL have signed.
    fn url(&self, head: &http::request::Parts) -> String {
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        match &self.public_url {
            Some(base) => format!("{}{path}", base.as_str().trim_end_matches('/')),
            None => {
                let host =
                    head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
                format!("http://{host}{path}")
            }
        }
    }
}
