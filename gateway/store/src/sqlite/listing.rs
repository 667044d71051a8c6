//! Lists: a filter becomes the ids of a page by the statement whose index serves it, and the ids become rows.
//!
//! The columns of a delivery stand in one statement, so that no two lists can differ in what they show.

use hookgate_core::delivery::End;
use hookgate_core::limits;
use hookgate_core::word::{DeliveryId, Millis, ScopeId, first_id};
use hookgate_ports::{
    Cursor, DeliveryFilter, DeliveryRow, DeliveryState, EventFilter, EventRow, Page, StoreError,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::sql::down;
use super::{Sqlite, read};

/// The ids of a page, and where the next one begins.
struct Found {
    ids: Vec<i64>,
    next: Option<Cursor>,
}

impl Sqlite {
    pub(super) async fn list_events(
        &self,
        scope: ScopeId,
        filter: EventFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<EventRow>, StoreError> {
        let is_narrow = filter.source.is_some() || filter.event_type.is_some() || filter.unrouted.is_some();
        let query = sqlx::query(include_str!("sql/page_events.sql"))
            .bind(scope.0)
            .bind(below(from, filter.until))
            .bind(from_on(filter.since))
            .bind(filter.source.map(|source| source.0))
            .bind(filter.event_type)
            .bind(filter.unrouted)
            .bind(one_more(limit))
            .bind(is_narrow.then_some(limits::SCAN_ROWS_MAX));
        let found = Found::read(&query.fetch_all(&self.readers).await.map_err(down)?, limit)?;
        let query = sqlx::query(include_str!("sql/events.sql")).bind(scope.0).bind(id_list(&found.ids));
        let rows = query.fetch_all(&self.readers).await.map_err(down)?;
        let rows = rows.iter().map(read::event).collect::<Result<_, _>>().map_err(down)?;
        Ok(Page { rows, next: found.next })
    }

    pub(super) async fn list_deliveries(
        &self,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<DeliveryRow>, StoreError> {
        let query = sqlx::query(statement(&filter))
            .bind(scope.0)
            .bind(below(from, filter.until))
            .bind(from_on(filter.since))
            .bind(filter.destination.map(|destination| destination.0))
            .bind(filter.route.map(|route| route.0))
            .bind(filter.event_type)
            .bind(filter.reason)
            .bind(filter.state.map(code))
            .bind(one_more(limit))
            .bind(limits::SCAN_ROWS_MAX)
            .bind(filter.event.map(|event| event.0));
        let found = Found::read(&query.fetch_all(&self.readers).await.map_err(down)?, limit)?;
        Ok(Page { rows: self.deliveries_of(scope, &found.ids).await?, next: found.next })
    }

    pub(super) async fn one_delivery(
        &self,
        scope: ScopeId,
        id: DeliveryId,
    ) -> Result<Option<DeliveryRow>, StoreError> {
        Ok(self.deliveries_of(scope, &[id.0]).await?.pop())
    }

    /// Reads deliveries, newest first. One that retention has just taken is not among them.
    async fn deliveries_of(&self, scope: ScopeId, ids: &[i64]) -> Result<Vec<DeliveryRow>, StoreError> {
        let query = sqlx::query(include_str!("sql/deliveries.sql")).bind(scope.0).bind(id_list(ids));
        let rows = query.fetch_all(&self.readers).await.map_err(down)?;
        rows.iter().map(read::delivery).collect::<Result<_, _>>().map_err(down)
    }
}

impl Found {
    /// Reads the ids of a page, newest first, of which one more was asked for.
    fn read(rows: &[SqliteRow], limit: u32) -> Result<Found, StoreError> {
        let (mut ids, ended_at) = page_ids(rows)?;
        let has_more = ids.len() > limit as usize;
        ids.truncate(limit as usize);
        let last = ids.last().filter(|_| has_more).map(|last| Cursor(*last));
        Ok(Found { next: last.or(ended_at.map(|id| Cursor(id.saturating_add(1)))), ids })
    }
}

/// Reads ids, marked 1, and where the looking ended, marked 0: that id was not looked at.
pub(super) fn page_ids(rows: &[SqliteRow]) -> Result<(Vec<i64>, Option<i64>), StoreError> {
    let (mut ids, mut ended_at) = (Vec::with_capacity(rows.len()), None);
    for row in rows {
        let id: i64 = row.try_get(1).map_err(down)?;
        match row.try_get::<i64, _>(0).map_err(down)? {
            1 => ids.push(id),
            _ => ended_at = Some(id),
        }
    }
    Ok((ids, ended_at))
}

/// Chooses the statement whose index serves the filter.
fn statement(filter: &DeliveryFilter) -> &'static str {
    if filter.event.is_some() {
        return include_str!("sql/page_of_event.sql");
    }
    match filter.state {
        None => include_str!("sql/page.sql"),
        Some(DeliveryState::Pending | DeliveryState::InFlight) => include_str!("sql/page_live.sql"),
        Some(DeliveryState::Held) => include_str!("sql/page_held.sql"),
        Some(DeliveryState::Finished(End::Delivered)) => include_str!("sql/page_finished.sql"),
        Some(DeliveryState::Finished(End::DeadLettered | End::Skipped | End::Split | End::Cancelled)) => {
            include_str!("sql/page_undelivered.sql")
        }
    }
}

fn code(state: DeliveryState) -> i64 {
    match state {
        DeliveryState::Pending => read::PENDING,
        DeliveryState::Held => read::HELD,
        DeliveryState::InFlight => read::IN_FLIGHT,
        DeliveryState::Finished(end) => end.code(),
    }
}

/// Ids grow with time: a time is a bound of ids.
fn below(from: Option<Cursor>, until: Option<Millis>) -> i64 {
    let cursor = from.map_or(i64::MAX, |cursor| cursor.0);
    until.map_or(cursor, |until| cursor.min(first_id(until)))
}

fn from_on(since: Option<Millis>) -> i64 {
    since.map_or(0, first_id)
}

/// One row more than the page has tells whether there is another page.
fn one_more(limit: u32) -> i64 {
    i64::from(limit) + 1
}

/// Writes ids as a JSON array.
pub(super) fn id_list(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    format!("[{}]", ids.join(","))
}
