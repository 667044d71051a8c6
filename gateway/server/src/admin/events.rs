//! `/v1/events`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use hookgate_core::envelope::Envelope;
use hookgate_core::event::{Content, Parts};
use hookgate_core::plan::explain;
use hookgate_core::word::{EventId, Kind, NameId, Slug};
use hookgate_ports::{EventFilter, EventRow, Page};
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::page::{bad, cursor, id as id_of, limit, listed};
use super::view::{EventView, WhyView};
use super::{Admin, store_problem};
use crate::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    source: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    unrouted: Option<String>,
    cursor: Option<String>,
    limit: Option<String>,
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    uri: Uri,
    parameters: Result<Query<Parameters>, axum::extract::rejection::QueryRejection>,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.map_err(|error| bad("query", error.body_text()))?;
    let source =
        parameters.source.as_deref().map(|name| named(&admin, Kind::Source, "source", name)).transpose()?;
    let unrouted = match parameters.unrouted.as_deref() {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(other) => return Err(bad("unrouted", format!("expected true or false, found {other:?}"))),
    };
    let filter =
        EventFilter { source, event_type: parameters.event_type, unrouted, ..EventFilter::default() };
    let (from, limit) = (cursor(parameters.cursor.as_deref())?, limit(parameters.limit.as_deref())?);
    let page = admin.journal.events(admin.scope, filter, from, limit).await.map_err(store_problem)?;
    let rows = page.rows.into_iter().map(EventView::from).collect();
    Ok(listed(Page { rows, next: page.next }, &without_cursor(&uri)))
}

pub(super) async fn one(
    State(admin): State<Arc<Admin>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<EventView>, Problem> {
    let id: EventId = id_of(id)?;
    match admin.journal.event(admin.scope, id).await.map_err(store_problem)? {
        Some(row) => Ok(Json(row.into())),
        None => Err(no_event(id)),
    }
}

/// Says of each of today's routes why it takes the event, or not.
pub(super) async fn routes(
    State(admin): State<Arc<Admin>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let id: EventId = id_of(id)?;
    let row = admin.journal.event(admin.scope, id).await.map_err(store_problem)?;
    let Some(row) = row else { return Err(no_event(id)) };
    let source = Slug::parse(&row.source).ok().map(|slug| NameId::of(admin.scope, Kind::Source, &slug));
    let content = content_of(row);
    let topology = admin.engine.current().of(admin.scope);
    let said = source.map(|source| explain(&topology, source, &Envelope::of(&content))).unwrap_or_default();
    let rows = said.into_iter().map(WhyView::from).collect();
    Ok(listed(Page { rows, next: None }, ""))
}

/// Puts an event together again as the plan saw it.
fn content_of(row: EventRow) -> Content {
    Content::new(Parts {
        id: row.id,
        source: row.source.into(),
        event_type: row.event_type.into(),
        subject: None,
        order_key: None,
        received_at: row.received_at,
        headers: Arc::new(row.headers.unwrap_or_default()),
        body: row.body.unwrap_or_default(),
    })
}

fn no_event(id: EventId) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "unknown-event", format!("there is no event {id}"))
}

/// Reads a name that a parameter gives.
pub(super) fn named(admin: &Admin, kind: Kind, field: &str, name: &str) -> Result<NameId, Problem> {
    let slug = Slug::parse(name).map_err(|error| bad(field, error.to_string()))?;
    Ok(NameId::of(admin.scope, kind, &slug))
}

/// Returns the path and query of a list without its cursor, to build the next page's link from.
pub(super) fn without_cursor(uri: &Uri) -> String {
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|p| !p.is_empty() && !p.starts_with("cursor="))
        .collect();
    if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) }
}
