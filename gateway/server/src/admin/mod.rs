//! The admin API: everything the CLI and the dashboard show or change goes through here.

mod auth;
mod config;
mod controls;
mod deliveries;
mod events;
mod health;
mod openapi;
mod page;
mod plugins;
mod publication;
mod publish;
mod stats;
mod tail;
mod view;

use std::sync::{Arc, Mutex};

use axum::routing::{get, post};
use axum::{Router, middleware};
use hookgate_core::limits;
use hookgate_core::word::{Actor, ScopeId};
use hookgate_engine::Engine;
use hookgate_ports::{Journal, StoreError, Upkeep};
use http::StatusCode;
use prometheus_client::registry::Registry;
use tokio::sync::Semaphore;

use crate::Problem;
use crate::apply::Apply;

pub use auth::{AdminKey, KEY_PREFIX};

/// What the admin API works with.
pub struct Admin {
    /// Shows and changes what is stored.
    pub journal: Arc<dyn Journal>,
    /// Answers whether the store does.
    pub upkeep: Arc<dyn Upkeep>,
    /// Draws ids and is woken when something is due.
    pub engine: Arc<Engine>,
    /// Applies configurations.
    pub apply: Arc<Apply>,
    /// The scope that requests are about.
    pub scope: ScopeId,
    /// Who may ask.
    pub key: AdminKey,
    /// Bytes of bodies between their first byte and their commit, those of the public door included.
    pub room: Arc<Semaphore>,
    /// Bytes of components that are being uploaded.
    pub uploads: Arc<Semaphore>,
    /// What `/metrics` writes out.
    pub registry: Arc<Mutex<Registry>>,
}

impl Admin {
    /// Returns room for components that are being uploaded: the largest one at a time, beside the events.
    pub fn uploads() -> Arc<Semaphore> {
        Arc::new(Semaphore::new(limits::COMPONENT_BYTES_MAX))
    }
}

/// Returns the admin door's router. Health and metrics ask for no key: the port is the operator's; nor does the
/// description, which is the same everywhere. A new path has its row in `openapi` and in docs/api.md.
pub fn router(admin: Arc<Admin>) -> Router {
    let api = Router::new()
        .route("/v1/events", get(events::list).post(publish::publish))
        .route("/v1/events/{id}", get(events::one))
        .route("/v1/events/{id}/routes", get(events::routes))
        .route("/v1/deliveries", get(deliveries::list))
        .route("/v1/deliveries/retry", post(deliveries::retry_all))
        .route("/v1/deliveries/{id}", get(deliveries::one))
        .route("/v1/deliveries/{id}/attempts", get(deliveries::attempts))
        .route("/v1/deliveries/{id}/retry", post(deliveries::retry))
        .route("/v1/controls", get(controls::list))
        .route("/v1/destinations/{name}/pause", post(controls::pause_destination))
        .route("/v1/destinations/{name}/resume", post(controls::resume_destination))
        .route("/v1/plugins", get(plugins::list))
        .route("/v1/plugins/{name}", get(plugins::one).delete(plugins::remove))
        .route("/v1/plugins/{name}/versions", post(plugins::push))
        .route("/v1/plugins/{name}/versions/{digest}/activate", post(plugins::activate))
        .route("/v1/plugins/{name}/resume", post(controls::resume_plugin))
        .route("/v1/config/check", post(config::check))
        .route("/v1/config/reload", post(config::reload))
        .route("/v1/stats", get(stats::list))
        .route("/v1/tail", get(tail::tail))
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), auth::required));
    Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/v1/openapi.json", get(openapi::document))
        .method_not_allowed_fallback(wrong_method)
        .merge(api)
        .fallback(unknown)
        .with_state(admin)
}

async fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "nothing is here; the API is below /v1")
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this path takes another method")
}

/// Who asks: whoever holds the admin key.
fn actor() -> Actor {
    Actor::Key("admin".into())
}

/// A store that does not answer is a 503: the caller comes again.
fn store_problem(error: StoreError) -> Problem {
    tracing::warn!(%error, "an admin request failed in the store");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "store-down", error.to_string()).retry_after(1)
}
