//! `/v1/stats`: what happened, by minute.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use hookgate_core::word::Millis;
use hookgate_ports::{Cursor, Page, StatRow, StatsBy};
use http::Uri;
use serde::{Deserialize, Serialize};

use super::events::without_cursor;
use super::page::{bad, cursor, listed, moment};
use super::view::time;
use super::{Admin, store_problem};
use crate::Problem;

/// What is shown unless the request says from when on.
const SHOWN: Duration = Duration::from_secs(3_600);

const MINUTE_MS: i64 = 60_000;

/// The query of `GET /v1/stats`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    from: Option<String>,
    to: Option<String>,
    by: Option<String>,
    cursor: Option<String>,
}

/// What happened in a minute.
#[derive(Serialize)]
struct StatView {
    minute: String,
    name: String,
    outcome: String,
    n: u64,
    took_ms: u64,
}

pub(super) async fn list(
    State(admin): State<Arc<Admin>>,
    uri: Uri,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.map_err(|error| bad("query", error.body_text()))?;
    let to = parameters.to.as_deref().map(|text| moment("to", text)).transpose()?;
    let to = to.unwrap_or_else(|| admin.engine.now());
    let from = parameters.from.as_deref().map(|text| moment("from", text)).transpose()?;
    let from = from.unwrap_or(Millis(to.0.saturating_sub(Millis(0).after(SHOWN).0)));
    if from >= to {
        return Err(bad("from", "expected a time before `to`"));
    }
    let by = by(parameters.by.as_deref())?;
    let from = cursor(parameters.cursor.as_deref())?.map_or(from, |cursor| Millis(cursor.0));
    let stats = admin.journal.stats(admin.scope, from, end_of_minute(to), by).await.map_err(store_problem)?;
    let rows = stats.rows.into_iter().map(StatView::from).collect();
    Ok(listed(Page { rows, next: stats.next.map(|at| Cursor(at.0)) }, &without_cursor(&uri)))
}

/// A minute is counted whole: the one that `to` is in, such as the running one, is shown, too.
fn end_of_minute(at: Millis) -> Millis {
    Millis(at.0.saturating_add(MINUTE_MS - 1).div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS))
}

fn by(text: Option<&str>) -> Result<StatsBy, Problem> {
    match text {
        None => Ok(StatsBy::Nothing),
        Some("source") => Ok(StatsBy::Source),
        Some("route") => Ok(StatsBy::Route),
        Some("destination") => Ok(StatsBy::Destination),
        Some("plugin") => Ok(StatsBy::Plugin),
        Some(other) => {
            Err(bad("by", format!("expected source, route, destination or plugin, found {other:?}")))
        }
    }
}

impl From<StatRow> for StatView {
    fn from(row: StatRow) -> StatView {
        StatView {
            minute: time(row.minute),
            name: row.name,
            outcome: row.outcome,
            n: row.n,
            took_ms: row.took_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minute_that_an_end_is_in_counts_and_the_next_one_does_not() {
        for (at, end) in [(0, 0), (1, 60_000), (59_999, 60_000), (60_000, 60_000), (60_001, 120_000)] {
            assert_eq!(end_of_minute(Millis(at)), Millis(end), "{at}");
        }
    }
}
