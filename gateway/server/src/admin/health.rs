//! `/livez`, `/readyz`, `/metrics`.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use tokio::time::timeout;

use super::Admin;
use crate::Problem;

/// A store that needs longer to say that it is there is not ready.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// The process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The store answers and a configuration rules.
pub(super) async fn ready(State(admin): State<Arc<Admin>>) -> Response {
    match timeout(PING_TIMEOUT, admin.upkeep.ping()).await {
        Ok(Ok(())) => "ok\n".into_response(),
        Ok(Err(error)) => not_ready(&error.to_string()),
        Err(_) => not_ready("the store did not answer in time"),
    }
}

fn not_ready(why: &str) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", why).retry_after(1).into_response()
}

/// Prometheus text, OpenMetrics 1.0.
pub(super) async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    let mut text = String::new();
    {
        let registry = admin.registry.lock().unwrap_or_else(PoisonError::into_inner);
        if prometheus_client::encoding::text::encode(&mut text, &registry).is_err() {
            return Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "metrics",
                "the metrics could not be written",
            )
            .into_response();
        }
    }
    let mut response = text.into_response();
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
