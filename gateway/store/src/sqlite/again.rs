//! Sending again: one delivery, or all that a filter fits.
//!
//! Which deliveries a filter fits is read first, by a bounded look; the writer then changes those of them that
//! still stand as they did, so that of two retries at once the second finds nothing to do.

use hookgate_core::delivery::End;
use hookgate_core::limits;
use hookgate_core::word::{Actor, DeliveryId, ScopeId, first_id};
use hookgate_ports::{AgainRefused, Cursor, DeliveryFilter, DeliveryState, RetriedMany, StoreError};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::Sqlite;
use super::listing::{id_list, page_ids};
use super::rows::Rows;
use super::sql::{Arg, down};
use super::unit::{Text, Then};

/// What a bulk retry may go through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    Dead,
    Held,
}

impl Sqlite {
    pub(super) async fn again(
        &self,
        actor: Actor,
        scope: ScopeId,
        id: DeliveryId,
        fresh: DeliveryId,
    ) -> Result<DeliveryId, AgainRefused> {
        let args = vec![Arg::Int(scope.0), Arg::Int(id.0), Arg::Text(actor.to_string())];
        let live = Text { sql: include_str!("sql/retry.sql"), args };
        let dead = dead(&actor, scope, &[(id.0, fresh)], None);
        let rows = self.script(vec![live, dead], Then::Nothing).await?;
        // Of a delivery that is not there only the second text answers.
        let row = rows.first().filter(|row| row.len() > 1).ok_or(AgainRefused::Unknown(id))?;
        retried(row, id, fresh)
    }

    pub(super) async fn again_all(
        &self,
        actor: Actor,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        fresh: Vec<DeliveryId>,
    ) -> Result<RetriedMany, StoreError> {
        let through = match filter.state {
            None | Some(DeliveryState::Finished(End::DeadLettered)) => Through::Dead,
            Some(DeliveryState::Held) => Through::Held,
            Some(DeliveryState::Pending | DeliveryState::InFlight | DeliveryState::Finished(_)) => {
                return Ok(RetriedMany { retried: 0, next: None });
            }
        };
        let limit = fresh.len().min(limits::RETRIES_PER_CALL_MAX);
        let (ids, next) = self.meant(through, scope, &filter, from, limit).await?;
        if ids.is_empty() {
            return Ok(RetriedMany { retried: 0, next });
        }
        let text = match through {
            Through::Dead => {
                let pairs: Vec<(i64, DeliveryId)> = ids.into_iter().zip(fresh).collect();
                dead(&actor, scope, &pairs, Some(&filter))
            }
            Through::Held => {
                let args = vec![
                    Arg::Int(scope.0),
                    Arg::Text(id_list(&ids)),
                    Arg::Text(actor.to_string()),
                    Arg::Text(format!("{filter:?}")),
                ];
                Text { sql: include_str!("sql/retry_held.sql"), args }
            }
        };
        let rows = self.script(vec![text], Then::Nothing).await?;
        let retried: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0)).map_err(down)?;
        Ok(RetriedMany { retried: retried.unsigned_abs(), next })
    }

    /// Returns at most so many ids that the filter fits, oldest first, and above which id to go on.
    async fn meant(
        &self,
        through: Through,
        scope: ScopeId,
        filter: &DeliveryFilter,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<(Vec<i64>, Option<Cursor>), StoreError> {
        let sql = match through {
            Through::Dead => include_str!("sql/again_dead.sql"),
            Through::Held => include_str!("sql/again_held.sql"),
        };
        let query = sqlx::query(sql)
            .bind(scope.0)
            .bind(from.map_or(-1, |cursor| cursor.0))
            .bind(filter.since.map_or(0, first_id))
            .bind(filter.until.map_or(i64::MAX, first_id))
            .bind(filter.destination.map(|destination| destination.0))
            .bind(filter.route.map(|route| route.0))
            .bind(filter.event_type.clone())
            .bind(filter.reason.clone())
            .bind(filter.event.map(|event| event.0))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1))
            .bind(limits::SCAN_ROWS_MAX);
        let (mut ids, ended_at) = page_ids(&query.fetch_all(&self.readers).await.map_err(down)?)?;
        let has_more = ids.len() > limit;
        ids.truncate(limit);
        let last =
            if has_more { Some(ids.last().copied().or(from.map(|from| from.0)).unwrap_or(-1)) } else { None };
        let next = last.or(ended_at.map(|id| id - 1)).map(Cursor);
        Ok((ids, next))
    }
}

/// Lets fresh deliveries take the places of dead letters. `filter` is what chose them, if one did.
fn dead(actor: &Actor, scope: ScopeId, pairs: &[(i64, DeliveryId)], filter: Option<&DeliveryFilter>) -> Text {
    let mut rows = Rows::default();
    for (dead, fresh) in pairs {
        rows.row().int(*dead).int(fresh.0);
    }
    let what = if filter.is_some() { "delivery.retry_all" } else { "delivery.retry" };
    let args = vec![
        Arg::Int(scope.0),
        Arg::Text(rows.finish()),
        Arg::Text(actor.to_string()),
        Arg::Text(what.into()),
        filter.map_or(Arg::Null, |filter| Arg::Text(format!("{filter:?}"))),
    ];
    Text { sql: include_str!("sql/retry_dead.sql"), args }
}

/// Reads what stood before the retry: it decides what the retry did.
fn retried(row: &SqliteRow, id: DeliveryId, fresh: DeliveryId) -> Result<DeliveryId, AgainRefused> {
    let column = |error| AgainRefused::Store(down(error));
    let is_live = row.try_get::<&str, _>(0).map_err(column)? == "live";
    if is_live {
        let is_in_flight: bool = row.try_get(1).map_err(column)?;
        return if is_in_flight { Err(AgainRefused::InFlight(id)) } else { Ok(id) };
    }
    let code: i64 = row.try_get(2).map_err(column)?;
    let resolved_by: Option<i64> = row.try_get(3).map_err(column)?;
    match (End::from_code(code), resolved_by) {
        (Some(End::DeadLettered), None) => Ok(fresh),
        (Some(End::DeadLettered), Some(by)) => Err(AgainRefused::Resolved(id, DeliveryId(by))),
        (Some(end), _) => Err(AgainRefused::NotFailed(id, end.word())),
        (None, _) => Err(AgainRefused::NotFailed(id, "an end of a newer release")),
    }
}
