//! Why nothing was promised, as a problem.

use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::scheme::{Rejection, Verification};
use hookgate_core::source::Source;
use hookgate_engine::Refusal;
use http::StatusCode;

use crate::Problem;

/// Writes what a sender hears; the log hears more.
pub(crate) fn problem(source: &Source, refusal: Refusal) -> Problem {
    let name = &source.name;
    match refusal {
        Refusal::Rejected(rejection) => rejected(source, &rejection),
        Refusal::TooFast(wait) => {
            let detail = format!("source {name} is called more often than it takes; nothing was stored");
            // Rounded up: who comes a moment early would only hear it again.
            let seconds = wait.as_millis().div_ceil(1_000);
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", detail)
                .retry_after(u64::try_from(seconds).unwrap_or(u64::MAX))
        }
        Refusal::WrongMethod => {
            let methods: Vec<&str> = source.methods.iter().map(http::Method::as_str).collect();
            let methods = methods.join(", ");
            let detail = format!("source {name} takes {methods}");
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail).allow(methods)
        }
        Refusal::TooManyEvents => {
            tracing::warn!(source = %name, "request refused: it brings more than {} events", limits::EVENTS_PER_REQUEST_MAX);
            let detail = format!("a request brings at most {} events", limits::EVENTS_PER_REQUEST_MAX);
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-events", detail)
        }
        Refusal::Looped(hops) => {
            tracing::warn!(source = %name, hops, "request refused: it passed through Hookgate {hops} times");
            Problem::new(StatusCode::LOOP_DETECTED, "loop", "this message passed through Hookgate too often")
        }
        Refusal::Undecided => {
            let detail = "the sender could not be verified now; nothing was stored";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "undecided", detail).retry_after(1)
        }
        Refusal::TooManyDeliveries(_)
        | Refusal::KeyReused
        | Refusal::Busy(_)
        | Refusal::Unknown
        | Refusal::Down => unstored(name.as_str(), refusal),
    }
}

/// Writes what keeps events of either door from the store.
pub(crate) fn unstored(source: &str, refusal: Refusal) -> Problem {
    let unavailable = |code, detail: &str, after: Duration| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(after.as_secs())
    };
    match refusal {
        Refusal::TooManyDeliveries(count) => {
            tracing::warn!(%source, count, "request refused: its events would become {count} deliveries");
            let max = limits::DELIVERIES_PER_REQUEST_MAX;
            let detail =
                format!("these events would become {count} deliveries, a request makes at most {max}");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-deliveries", detail)
        }
        Refusal::KeyReused => {
            let detail = "this Idempotency-Key was used with another body within the last 24 h";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key-reused", detail)
        }
        Refusal::Busy(after) => unavailable("busy", "too much waits to be stored; nothing was stored", after),
        Refusal::Down => {
            unavailable("store-down", "the store does not answer; nothing was stored", Duration::from_secs(5))
        }
        Refusal::Looped(_) => {
            Problem::new(StatusCode::LOOP_DETECTED, "loop", "this message passed through Hookgate too often")
        }
        Refusal::Unknown
        | Refusal::Rejected(_)
        | Refusal::TooFast(_)
        | Refusal::WrongMethod
        | Refusal::TooManyEvents
        | Refusal::Undecided => {
            unavailable("unknown", "it is not known whether the event was stored", Duration::from_secs(1))
        }
    }
}

fn rejected(source: &Source, rejection: &Rejection) -> Problem {
    tracing::info!(source = %source.name, reason = rejection.word(), "request refused: {rejection}");
    let problem =
        Problem::new(StatusCode::UNAUTHORIZED, rejection.code(), "the sender could not be verified");
    match &source.verification {
        Verification::Shown { credential, .. } => match credential.challenge() {
            Some(challenge) => problem.challenge(challenge),
            None => problem,
        },
        Verification::None | Verification::Hmac { .. } | Verification::Plugin { .. } => problem,
    }
}
