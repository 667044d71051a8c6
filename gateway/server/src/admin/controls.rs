//! `/v1/controls`, and what an operator pauses and resumes.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use hookgate_core::control::{Control, Fact};
use hookgate_core::limits;
use hookgate_core::word::{Kind, NameId, Slug};
use hookgate_ports::Page;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::page::{bad, listed};
use super::view::time;
use super::{Admin, actor, store_problem};
use crate::Problem;

/// Something that is held, and why.
#[derive(Serialize)]
struct ControlView {
    kind: &'static str,
    name: String,
    fact: &'static str,
    reason: String,
    since: String,
    until: Option<String>,
    actor: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reason {
    reason: Option<String>,
}

/// What was lifted.
#[derive(Serialize)]
pub(super) struct Resumed {
    lifted: Vec<&'static str>,
}

/// What holds from now on.
#[derive(Serialize)]
pub(super) struct Paused {
    paused: String,
}

pub(super) async fn list(State(admin): State<Arc<Admin>>) -> Result<Response, Problem> {
    let controls = admin.engine.held(admin.scope).await.map_err(store_problem)?;
    let names = admin.engine.current().of(admin.scope).names();
    let rows = controls.into_iter().map(|control| view(control, &names)).collect();
    Ok(listed(Page { rows, next: None }, ""))
}

/// Of a name that left the configuration only the number is known.
fn view(control: Control, names: &[(NameId, Kind, Slug)]) -> ControlView {
    let name = names.iter().find(|(id, ..)| *id == control.subject);
    ControlView {
        kind: control.kind.word(),
        name: name.map_or_else(|| control.subject.0.to_string(), |(.., slug)| slug.to_string()),
        fact: control.fact.word(),
        reason: control.reason,
        since: time(control.since),
        until: control.until.map(time),
        actor: control.actor,
    }
}

pub(super) async fn pause_destination(
    State(admin): State<Arc<Admin>>,
    name: Result<Path<String>, PathRejection>,
    parameters: Result<Query<Reason>, QueryRejection>,
) -> Result<Json<Paused>, Problem> {
    let Query(Reason { reason }) = parameters.map_err(|error| bad("query", error.body_text()))?;
    let reason = reason.unwrap_or_else(|| "paused by an operator".to_owned());
    if reason.chars().count() > limits::REASON_CHARS_MAX {
        return Err(bad("reason", format!("at most {} characters", limits::REASON_CHARS_MAX)));
    }
    let (slug, subject) = configured(&admin, Kind::Destination, name)?;
    admin.journal.pause(actor(), admin.scope, subject, reason).await.map_err(store_problem)?;
    admin.engine.wake();
    Ok(Json(Paused { paused: slug.to_string() }))
}

pub(super) async fn resume_destination(
    State(admin): State<Arc<Admin>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Resumed>, Problem> {
    resume(&admin, Kind::Destination, name).await
}

pub(super) async fn resume_plugin(
    State(admin): State<Arc<Admin>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Resumed>, Problem> {
    resume(&admin, Kind::Plugin, name).await
}

async fn resume(
    admin: &Admin,
    kind: Kind,
    name: Result<Path<String>, PathRejection>,
) -> Result<Json<Resumed>, Problem> {
    let (_, subject) = configured(admin, kind, name)?;
    let lifted = admin.journal.resume(actor(), admin.scope, subject).await.map_err(store_problem)?;
    admin.engine.wake();
    Ok(Json(Resumed { lifted: lifted.into_iter().map(Fact::word).collect() }))
}

/// Finds a name in the configuration that rules.
fn configured(
    admin: &Admin,
    kind: Kind,
    name: Result<Path<String>, PathRejection>,
) -> Result<(Slug, (Kind, NameId)), Problem> {
    let Path(text) = name.map_err(|rejection| bad("name", rejection.body_text()))?;
    let slug = Slug::parse(&text).map_err(|error| bad("name", error.to_string()))?;
    let names = admin.engine.current().of(admin.scope).names();
    match names.into_iter().find(|(_, of, known)| *of == kind && *known == slug) {
        Some((id, ..)) => Ok((slug, (kind, id))),
        None => {
            let detail = format!("there is no {} {slug}", kind.word());
            Err(Problem::new(StatusCode::NOT_FOUND, "unknown-name", detail))
        }
    }
}
