//! `/v1/config`: what would be said of a configuration, and letting the file's rule.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use http::StatusCode;
use serde::Serialize;

use super::{Admin, actor};
use crate::apply::{Applied, ApplyError};
use crate::{Problem, body};

/// Longest text of a configuration: 10,000 routes and destinations have some 3 MB.
const TEXT_BYTES_MAX: usize = 16 << 20;

/// What somebody should look at in a configuration without mistakes.
#[derive(Serialize)]
pub(super) struct Good {
    warnings: Vec<String>,
}

/// What rules now.
#[derive(Serialize)]
pub(super) struct Reloaded {
    revision: String,
    changed: bool,
    warnings: Vec<String>,
}

impl From<Applied> for Reloaded {
    fn from(applied: Applied) -> Reloaded {
        Reloaded {
            revision: applied.revision.to_string(),
            changed: applied.is_changed,
            warnings: applied.warnings,
        }
    }
}

/// Checks the text that is sent, as if it stood in the gateway's own file.
pub(super) async fn check(State(admin): State<Arc<Admin>>, request: Request) -> Result<Json<Good>, Problem> {
    let (text, held) = body::read(request.into_body(), TEXT_BYTES_MAX, &admin.room).await?;
    let text = String::from_utf8(text.to_vec()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Problem::new(
            StatusCode::BAD_REQUEST,
            "bad-text",
            format!("byte {at} of the configuration is no UTF-8"),
        )
    })?;
    let checked = admin.apply.check(text).await;
    drop(held);
    checked.map(|warnings| Json(Good { warnings })).map_err(problem)
}

pub(super) async fn reload(State(admin): State<Arc<Admin>>) -> Result<Json<Reloaded>, Problem> {
    admin.apply.apply(actor()).await.map(|applied| Json(applied.into())).map_err(problem)
}

/// Says why a configuration does not rule, field by field.
pub(super) fn problem(error: ApplyError) -> Problem {
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
