//! `POST /v1/config/reload`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hookgate_core::word::Actor;
use http::StatusCode;
use serde::Serialize;

use super::Admin;
use crate::Problem;
use crate::apply::ApplyError;

/// What rules now.
#[derive(Serialize)]
pub(super) struct Reloaded {
    revision: String,
    changed: bool,
    warnings: Vec<String>,
}

pub(super) async fn reload(State(admin): State<Arc<Admin>>) -> Result<Json<Reloaded>, Problem> {
    match admin.apply.apply(Actor::Key("admin".into())).await {
        Ok(applied) => Ok(Json(Reloaded {
            revision: applied.revision.to_string(),
            changed: applied.is_changed,
            warnings: applied.warnings,
        })),
        Err(error) => Err(problem(error)),
    }
}

fn problem(error: ApplyError) -> Problem {
    let status = match &error {
        ApplyError::Mistakes { .. } | ApplyError::NeedsRestart(_) | ApplyError::Unreadable { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ApplyError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let problem = Problem::new(status, error.code(), error.to_string());
    match error {
        ApplyError::Mistakes { mistakes, .. } => {
            mistakes.into_iter().fold(problem, |problem, mistake| problem.field(mistake.place, mistake.text))
        }
        ApplyError::NeedsRestart(keys) => {
            keys.into_iter().fold(problem, |problem, key| problem.field(key, "needs a restart"))
        }
        ApplyError::Unreadable { .. } => problem,
        ApplyError::Store(_) => problem.retry_after(1),
    }
}
