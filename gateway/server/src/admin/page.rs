//! Pages: an opaque cursor and a limit in, rows and the next cursor out.

use std::fmt::Display;
use std::str::FromStr;

use axum::Json;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::response::{IntoResponse, Response};
use hookgate_core::limits;
use hookgate_core::word::{EventId, Millis};
use hookgate_ports::{Cursor, Page};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::Problem;

/// Rows of a page, unless the request says otherwise.
const LIMIT: u32 = 50;

#[derive(Serialize)]
struct Listed<T> {
    data: Vec<T>,
    next_cursor: Option<String>,
}

/// Reads `limit`.
///
/// # Errors
/// It is no number from 1 to [`limits::PAGE_MAX`].
pub(super) fn limit(text: Option<&str>) -> Result<u32, Problem> {
    let Some(text) = text else { return Ok(LIMIT) };
    match text.parse() {
        Ok(limit) if (1..=limits::PAGE_MAX).contains(&limit) => Ok(limit),
        _ => Err(bad("limit", format!("expected a number from 1 to {}, found {text:?}", limits::PAGE_MAX))),
    }
}

/// Reads `cursor`, as an earlier page gave it.
///
/// # Errors
/// It is none of ours.
pub(super) fn cursor(text: Option<&str>) -> Result<Option<Cursor>, Problem> {
    let Some(text) = text else { return Ok(None) };
    // A cursor is an id without its prefix: whoever makes one up gets a page, and no harm.
    match format!("evt_{text}").parse::<EventId>() {
        Ok(id) => Ok(Some(Cursor(id.0))),
        Err(_) => Err(bad("cursor", "expected the `next_cursor` of an earlier page")),
    }
}

/// Writes what [`cursor`] reads.
pub(super) fn cursor_text(cursor: Cursor) -> String {
    EventId(cursor.0).to_string().trim_start_matches("evt_").to_owned()
}

/// Reads a moment (RFC 3339).
///
/// # Errors
/// It is none.
pub(super) fn moment(field: &str, text: &str) -> Result<Millis, Problem> {
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => Ok(Millis(at.as_millisecond())),
        Err(_) => Err(bad(field, format!("expected a time such as 2026-01-31T12:00:00Z, found {text:?}"))),
    }
}

/// Writes a page, with RFC 8288 `Link` to the next one. `path` is the list's own, with its filters.
pub(super) fn listed<T: Serialize>(page: Page<T>, path: &str) -> Response {
    let next_cursor = page.next.map(cursor_text);
    let link = next_cursor.as_ref().map(|cursor| {
        let join = if path.contains('?') { '&' } else { '?' };
        format!("<{path}{join}cursor={cursor}>; rel=\"next\"")
    });
    let mut response = Json(Listed { data: page.rows, next_cursor }).into_response();
    if let Some(value) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
        response.headers_mut().insert(header::LINK, value);
    }
    response
}

/// Reads the `{id}` of a path.
///
/// # Errors
/// It is no UTF-8, or no id of this kind.
pub(super) fn id<T: FromStr<Err: Display>>(path: Result<Path<String>, PathRejection>) -> Result<T, Problem> {
    let Path(text) = path.map_err(|rejection| bad("id", rejection.body_text()))?;
    text.parse().map_err(|error| bad("id", format!("{error}")))
}

/// A query parameter that does not read.
pub(super) fn bad(field: &str, detail: impl Into<String>) -> Problem {
    let detail = detail.into();
    Problem::new(StatusCode::BAD_REQUEST, "bad-parameter", format!("{field}: {detail}")).field(field, detail)
}
