//! `POST /v1/events`: an application's own events, one or a batch.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hookgate_core::limits;
use hookgate_core::source::API;
use hookgate_core::word::Headers;
use hookgate_engine::{Batch, Receipt};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::Admin;
use super::page::bad;
use super::publication::{Brought, read};
use crate::{Problem, body, refusal};

/// Longest `Idempotency-Key`: a UUID has 36 characters, a hash 64.
const KEY_BYTES_MAX: usize = 255;

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Event(String),
    Events(Vec<String>),
}

pub(super) async fn publish(State(admin): State<Arc<Admin>>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let headers: Headers = head.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    json(&headers)?;
    body::readable(&headers)?;
    let key = idempotency_key(&head.headers)?;
    let (body, held) = body::read(body, limits::BODY_BYTES_MAX, &admin.room).await?;
    let brought = read(&body)?;
    let is_batch = matches!(brought, Brought::Batch(_));
    let (Brought::Batch(publications) | Brought::One(publications)) = brought;
    let topology = admin.engine.current().of(admin.scope);
    let trace = headers.first_text("traceparent");
    let batch =
        Batch { publications, idempotency: key.as_deref().map(|key| (key, &*body)), trace: trace.as_deref() };
    let receipt = admin.engine.publish(batch, &topology).await;
    drop(held);
    receipt.map(|receipt| answer(&receipt, is_batch)).map_err(|refused| refusal::unstored(API, refused))
}

/// The answer to a repeated call is the same but for one header field.
fn answer(receipt: &Receipt, is_batch: bool) -> Response {
    let ids = receipt.events.iter().map(|taken| taken.event.to_string());
    let answer = match (is_batch, receipt.events.as_slice()) {
        (false, [only]) => Answer::Event(only.event.to_string()),
        _ => Answer::Events(ids.collect()),
    };
    let mut response = (StatusCode::ACCEPTED, Json(answer)).into_response();
    if receipt.is_duplicate() {
        let name = HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    response
}

fn json(headers: &Headers) -> Result<(), Problem> {
    let text = headers.first_text(header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    if essence.is_empty() || essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = "send application/json";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(text) if (1..=KEY_BYTES_MAX).contains(&text.trim().len()) => Ok(Some(text.trim().to_owned())),
        Ok(_) | Err(_) => {
            Err(bad("Idempotency-Key", format!("expected 1 to {KEY_BYTES_MAX} characters of visible ASCII")))
        }
    }
}
