//! How the API shows rows: names instead of numbers, RFC 3339 times, bodies as text where they are text.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookgate_core::plan::Why;
use hookgate_core::topology::Route;
use hookgate_core::word::{Headers, Millis, header_text};
use hookgate_ports::{AttemptRow, DeliveryRow, DeliveryState, EventRow};
use serde::Serialize;

/// An event.
#[derive(Serialize)]
pub(super) struct EventView {
    id: String,
    source: String,
    #[serde(rename = "type")]
    event_type: String,
    received_at: String,
    revision: String,
    duplicates: u64,
    deliveries: u64,
    body_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<(String, String)>>,
    #[serde(flatten)]
    body: Option<BodyView>,
}

/// A body: text where it is UTF-8, Base64 otherwise.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum BodyView {
    Body(String),
    BodyBase64(String),
}

/// Why a route takes an event, or not.
#[derive(Serialize)]
pub(super) struct WhyView {
    route: String,
    takes: bool,
    because: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unmet: Vec<UnmetView>,
}

/// A part of a condition that does not hold.
#[derive(Serialize)]
struct UnmetView {
    wanted: String,
    found: Option<String>,
}

/// A delivery.
#[derive(Serialize)]
pub(super) struct DeliveryView {
    id: String,
    event: String,
    event_type: String,
    route: String,
    destination: String,
    message: String,
    state: &'static str,
    reason: Option<String>,
    attempts: u32,
    due_at: Option<String>,
    finished_at: Option<String>,
    parent: Option<String>,
    replay_of: Option<String>,
    resolved_by: Option<String>,
    last_attempt: Option<GistView>,
}

/// The gist of an attempt.
#[derive(Serialize)]
pub(super) struct GistView {
    outcome: String,
    status: Option<u16>,
    detail: String,
}

/// An attempt in full.
#[derive(Serialize)]
pub(super) struct AttemptView {
    id: String,
    started_at: String,
    took_ms: u64,
    #[serde(flatten)]
    gist: GistView,
    made_by: Vec<String>,
    request: Option<RequestView>,
    response: Option<ResponseView>,
}

#[derive(Serialize)]
struct RequestView {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    #[serde(flatten)]
    body: BodyView,
}

#[derive(Serialize)]
struct ResponseView {
    headers: Vec<(String, String)>,
    #[serde(flatten)]
    body: BodyView,
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> EventView {
        EventView {
            id: row.id.to_string(),
            source: row.source,
            event_type: row.event_type,
            received_at: time(row.received_at),
            revision: row.revision.to_string(),
            duplicates: row.duplicates,
            deliveries: row.deliveries,
            body_bytes: row.body_bytes,
            headers: row.headers.as_ref().map(fields),
            body: row.body.map(|body| body_view(&body)),
        }
    }
}

impl From<(&Arc<Route>, Why)> for WhyView {
    fn from((route, why): (&Arc<Route>, Why)) -> WhyView {
        let (because, unmet) = match &why {
            Why::Takes if route.catch_all => ("no other route takes it".to_owned(), &[][..]),
            Why::Takes => ("it takes the event".to_owned(), &[][..]),
            Why::OtherType { types, found } => {
                (format!("type {found:?} fits none of {}", types.join(", ")), &[][..])
            }
            Why::Unmet(unmet) => ("its condition does not hold".to_owned(), unmet.as_slice()),
            Why::TakenBefore { by } => {
                (format!("it is a catch-all, and route {by} takes the event"), &[][..])
            }
        };
        let unmet =
            unmet.iter().map(|part| UnmetView { wanted: part.wanted.clone(), found: part.found.clone() });
        WhyView { route: route.name.to_string(), takes: why == Why::Takes, because, unmet: unmet.collect() }
    }
}

impl From<DeliveryRow> for DeliveryView {
    fn from(row: DeliveryRow) -> DeliveryView {
        DeliveryView {
            id: row.id.to_string(),
            event: row.event.to_string(),
            event_type: row.event_type,
            route: row.route,
            destination: row.destination,
            message: row.message.to_string(),
            state: state_word(row.state),
            reason: row.reason,
            attempts: row.attempts,
            due_at: row.due.map(time),
            finished_at: row.finished_at.map(time),
            parent: row.parent.map(|id| id.to_string()),
            replay_of: row.replay_of.map(|id| id.to_string()),
            resolved_by: row.resolved_by.map(|id| id.to_string()),
            last_attempt: row.last.map(|gist| GistView {
                outcome: gist.outcome,
                status: gist.status,
                detail: gist.detail,
            }),
        }
    }
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> AttemptView {
        AttemptView {
            id: row.id.to_string(),
            started_at: time(row.started_at),
            took_ms: row.took_ms,
            gist: GistView { outcome: row.gist.outcome, status: row.gist.status, detail: row.gist.detail },
            made_by: row.made_by.iter().map(ToString::to_string).collect(),
            request: row.rendered.map(|rendered| RequestView {
                method: rendered.method.to_string(),
                url: rendered.url,
                headers: fields(&rendered.headers).into_iter().chain(fields(&row.sent)).collect(),
                body: body_view(&rendered.body),
            }),
            response: row
                .answer
                .map(|(headers, body)| ResponseView { headers: fields(&headers), body: body_view(&body) }),
        }
    }
}

/// Returns the word of a state.
pub(super) fn state_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Held => "held",
        DeliveryState::InFlight => "in_flight",
        DeliveryState::Finished(end) => end.word(),
    }
}

fn fields(headers: &Headers) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.to_string(), header_text(value))).collect()
}

fn body_view(body: &[u8]) -> BodyView {
    match std::str::from_utf8(body) {
        Ok(text) => BodyView::Body(text.to_owned()),
        Err(_) => BodyView::BodyBase64(STANDARD.encode(body)),
    }
}

/// Writes RFC 3339 with milliseconds; a time outside of the calendar as its number.
pub(super) fn time(at: Millis) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(timestamp) => format!("{timestamp:.3}"),
        Err(_) => at.0.to_string(),
    }
}
