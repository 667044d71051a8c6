//! The port of the admin API.

use hookgate_core::delivery::End;
use hookgate_core::word::{Actor, DeliveryId, Digest, EventId, ScopeId};
use hookgate_ports::{
    AgainRefused, Applied, AttemptRow, Cursor, DeliveryFilter, DeliveryRow, DeliveryState, EventFilter,
    EventRow, Fut, Journal, Page, StoreError,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::rows::Rows;
use super::sql::{Arg, down};
use super::unit::{Text, Then};
use super::{Sqlite, read};

impl Journal for Sqlite {
    fn events(
        &self,
        scope: ScopeId,
        filter: EventFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Fut<'_, Result<Page<EventRow>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/events.sql"))
                .bind(scope.0)
                .bind(below(from))
                .bind(filter.source.map(|source| source.0))
                .bind(filter.event_type)
                .bind(filter.unrouted)
                .bind(one_more(limit));
            let rows = query.fetch_all(&self.readers).await.map_err(down)?;
            page(&rows, limit, read::event, |row| row.id.0)
        })
    }

    fn event(&self, scope: ScopeId, id: EventId) -> Fut<'_, Result<Option<EventRow>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/event.sql")).bind(scope.0).bind(id.0);
            let row = query.fetch_optional(&self.readers).await.map_err(down)?;
            row.map(|row| read::event(&row)).transpose().map_err(down)
        })
    }

    fn deliveries(
        &self,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        limit: u32,
    ) -> Fut<'_, Result<Page<DeliveryRow>, StoreError>> {
        Box::pin(async move {
            let destination = filter.destination.map(|destination| destination.0);
            let state = filter.state.map(code);
            let query = match filter.event {
                Some(event) => sqlx::query(include_str!("sql/deliveries_of_event.sql"))
                    .bind(scope.0)
                    .bind(below(from))
                    .bind(event.0)
                    .bind(destination)
                    .bind(state)
                    .bind(one_more(limit)),
                None => sqlx::query(listing(filter.state))
                    .bind(scope.0)
                    .bind(below(from))
                    .bind(destination)
                    .bind(state)
                    .bind(one_more(limit)),
            };
            let rows = query.fetch_all(&self.readers).await.map_err(down)?;
            page(&rows, limit, read::delivery, |row| row.id.0)
        })
    }

    fn delivery(&self, scope: ScopeId, id: DeliveryId) -> Fut<'_, Result<Option<DeliveryRow>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/delivery.sql")).bind(scope.0).bind(id.0);
            let row = query.fetch_optional(&self.readers).await.map_err(down)?;
            row.map(|row| read::delivery(&row)).transpose().map_err(down)
        })
    }

    fn attempts(&self, scope: ScopeId, id: DeliveryId) -> Fut<'_, Result<Vec<AttemptRow>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/attempts.sql")).bind(scope.0).bind(id.0);
            let rows = query.fetch_all(&self.readers).await.map_err(down)?;
            rows.iter().map(read::attempt).collect::<Result<_, _>>().map_err(down)
        })
    }

    fn retry(
        &self,
        actor: Actor,
        scope: ScopeId,
        id: DeliveryId,
        fresh: DeliveryId,
    ) -> Fut<'_, Result<DeliveryId, AgainRefused>> {
        Box::pin(async move {
            let args = vec![
                Arg::Int(scope.0),
                Arg::Int(id.0),
                Arg::Int(fresh.0),
                Arg::Text(actor.to_string()),
                Arg::Int(End::DeadLettered.code()),
            ];
            let rows =
                self.script(vec![Text { sql: include_str!("sql/retry.sql"), args }], Then::Nothing).await?;
            let row = rows.first().ok_or(AgainRefused::Unknown(id))?;
            retried(row, id, fresh)
        })
    }

    fn apply(&self, actor: Actor, applied: Applied) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move { self.script(texts(&actor, applied), Then::Nothing).await.map(drop) })
    }

    fn revision(&self, scope: ScopeId) -> Fut<'_, Result<Option<Digest>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/revision.sql")).bind(scope.0);
            let row = query.fetch_optional(&self.readers).await.map_err(down)?;
            row.map(|row| read::digest(row.try_get(0)?)).transpose().map_err(down)
        })
    }

    fn admin_key(&self, scope: ScopeId) -> Fut<'_, Result<Option<Digest>, StoreError>> {
        Box::pin(async move {
            let query = sqlx::query(include_str!("sql/admin_key.sql")).bind(scope.0);
            let row = query.fetch_optional(&self.readers).await.map_err(down)?;
            row.map(|row| read::digest(row.try_get(0)?)).transpose().map_err(down)
        })
    }

    fn make_admin_key(
        &self,
        actor: Actor,
        scope: ScopeId,
        hash: Digest,
    ) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let args =
                vec![Arg::Int(scope.0), Arg::Blob(hash.as_bytes().to_vec()), Arg::Text(actor.to_string())];
            let rows = self
                .script(vec![Text { sql: include_str!("sql/make_admin_key.sql"), args }], Then::Nothing)
                .await?;
            rows.first().map_or(Ok(false), |row| row.try_get::<i64, _>(0).map(|made| made > 0)).map_err(down)
        })
    }
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

/// A configuration's texts: one for its small rows, one for each component.
fn texts(actor: &Actor, applied: Applied) -> Vec<Text> {
    let scope = applied.scope;
    let mut names = Rows::default();
    for (id, kind, slug) in &applied.names {
        names.row().int(id.0).text(kind.word()).text(slug.as_str());
    }
    let mut recipes = Rows::default();
    for (digest, json) in &applied.recipes {
        recipes.row().text(&digest.to_string()).text(json);
    }
    let small = vec![
        Arg::Int(scope.0),
        Arg::Blob(applied.revision.as_bytes().to_vec()),
        Arg::Text(applied.text),
        Arg::Text(actor.to_string()),
        Arg::Text(names.finish()),
        Arg::Text(recipes.finish()),
    ];
    let components = applied.components.into_iter().map(|component| Text {
        sql: include_str!("sql/apply_component.sql"),
        args: vec![
            Arg::Int(scope.0),
            Arg::Text(component.plugin.as_str().into()),
            Arg::Blob(component.digest.as_bytes().to_vec()),
            Arg::Blob(component.bytes.to_vec()),
            Arg::Text(component.origin),
        ],
    });
    [Text { sql: include_str!("sql/apply.sql"), args: small }].into_iter().chain(components).collect()
}

/// Chooses the statement whose index serves the state.
fn listing(state: Option<DeliveryState>) -> &'static str {
    match state {
        None => include_str!("sql/deliveries.sql"),
        Some(DeliveryState::Pending | DeliveryState::Held | DeliveryState::InFlight) => {
            include_str!("sql/deliveries_live.sql")
        }
        Some(DeliveryState::Finished(End::Delivered)) => include_str!("sql/deliveries_finished.sql"),
        Some(DeliveryState::Finished(End::DeadLettered | End::Skipped | End::Split | End::Cancelled)) => {
            include_str!("sql/deliveries_undelivered.sql")
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

fn below(from: Option<Cursor>) -> i64 {
    from.map_or(i64::MAX, |cursor| cursor.0)
}

/// One row more than the page has tells whether there is another page.
fn one_more(limit: u32) -> i64 {
    i64::from(limit) + 1
}

fn page<T>(
    rows: &[SqliteRow],
    limit: u32,
    read: fn(&SqliteRow) -> Result<T, sqlx::Error>,
    id: fn(&T) -> i64,
) -> Result<Page<T>, StoreError> {
    let shown = rows.iter().take(limit as usize).map(read).collect::<Result<Vec<T>, _>>().map_err(down)?;
    let has_more = rows.len() > shown.len();
    let next = shown.last().filter(|_| has_more).map(|last| Cursor(id(last)));
    Ok(Page { rows: shown, next })
}
