//! How the tail shows what happens: one JSON object for each thing, with the names that an operator knows.

use hookgate_engine::{Observation, What};
use serde::Serialize;

use crate::admin::view::time;

/// Something that happened, or that some of it was missed.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum View {
    /// An event is stored.
    Accepted {
        at: String,
        event: String,
        #[serde(rename = "type")]
        event_type: String,
        source: String,
        duplicate: bool,
    },
    /// A request was not taken.
    Refused { at: String, source: String, why: &'static str, detail: String },
    /// An attempt came to an end.
    Tried {
        at: String,
        event: String,
        delivery: String,
        #[serde(rename = "type")]
        event_type: String,
        source: String,
        route: Option<String>,
        destination: Option<String>,
        attempt: u32,
        outcome: &'static str,
        failed: bool,
        status: Option<u16>,
        detail: String,
        then: String,
        took_ms: u64,
    },
    /// The onlooker was too slow for so many things, whether its filter would have let them through or not.
    Missed { missed: u64 },
}

impl View {
    /// Returns the word that the event stream names it by.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            View::Accepted { .. } => "accepted",
            View::Refused { .. } => "refused",
            View::Tried { .. } => "tried",
            View::Missed { .. } => "missed",
        }
    }
}

impl From<Observation> for View {
    fn from(observation: Observation) -> View {
        let at = time(observation.at);
        match observation.what {
            What::Accepted { event, event_type, source, is_duplicate } => View::Accepted {
                at,
                event: event.to_string(),
                event_type: event_type.to_string(),
                source: source.to_string(),
                duplicate: is_duplicate,
            },
            What::Refused { source, why, detail } => {
                View::Refused { at, source: source.to_string(), why, detail }
            }
            What::Tried {
                event,
                delivery,
                event_type,
                source,
                route,
                destination,
                attempt,
                outcome,
                status,
                detail,
                then,
                took,
            } => View::Tried {
                at,
                event: event.to_string(),
                delivery: delivery.to_string(),
                event_type: event_type.to_string(),
                source: source.to_string(),
                route: route.map(|name| name.to_string()),
                destination: destination.map(|name| name.to_string()),
                attempt,
                outcome: outcome.text(),
                failed: outcome.is_failure(),
                status,
                detail,
                then,
                took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            },
        }
    }
}
