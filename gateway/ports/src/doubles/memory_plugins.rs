//! What the memory store knows of plugins: what was applied, and what was uploaded or embedded.

use std::cmp::Reverse;

use bytes::Bytes;
use hookgate_core::limits;
use hookgate_core::word::{Digest, Millis, ScopeId, Slug};

use super::memory_state::State;
use crate::{Component, PluginRefused, PluginRow, PluginVersion, Uploaded};

/// What a name of the configuration stands for.
pub(super) struct Configured {
    pub(super) digest: Digest,
    pub(super) origin: String,
    pub(super) at: Millis,
}

/// A name that components were uploaded or embedded under.
#[derive(Default)]
pub(super) struct Registered {
    active: Option<Digest>,
    is_embedded_removed: bool,
    versions: Vec<PluginVersion>,
}

impl Registered {
    fn is_embedded(&self, digest: Option<Digest>) -> bool {
        self.versions.iter().any(|version| Some(version.digest) == digest && version.origin == "embedded")
    }
}

impl State {
    pub(super) fn upload(
        &mut self,
        scope: ScopeId,
        component: Component,
        manifest: String,
        at: Millis,
    ) -> Uploaded {
        let Component { plugin, digest, bytes, origin } = component;
        let is_embedded = origin == "embedded";
        let entry = self.registry.entry((scope, plugin.as_str().to_owned())).or_default();
        if is_embedded && entry.is_embedded_removed {
            return Uploaded::Removed;
        }
        if entry.versions.iter().all(|version| version.digest != digest) {
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            entry.versions.push(PluginVersion { digest, at, bytes: size, origin, manifest });
        }
        if entry.active.is_none() || (is_embedded && entry.is_embedded(entry.active)) {
            entry.active = Some(digest);
        }
        entry.versions.sort_by_key(|version| (Reverse(version.at), version.digest));
        let active = entry.active;
        let mut nth = 0;
        entry.versions.retain(|version| {
            nth += 1;
            nth <= limits::PLUGIN_VERSIONS_MAX || Some(version.digest) == active
        });
        self.components.entry(digest).or_insert(bytes);
        if active == Some(digest) { Uploaded::Active } else { Uploaded::Waiting }
    }

    pub(super) fn plugin_rows(&self, scope: ScopeId) -> Vec<PluginRow> {
        let registered =
            self.registry.iter().filter(|((of, _), _)| *of == scope).map(|((_, name), entry)| {
                let active = entry.versions.iter().find(|version| Some(version.digest) == entry.active);
                PluginRow {
                    name: name.clone(),
                    active: entry.active,
                    origin: active.map(|version| version.origin.clone()).unwrap_or_default(),
                    versions: entry.versions.clone(),
                }
            });
        let is_shown = |key: &(ScopeId, String), one: &Configured| {
            one.origin == "file" || !self.registry.contains_key(key)
        };
        let configured = self.plugins.iter().filter(|(key, one)| key.0 == scope && is_shown(key, one));
        let configured = configured.map(|((_, name), one)| {
            let bytes = self.components.get(&one.digest).map_or(0, Bytes::len);
            let version = PluginVersion {
                digest: one.digest,
                at: one.at,
                bytes: u64::try_from(bytes).unwrap_or(u64::MAX),
                origin: one.origin.clone(),
                manifest: String::new(),
            };
            PluginRow {
                name: name.clone(),
                active: Some(one.digest),
                origin: one.origin.clone(),
                versions: vec![version],
            }
        });
        let mut rows: Vec<PluginRow> = registered.chain(configured).collect();
        // Stable: of two of one name the registered one comes first.
        rows.sort_by(|one, other| one.name.cmp(&other.name));
        rows
    }

    pub(super) fn activate(
        &mut self,
        scope: ScopeId,
        name: &Slug,
        digest: Digest,
    ) -> Result<(), PluginRefused> {
        let entry = self.registered(scope, name)?;
        if entry.versions.iter().all(|version| version.digest != digest) {
            return Err(PluginRefused::NoVersion(name.clone(), digest));
        }
        entry.active = Some(digest);
        Ok(())
    }

    pub(super) fn remove_plugin(&mut self, scope: ScopeId, name: &Slug) -> Result<(), PluginRefused> {
        let entry = self.registered(scope, name)?;
        let was_embedded = entry.versions.iter().any(|version| version.origin == "embedded");
        let is_embedded_removed = entry.is_embedded_removed || was_embedded;
        *entry = Registered { active: None, is_embedded_removed, versions: Vec::new() };
        if !is_embedded_removed {
            self.registry.remove(&(scope, name.as_str().to_owned()));
        }
        Ok(())
    }

    pub(super) fn component_of(
        &self,
        scope: ScopeId,
        name: &Slug,
        version: Option<Digest>,
    ) -> Option<Component> {
        let entry = self.registry.get(&(scope, name.as_str().to_owned()))?;
        let wanted = version.or(entry.active);
        let version = entry.versions.iter().find(|version| Some(version.digest) == wanted)?;
        Some(Component {
            plugin: name.clone(),
            digest: version.digest,
            bytes: self.components.get(&version.digest)?.clone(),
            origin: version.origin.clone(),
        })
    }

    fn registered(&mut self, scope: ScopeId, name: &Slug) -> Result<&mut Registered, PluginRefused> {
        let key = (scope, name.as_str().to_owned());
        let is_file = self.plugins.get(&key).is_some_and(|one| one.origin == "file");
        let refused = if is_file {
            PluginRefused::FromFile(name.clone())
        } else {
            PluginRefused::Unknown(name.clone())
        };
        self.registry.get_mut(&key).filter(|entry| entry.active.is_some()).ok_or(refused)
    }
}
