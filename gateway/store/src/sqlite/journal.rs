//! The port of the admin API.

use hookgate_core::control::Fact;
use hookgate_core::word::{Actor, DeliveryId, Digest, EventId, Kind, Millis, NameId, ScopeId, Slug};
use hookgate_ports::{
    AgainRefused, Applied, AttemptRow, Component, Cursor, DeliveryFilter, DeliveryRow, EventFilter, EventRow,
    Fut, Journal, Page, PluginRefused, PluginRow, RetriedMany, Stats, StatsBy, StoreError, Uploaded,
};
use sqlx::Row;

use super::rows::Rows;
use super::sql::{Arg, down};
use super::unit::{Text, Then};
use super::{Sqlite, controls, read};

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
        Box::pin(self.again(actor, scope, id, fresh))
    }

    fn retry_all(
        &self,
        actor: Actor,
        scope: ScopeId,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        fresh: Vec<DeliveryId>,
    ) -> Fut<'_, Result<RetriedMany, StoreError>> {
        Box::pin(self.again_all(actor, scope, filter, from, fresh))
    }

    fn pause(
        &self,
        actor: Actor,
        scope: ScopeId,
        subject: (Kind, NameId),
        reason: String,
    ) -> Fut<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let text = controls::pause(&actor, scope, subject, reason);
            controls::is_done(&self.script(vec![text], Then::Nothing).await?)
        })
    }

    fn resume(
        &self,
        actor: Actor,
        scope: ScopeId,
        subject: (Kind, NameId),
    ) -> Fut<'_, Result<Vec<Fact>, StoreError>> {
        Box::pin(async move {
            let rows = self.script(vec![controls::resume(&actor, scope, subject)], Then::Nothing).await?;
            rows.iter().map(read::fact).collect::<Result<_, _>>().map_err(down)
        })
    }

    fn stats(
        &self,
        scope: ScopeId,
        from: Millis,
        to: Millis,
        by: StatsBy,
    ) -> Fut<'_, Result<Stats, StoreError>> {
        Box::pin(self.sums(scope, from, to, by))
    }

    fn upload(
        &self,
        actor: Actor,
        scope: ScopeId,
        component: Component,
        manifest: String,
    ) -> Fut<'_, Result<Uploaded, StoreError>> {
        Box::pin(self.store_component(actor, scope, component, manifest))
    }

    fn plugins(&self, scope: ScopeId) -> Fut<'_, Result<Vec<PluginRow>, StoreError>> {
        Box::pin(self.list_plugins(scope))
    }

    fn activate(
        &self,
        actor: Actor,
        scope: ScopeId,
        name: Slug,
        digest: Digest,
    ) -> Fut<'_, Result<(), PluginRefused>> {
        Box::pin(self.switch_component(actor, scope, name, digest))
    }

    fn remove_plugin(&self, actor: Actor, scope: ScopeId, name: Slug) -> Fut<'_, Result<(), PluginRefused>> {
        Box::pin(self.remove_component(actor, scope, name))
    }

    fn component_of(
        &self,
        scope: ScopeId,
        name: Slug,
        version: Option<Digest>,
    ) -> Fut<'_, Result<Option<Component>, StoreError>> {
        Box::pin(self.find_component(scope, name, version))
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
