//! `/v1/plugins`: components under names. What a configuration uses of them is the configuration's.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::response::{IntoResponse, Response};
use hookgate_core::limits;
use hookgate_core::word::{Digest, Slug};
use hookgate_ports::{Page, PluginRefused, PluginRow, PluginVersion, Uploaded};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::config::{Reloaded, problem as config_problem};
use super::page::{bad, listed};
use super::view::time;
use super::{Admin, actor, store_problem};
use crate::apply::{PluginError, Pushed};
use crate::{Problem, body};

/// A plugin.
#[derive(Serialize)]
struct PluginView {
    name: String,
    origin: Option<String>,
    active: Option<String>,
    used_by: Vec<String>,
    versions: Vec<VersionView>,
}

/// A component that is stored under a plugin's name.
#[derive(Serialize)]
struct VersionView {
    digest: String,
    stored_at: String,
    component_bytes: u64,
    origin: String,
    manifest: Value,
}

/// What was stored.
#[derive(Serialize)]
struct PushedView {
    name: String,
    digest: String,
    state: &'static str,
    roles: Vec<&'static str>,
    uses: Vec<&'static str>,
    manifest: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Reloaded>,
}

/// What is gone.
#[derive(Serialize)]
pub(super) struct Removed {
    removed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Push {
    activate: Option<String>,
}

pub(super) async fn list(State(admin): State<Arc<Admin>>) -> Result<Response, Problem> {
    let plugins = admin.journal.plugins(admin.scope).await.map_err(store_problem)?;
    let mut rows = Vec::with_capacity(plugins.len());
    for plugin in plugins {
        rows.push(view(&admin, plugin).await);
    }
    Ok(listed(Page { rows, next: None }, ""))
}

pub(super) async fn one(
    State(admin): State<Arc<Admin>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let name = slug(name)?;
    let plugins = admin.journal.plugins(admin.scope).await.map_err(store_problem)?;
    match plugins.into_iter().find(|plugin| plugin.name == name.as_str()) {
        Some(plugin) => Ok(Json(view(&admin, plugin).await).into_response()),
        None => Err(refused(PluginRefused::Unknown(name))),
    }
}

/// Stores the component that is sent, and lets it rule at once where that is asked for.
pub(super) async fn push(
    State(admin): State<Arc<Admin>>,
    name: Result<Path<String>, PathRejection>,
    parameters: Result<Query<Push>, QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let name = slug(name)?;
    let Query(Push { activate }) = parameters.map_err(|error| bad("query", error.body_text()))?;
    let wants_to_rule = match activate.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(bad("activate", format!("expected true or false, found {other:?}"))),
    };
    let (component, held) =
        body::read(request.into_body(), limits::COMPONENT_BYTES_MAX, &admin.uploads).await?;
    let pushed = admin.apply.push(actor(), name.clone(), component).await;
    drop(held);
    let Pushed { facts, stored } = pushed.map_err(problem)?;
    let applied = if wants_to_rule {
        Some(admin.apply.activate(actor(), name.clone(), facts.digest).await.map_err(problem)?.into())
    } else {
        None
    };
    let state = match (stored, &applied) {
        (Uploaded::Active, _) | (_, Some(_)) => "active",
        (Uploaded::Waiting | Uploaded::Removed, None) => "waiting",
    };
    let location = HeaderValue::try_from(format!("/v1/plugins/{name}"));
    let pushed = PushedView {
        name: name.to_string(),
        digest: facts.digest.to_string(),
        state,
        roles: facts.roles.iter().map(|role| role.interface()).collect(),
        uses: facts.uses.iter().map(|capability| capability.interface()).collect(),
        manifest: serde_json::to_value(&facts.manifest).unwrap_or_default(),
        applied,
    };
    let mut response = (StatusCode::CREATED, Json(pushed)).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

pub(super) async fn activate(
    State(admin): State<Arc<Admin>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Reloaded>, Problem> {
    let Path((name, digest)) = path.map_err(|rejection| bad("name", rejection.body_text()))?;
    let name = Slug::parse(&name).map_err(|error| bad("name", error.to_string()))?;
    let digest = Digest::parse(&digest)
        .ok_or_else(|| bad("digest", "expected the SHA-256 of a version: 64 hexadecimal digits"))?;
    let applied = admin.apply.activate(actor(), name, digest).await.map_err(problem)?;
    admin.engine.wake();
    Ok(Json(applied.into()))
}

pub(super) async fn remove(
    State(admin): State<Arc<Admin>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Removed>, Problem> {
    let name = slug(name)?;
    admin.apply.remove(actor(), name.clone()).await.map_err(problem)?;
    Ok(Json(Removed { removed: name.to_string() }))
}

fn slug(name: Result<Path<String>, PathRejection>) -> Result<Slug, Problem> {
    let Path(text) = name.map_err(|rejection| bad("name", rejection.body_text()))?;
    Slug::parse(&text).map_err(|error| bad("name", error.to_string()))
}

async fn view(admin: &Admin, plugin: PluginRow) -> PluginView {
    let used_by = match Slug::parse(&plugin.name) {
        Ok(name) => admin.apply.users_of(&name).await,
        Err(_) => Vec::new(),
    };
    PluginView {
        name: plugin.name,
        origin: Some(plugin.origin).filter(|origin| !origin.is_empty()),
        active: plugin.active.map(|digest| digest.to_string()),
        used_by,
        versions: plugin.versions.into_iter().map(version).collect(),
    }
}

fn version(version: PluginVersion) -> VersionView {
    VersionView {
        digest: version.digest.to_string(),
        stored_at: time(version.at),
        component_bytes: version.bytes,
        origin: version.origin,
        manifest: serde_json::from_str(&version.manifest).unwrap_or_default(),
    }
}

fn problem(error: PluginError) -> Problem {
    match error {
        PluginError::Config(error) => config_problem(error),
        PluginError::Plugin(error) => refused(error),
        PluginError::Component(why) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "component-refused", why.to_string())
        }
        PluginError::InUse { .. } => Problem::new(StatusCode::CONFLICT, "plugin-in-use", error.to_string()),
    }
}

fn refused(error: PluginRefused) -> Problem {
    let why = error.to_string();
    match error {
        PluginRefused::Unknown(_) => Problem::new(StatusCode::NOT_FOUND, "unknown-plugin", why),
        PluginRefused::NoVersion(..) => Problem::new(StatusCode::NOT_FOUND, "unknown-version", why),
        PluginRefused::FromFile(_) => Problem::new(StatusCode::CONFLICT, "plugin-from-file", why),
        PluginRefused::Store(error) => store_problem(error),
    }
}
