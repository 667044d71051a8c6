//! Components under names: uploading, listing, switching, removing.

use hookgate_core::limits;
use hookgate_core::word::{Actor, Digest, Millis, ScopeId, Slug};
use hookgate_ports::{Component, PluginRefused, PluginRow, PluginVersion, StoreError, Uploaded};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};

use super::sql::{Arg, down};
use super::unit::{Text, Then};
use super::{Sqlite, read};

/// How a name stood before a change: that decides what the change came to.
struct Stands {
    is_known: bool,
    is_file: bool,
}

impl Sqlite {
    pub(super) async fn store_component(
        &self,
        actor: Actor,
        scope: ScopeId,
        component: Component,
        manifest: String,
    ) -> Result<Uploaded, StoreError> {
        let args = vec![
            Arg::Int(scope.0),
            Arg::Text(component.plugin.as_str().into()),
            Arg::Blob(component.digest.as_bytes().to_vec()),
            Arg::Blob(component.bytes.to_vec()),
            Arg::Text(component.origin),
            Arg::Text(manifest),
            Arg::Text(actor.to_string()),
            Arg::Int(i64::try_from(limits::PLUGIN_VERSIONS_MAX).unwrap_or(i64::MAX)),
        ];
        let rows =
            self.script(vec![Text { sql: include_str!("sql/upload.sql"), args }], Then::Nothing).await?;
        let row = rows.first().ok_or_else(|| StoreError::Down("an upload without an answer".into()))?;
        let (is_active, is_removed): (bool, bool) =
            row.try_get(0).and_then(|is_active| Ok((is_active, row.try_get(1)?))).map_err(down)?;
        Ok(match (is_removed, is_active) {
            (true, _) => Uploaded::Removed,
            (false, true) => Uploaded::Active,
            (false, false) => Uploaded::Waiting,
        })
    }

    pub(super) async fn list_plugins(&self, scope: ScopeId) -> Result<Vec<PluginRow>, StoreError> {
        let query = sqlx::query(include_str!("sql/plugins.sql")).bind(scope.0);
        let mut plugins: Vec<PluginRow> = Vec::new();
        let mut is_last_configured = false;
        for row in query.fetch_all(&self.readers).await.map_err(down)? {
            let is_configured: bool = row.try_get(8).map_err(down)?;
            let plugin = plugin(&row).map_err(down)?;
            match plugins.last_mut() {
                // A name's versions follow each other; a file of the same name is a plugin of its own.
                Some(last) if last.name == plugin.name && is_last_configured == is_configured => {
                    last.versions.extend(plugin.versions);
                }
                Some(_) | None => plugins.push(plugin),
            }
            is_last_configured = is_configured;
        }
        Ok(plugins)
    }

    pub(super) async fn switch_component(
        &self,
        actor: Actor,
        scope: ScopeId,
        name: Slug,
        digest: Digest,
    ) -> Result<(), PluginRefused> {
        let args = vec![
            Arg::Int(scope.0),
            Arg::Text(name.as_str().into()),
            Arg::Blob(digest.as_bytes().to_vec()),
            Arg::Text(actor.to_string()),
        ];
        let rows =
            self.script(vec![Text { sql: include_str!("sql/activate.sql"), args }], Then::Nothing).await?;
        let row = stands(&rows, &name)?;
        let has_version: bool = row.try_get(2).map_err(down)?;
        if has_version { Ok(()) } else { Err(PluginRefused::NoVersion(name, digest)) }
    }

    pub(super) async fn remove_component(
        &self,
        actor: Actor,
        scope: ScopeId,
        name: Slug,
    ) -> Result<(), PluginRefused> {
        let args = vec![Arg::Int(scope.0), Arg::Text(name.as_str().into()), Arg::Text(actor.to_string())];
        let text = Text { sql: include_str!("sql/remove_plugin.sql"), args };
        let rows = self.script(vec![text], Then::Nothing).await?;
        stands(&rows, &name).map(drop)
    }

    pub(super) async fn find_component(
        &self,
        scope: ScopeId,
        name: Slug,
        version: Option<Digest>,
    ) -> Result<Option<Component>, StoreError> {
        let version = version.map(|digest| digest.as_bytes().to_vec());
        let query =
            sqlx::query(include_str!("sql/component_of.sql")).bind(scope.0).bind(name.as_str()).bind(version);
        let row = query.fetch_optional(&self.readers).await.map_err(down)?;
        let component = |row: SqliteRow| -> Result<Component, Error> {
            Ok(Component {
                plugin: name.clone(),
                digest: read::digest(row.try_get(0)?)?,
                bytes: row.try_get::<Vec<u8>, _>(1)?.into(),
                origin: row.try_get(2)?,
            })
        };
        row.map(component).transpose().map_err(down)
    }
}

/// Reads how a name stood, and refuses what nothing was uploaded under.
fn stands<'a>(rows: &'a [SqliteRow], name: &Slug) -> Result<&'a SqliteRow, PluginRefused> {
    let row = rows.first().ok_or_else(|| PluginRefused::Unknown(name.clone()))?;
    let stands = row.try_get(0).and_then(|is_known| Ok(Stands { is_known, is_file: row.try_get(1)? }));
    match stands.map_err(down)? {
        Stands { is_known: true, .. } => Ok(row),
        Stands { is_file: true, .. } => Err(PluginRefused::FromFile(name.clone())),
        Stands { .. } => Err(PluginRefused::Unknown(name.clone())),
    }
}

/// Reads a row of `plugins.sql`: a plugin with one of its versions, or with none if it has none.
fn plugin(row: &SqliteRow) -> Result<PluginRow, Error> {
    let version = row.try_get::<Option<&[u8]>, _>(3)?.map(|digest| {
        Ok::<_, Error>(PluginVersion {
            digest: read::digest(digest)?,
            at: Millis(row.try_get(4)?),
            bytes: row.try_get::<i64, _>(5)?.unsigned_abs(),
            origin: row.try_get(6)?,
            manifest: row.try_get(7)?,
        })
    });
    Ok(PluginRow {
        name: row.try_get(0)?,
        active: row.try_get::<Option<&[u8]>, _>(1)?.map(read::digest).transpose()?,
        origin: row.try_get(2)?,
        versions: version.transpose()?.into_iter().collect(),
    })
}
