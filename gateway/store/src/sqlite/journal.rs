//! The port of the admin API.

use hookgate_core::delivery::End;
use hookgate_core::word::{Actor, DeliveryId, Digest, EventId, Kind, NameId, ScopeId};
use hookgate_ports::{
    AgainRefused, Applied, AttemptRow, Cursor, DeliveryFilter, DeliveryRow, EventFilter, EventRow, Fut,
    Journal, Page, StoreError,
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
        Box::pin(self.list_events(scope, filter, from, limit))
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
        Box::pin(self.list_deliveries(scope, filter, from, limit))
    }

    fn delivery(&self, scope: ScopeId, id: DeliveryId) -> Fut<'_, Result<Option<DeliveryRow>, StoreError>> {
        Box::pin(self.one_delivery(scope, id))
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
            Arg::Int(NameId::of(scope, Kind::Plugin, &component.plugin).0),
        ],
    });
    [Text { sql: include_str!("sql/apply.sql"), args: small }].into_iter().chain(components).collect()
}
