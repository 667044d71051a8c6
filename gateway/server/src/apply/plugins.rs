//! Components under names: stored, switched and removed while a configuration rules. What rules is never left
//! without a component that it uses.

use bytes::Bytes;
use hookgate_core::plugin::{Facts, Refused};
use hookgate_core::word::{Actor, Digest, Slug};
use hookgate_ports::{Component, PluginRefused, StoreError, Uploaded};
use thiserror::Error;

use super::{Applied, Apply, ApplyError};

/// Why a plugin is not changed. Nothing is.
#[derive(Debug, Error)]
pub enum PluginError {
    /// The component can be no plugin here.
    #[error("{0}")]
    Component(#[from] Refused),
    /// The configuration that rules uses it.
    #[error("plugin {name} is used by the configuration that rules, as {}", by.join(", "))]
    InUse {
        /// The name.
        name: Slug,
        /// The configuration's own names for it.
        by: Vec<String>,
    },
    /// There is no such plugin or version, or it is not changed by API.
    #[error(transparent)]
    Plugin(#[from] PluginRefused),
    /// The configuration has mistakes with the component.
    #[error(transparent)]
    Config(#[from] ApplyError),
}

impl From<StoreError> for PluginError {
    fn from(error: StoreError) -> PluginError {
        PluginError::Config(ApplyError::Store(error))
    }
}

/// What storing a component came to.
#[derive(Debug)]
pub struct Pushed {
    /// What the component is.
    pub facts: Facts,
    /// Whether it answers to its name.
    pub stored: Uploaded,
}

impl Apply {
    /// Stores what ships with the binary under its names, but for those that an operator removed. Comes before
    /// the first configuration is applied.
    ///
    /// # Errors
    /// The store does not take it, or a shipped component can be no plugin.
    pub async fn ship(&self, embedded: Vec<(String, Bytes)>) -> Result<(), PluginError> {
        for (name, bytes) in embedded {
            let facts = self.guests.inspect(&bytes)?;
            let Ok(name) = Slug::parse(&name) else { continue };
            let component = component(name, bytes, &facts, "embedded");
            self.journal.upload(Actor::System, self.scope, component, manifest(&facts)).await?;
        }
        Ok(())
    }

    /// Compiles, self-tests and stores a component under a name. The first of a name is active at once; what
    /// rules does not change.
    ///
    /// # Errors
    /// The component can be no plugin, or the store does not take it.
    pub async fn push(&self, actor: Actor, name: Slug, bytes: Bytes) -> Result<Pushed, PluginError> {
        let facts = self.guests.load(bytes.clone()).await?;
        let ruling = self.ruling.lock().await;
        let component = component(name.clone(), bytes, &facts, "uploaded");
        let stored = self.journal.upload(actor.clone(), self.scope, component, manifest(&facts)).await;
        // Loading it showed that it can be: its machine code is cached, and until it rules it takes no memory.
        self.keep_loaded(ruling.as_ref());
        let stored = stored?;
        tracing::info!(%actor, plugin = %name, digest = %facts.digest.short(), "component stored");
        Ok(Pushed { facts, stored })
    }

    /// Lets a version answer to its name, and the configuration's file rule with it, as [`Apply::apply`] does.
    ///
    /// # Errors
    /// There is no such version, or the configuration has mistakes with it; the version before goes on.
    pub async fn activate(&self, actor: Actor, name: Slug, digest: Digest) -> Result<Applied, PluginError> {
        let mut ruling = self.ruling.lock().await;
        let version = self.journal.component_of(self.scope, name.clone(), Some(digest)).await?;
        if version.is_some() {
            let ready = self.ready(ruling.as_ref(), Some((&name, digest))).await?;
            self.journal.activate(actor.clone(), self.scope, name.clone(), digest).await?;
            tracing::info!(%actor, plugin = %name, digest = %digest.short(), "component activated");
            return Ok(self.rule(actor, ready, &mut ruling).await?);
        }
        // The store says which of the reasons it is.
        self.journal.activate(actor, self.scope, name.clone(), digest).await?;
        Err(PluginRefused::NoVersion(name, digest).into())
    }

    /// Removes a name with its versions. Deliveries that pinned one of them still find it.
    ///
    /// # Errors
    /// The configuration that rules uses it, or there is none.
    pub async fn remove(&self, actor: Actor, name: Slug) -> Result<(), PluginError> {
        let ruling = self.ruling.lock().await;
        let by = ruling.as_ref().map(|ruling| ruling.users_of(&name)).unwrap_or_default();
        if !by.is_empty() {
            return Err(PluginError::InUse { name, by });
        }
        self.journal.remove_plugin(actor.clone(), self.scope, name.clone()).await?;
        tracing::info!(%actor, plugin = %name, "plugin removed");
        Ok(())
    }

    /// Returns the names by which the configuration that rules uses a stored plugin.
    pub async fn users_of(&self, name: &Slug) -> Vec<String> {
        self.ruling.lock().await.as_ref().map(|ruling| ruling.users_of(name)).unwrap_or_default()
    }
}

fn component(plugin: Slug, bytes: Bytes, facts: &Facts, origin: &str) -> Component {
    Component { plugin, digest: facts.digest, bytes, origin: origin.into() }
}

fn manifest(facts: &Facts) -> String {
    let manifest = facts.manifest.as_ref().map(serde_json::to_string);
    // A manifest was JSON before it was read.
    manifest.and_then(Result::ok).unwrap_or_default()
}
