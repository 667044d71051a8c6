//! Controls as statements: what the engine holds and lifts, and what operators do.

use hookgate_core::control::{Control, Fact};
use hookgate_core::word::{Actor, Kind, NameId, ScopeId};
use hookgate_ports::StoreError;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sql::{Arg, down};
use super::unit::Text;

/// Stores a control in place of an earlier one of its fact.
pub(super) fn hold(control: Control) -> Text {
    let args = vec![
        Arg::Int(control.scope.0),
        Arg::Text(control.kind.word().into()),
        Arg::Int(control.subject.0),
        Arg::Text(control.fact.word().into()),
        Arg::Text(control.reason),
        Arg::Int(control.since.0),
        control.until.map_or(Arg::Null, |until| Arg::Int(until.0)),
        Arg::Text(control.actor),
    ];
    Text { sql: include_str!("sql/hold.sql"), args }
}

/// Lifts a fact of a subject.
pub(super) fn lift(actor: &Actor, scope: ScopeId, (kind, subject, fact): (Kind, NameId, Fact)) -> Text {
    let args = vec![
        Arg::Int(scope.0),
        Arg::Text(kind.word().into()),
        Arg::Int(subject.0),
        Arg::Text(fact.word().into()),
        Arg::Text(actor.to_string()),
    ];
    Text { sql: include_str!("sql/lift.sql"), args }
}

/// Pauses something that has a name.
pub(super) fn pause(actor: &Actor, scope: ScopeId, (kind, subject): (Kind, NameId), reason: String) -> Text {
    let args = vec![
        Arg::Int(scope.0),
        Arg::Text(kind.word().into()),
        Arg::Int(subject.0),
        Arg::Text(reason),
        Arg::Text(actor.to_string()),
    ];
    Text { sql: include_str!("sql/pause.sql"), args }
}

/// Lifts every fact of a subject.
pub(super) fn resume(actor: &Actor, scope: ScopeId, (kind, subject): (Kind, NameId)) -> Text {
    let args = vec![
        Arg::Int(scope.0),
        Arg::Text(kind.word().into()),
        Arg::Int(subject.0),
        Arg::Text(actor.to_string()),
    ];
    Text { sql: include_str!("sql/resume.sql"), args }
}

/// Reads whether [`lift`] found something to lift, or [`pause`] something to pause.
pub(super) fn is_done(rows: &[SqliteRow]) -> Result<bool, StoreError> {
    rows.first().map_or(Ok(false), |row| row.try_get::<i64, _>(0).map(|rows| rows > 0)).map_err(down)
}
