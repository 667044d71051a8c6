//! The public door: `POST /in/{source}`. Reads a bounded request, hands it to the engine, answers.

mod body;
mod peer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use hookgate_core::limits;
use hookgate_core::request::RawRequest;
use hookgate_core::word::{ScopeId, Slug};
use hookgate_engine::{Engine, Receipt, Refusal};
use hookgate_ports::Clock;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use ipnet::IpNet;
use tokio::sync::Semaphore;
use url::Url;

use crate::Problem;

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
    Router::new().route("/in/{source}", any(receive)).fallback(unknown).with_state(public)
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
    match received(&public, peer, &name, request).await {
        Ok(receipt) => answer(receipt),
        Err(problem) => problem.into_response(),
    }
}

async fn received(
    public: &Public,
    peer: SocketAddr,
    name: &str,
    request: Request,
) -> Result<Receipt, Problem> {
    let received_at = public.clock.now();
    let topology = public.engine.current().of(public.scope);
    let Some(source) = topology.source(name) else {
        // A name that cannot be one is not repeated: it may be of any length.
        let detail = match Slug::parse(name) {
            Ok(name) => format!("there is no source {name}"),
            Err(_) => "there is no source of that name".to_owned(),
        };
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown-source", detail));
    };
    if request.method() != Method::POST {
        let detail = format!("source {name} takes POST");
        return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail).allow("POST"));
    }
    let (head, body) = request.into_parts();
    let (body, held) = body::read(body, source.body_bytes_max, &public.room).await?;
    let raw = RawRequest {
        url: public.url(&head),
        peer: peer::of(peer.ip(), &head.headers, &public.trusted_proxies),
        method: head.method,
        headers: head.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        body,
        received_at,
    };
    let receipt = public.engine.receive(raw, source, &topology).await;
    drop(held);
    receipt.map_err(|refusal| refused(name, refusal))
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

fn answer(receipt: Receipt) -> Response {
    let body = format!("{{\"event\":\"{}\"}}\n", receipt.event);
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if receipt.is_duplicate {
        headers.insert(HeaderName::from_static("hookgate-duplicate"), HeaderValue::from_static("true"));
    }
    response
}

fn refused(source: &str, refusal: Refusal) -> Problem {
    let unavailable = |code, detail: &str, after: Duration| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(after.as_secs())
    };
    match refusal {
        Refusal::Rejected(rejection) => {
            tracing::info!(%source, reason = rejection.word(), "request refused: {rejection}");
            Problem::new(StatusCode::UNAUTHORIZED, rejection.code(), "the sender could not be verified")
        }
        Refusal::Looped(hops) => {
            tracing::warn!(%source, hops, "request refused: it passed through Hookgate {hops} times");
            Problem::new(StatusCode::LOOP_DETECTED, "loop", "this message passed through Hookgate too often")
        }
        Refusal::Busy(after) => unavailable("busy", "too much waits to be stored; nothing was stored", after),
        Refusal::Unknown => {
            unavailable("unknown", "it is not known whether the event was stored", Duration::from_secs(1))
        }
        Refusal::Down => {
            unavailable("store-down", "the store does not answer; nothing was stored", Duration::from_secs(5))
        }
    }
}
