//! `/v1/deliveries`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use hookgate_core::delivery::End;
use hookgate_core::limits;
use hookgate_core::word::{DeliveryId, EventId, Kind};
use hookgate_ports::{AgainRefused, DeliveryFilter, DeliveryState, Page};
use http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};

use super::events::{named, without_cursor};
use super::page::{bad, cursor, cursor_text, id as id_of, limit, listed, moment};
use super::view::{AttemptView, DeliveryView, state_word};
use super::{Admin, actor, store_problem};
use crate::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    event: Option<String>,
    destination: Option<String>,
    route: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    state: Option<String>,
    reason: Option<String>,
    since: Option<String>,
    until: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
    all: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Attempts {
    data: Vec<AttemptView>,
}

/// The delivery that is pending now: the same one, or the one that takes a dead letter's place.
#[derive(Serialize)]
pub(super) struct Retried {
    delivery: String,
}

/// What a bulk retry came to; the cursor says where to go on.
#[derive(Serialize)]
pub(super) struct RetriedMany {
    retried: u64,
    next_cursor: Option<String>,
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    uri: Uri,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.map_err(|error| bad("query", error.body_text()))?;
    let filter = filter(&admin, &parameters)?;
    let (from, limit) = (cursor(parameters.cursor.as_deref())?, limit(parameters.limit.as_deref())?);
    let page = admin.journal.deliveries(admin.scope, filter, from, limit).await.map_err(store_problem)?;
    let rows = page.rows.into_iter().map(DeliveryView::from).collect();
    Ok(listed(Page { rows, next: page.next }, &without_cursor(&uri)))
}

pub(super) async fn one(
    State(admin): State<Arc<Admin>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<DeliveryView>, Problem> {
    let id: DeliveryId = id_of(id)?;
    match admin.journal.delivery(admin.scope, id).await.map_err(store_problem)? {
        Some(row) => Ok(Json(row.into())),
        None => Err(unknown(id)),
    }
}

pub(super) async fn attempts(
    State(admin): State<Arc<Admin>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Attempts>, Problem> {
    let id: DeliveryId = id_of(id)?;
    if admin.journal.delivery(admin.scope, id).await.map_err(store_problem)?.is_none() {
        return Err(unknown(id));
    }
    let rows = admin.journal.attempts(admin.scope, id).await.map_err(store_problem)?;
    Ok(Json(Attempts { data: rows.into_iter().map(AttemptView::from).collect() }))
}

pub(super) async fn retry(
    State(admin): State<Arc<Admin>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Retried>, Problem> {
    let id: DeliveryId = id_of(id)?;
    let fresh = DeliveryId(admin.engine.mint());
    match admin.journal.retry(actor(), admin.scope, id, fresh).await {
        Ok(pending) => {
            admin.engine.wake();
            Ok(Json(Retried { delivery: pending.to_string() }))
        }
        Err(AgainRefused::Store(error)) => Err(store_problem(error)),
        Err(refused @ AgainRefused::Unknown(_)) => {
            Err(Problem::new(StatusCode::NOT_FOUND, "unknown-delivery", refused.to_string()))
        }
        Err(refused @ AgainRefused::InFlight(_)) => Err(conflict("in-flight", &refused)),
        Err(refused @ AgainRefused::Resolved(..)) => Err(conflict("already-resolved", &refused)),
        Err(refused @ AgainRefused::NotFailed(..)) => Err(conflict("not-failed", &refused)),
    }
}

/// Sends again what a filter fits. All dead letters are asked for in so many words.
pub(super) async fn retry_all(
    State(admin): State<Arc<Admin>>,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<RetriedMany>, Problem> {
    let Query(parameters) = parameters.map_err(|error| bad("query", error.body_text()))?;
    let wants_all = match parameters.all.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(bad("all", format!("expected true or false, found {other:?}"))),
    };
    let filter = filter(&admin, &parameters)?;
    if !wants_all && filter == DeliveryFilter::default() {
        return Err(bad("all", "without a filter every dead letter is sent again: say all=true"));
    }
    let from = cursor(parameters.cursor.as_deref())?;
    let fresh = (0..limits::RETRIES_PER_CALL_MAX).map(|_| DeliveryId(admin.engine.mint())).collect();
    let done =
        admin.journal.retry_all(actor(), admin.scope, filter, from, fresh).await.map_err(store_problem)?;
    admin.engine.wake();
    Ok(Json(RetriedMany { retried: done.retried, next_cursor: done.next.map(cursor_text) }))
}

fn filter(admin: &Admin, parameters: &Parameters) -> Result<DeliveryFilter, Problem> {
    let event = parameters
        .event
        .as_deref()
        .map(|text| text.parse::<EventId>().map_err(|error| bad("event", error.to_string())))
        .transpose()?;
    let destination = parameters.destination.as_deref();
    let destination =
        destination.map(|name| named(admin, Kind::Destination, "destination", name)).transpose()?;
    let route = parameters.route.as_deref();
    let route = route.map(|name| named(admin, Kind::Route, "route", name)).transpose()?;
    let state = parameters.state.as_deref().map(state).transpose()?;
    let since = parameters.since.as_deref().map(|text| moment("since", text)).transpose()?;
    let until = parameters.until.as_deref().map(|text| moment("until", text)).transpose()?;
    let (event_type, reason) = (parameters.event_type.clone(), parameters.reason.clone());
    Ok(DeliveryFilter { event, destination, route, event_type, state, reason, since, until })
}

fn state(text: &str) -> Result<DeliveryState, Problem> {
    let live = [DeliveryState::Pending, DeliveryState::Held, DeliveryState::InFlight];
    let all: Vec<DeliveryState> = live.into_iter().chain(End::ALL.map(DeliveryState::Finished)).collect();
    all.iter().copied().find(|state| state_word(*state) == text).ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|state| state_word(*state)).collect();
        bad("state", format!("expected one of {}, found {text:?}", words.join(", ")))
    })
}

fn unknown(id: DeliveryId) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown-delivery", format!("there is no delivery {id}"))
}

fn conflict(code: &'static str, refused: &AgainRefused) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, refused.to_string())
}
