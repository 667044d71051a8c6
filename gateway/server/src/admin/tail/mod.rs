//! `GET /v1/tail`: what happens, as it happens, as Server-Sent Events (WHATWG HTML, "Server-sent events").
//! Nothing is repeated: what happened while nobody looked on is in the lists of events and deliveries.

mod filter;
mod view;

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use hookgate_core::limits;
use hookgate_engine::{Onlooker, Sight};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio_util::sync::CancellationToken;

use super::Admin;
use super::page::bad;
use crate::Problem;
use crate::listen::Closing;

use filter::{Filter, Parameters};
use view::View;

/// Nobody knows when one of those that look on goes.
const COME_AGAIN_SECONDS: u64 = 5;

/// One that looks on from afar.
struct Watch {
    onlooker: Onlooker,
    filter: Filter,
    closing: CancellationToken,
}

pub(super) async fn tail(
    State(admin): State<Arc<Admin>>,
    Extension(closing): Extension<Closing>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(parameters) = parameters.map_err(|error| bad("query", error.body_text()))?;
    let filter = Filter::read(&admin, parameters)?;
    let onlooker = admin.engine.observe().ok_or_else(crowded)?;
    let watch = Watch { onlooker, filter, closing: closing.ends_an_answer() };
    // Proxies pass on what has a body: the first comment says that from here on everything is seen.
    let begun = stream::once(async { Ok(Event::default().comment("looking on")) });
    let seen = stream::unfold(watch, async |mut watch| {
        let view = watch.next().await?;
        Some((Event::default().event(view.kind()).json_data(view), watch))
    });
    let alive = KeepAlive::new().interval(limits::TAIL_KEEP_ALIVE).text("still here");
    let mut response = Sse::new(begun.chain(seen)).keep_alive(alive).into_response();
    // nginx would hold a stream back until its buffer is full.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.headers_mut().insert(unbuffered.0, unbuffered.1);
    Ok(response)
}

impl Watch {
    /// Waits for the next thing that the filter lets through; none: the door closes.
    async fn next(&mut self) -> Option<View> {
        loop {
            let sight = tokio::select! {
                biased;
                () = self.closing.cancelled() => return None,
                sight = self.onlooker.next() => sight?,
            };
            match sight {
                Sight::Missed(count) => return Some(View::Missed { missed: count }),
                Sight::Seen(observation) if self.filter.fits(&observation) => {
                    return Some(observation.into());
                }
                Sight::Seen(_) => {}
            }
        }
    }
}

fn crowded() -> Problem {
    let detail = format!("{} look on already, which is as many as may", limits::ONLOOKERS_MAX);
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-onlookers", detail)
        .retry_after(COME_AGAIN_SECONDS)
}
