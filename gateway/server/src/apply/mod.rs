//! The one way in which a configuration comes to rule: at start, by SIGHUP, by API.
//!
//! check -> load plugins -> store -> swap. Whatever fails on the way, the old one goes on ruling.

mod plugins;
mod shelf;
mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hookgate_config::{Config, Settings};
use hookgate_core::address::Allowed;
use hookgate_core::topology::Topology;
use hookgate_core::word::{Actor, Digest, ScopeId, Slug};
use hookgate_engine::Current;
use hookgate_ports::{Applied as Stored, Component, Guests, Journal, StoreError};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use thiserror::Error;

pub use plugins::{PluginError, Pushed};
pub use shelf::{Shelf, Shelved};
pub use source::{Checked, ConfigSource};

use source::Used;

/// Where configurations come from and what they bring to rule.
pub struct Apply {
    scope: ScopeId,
    source: ConfigSource,
    guests: Arc<dyn Guests>,
    journal: Arc<dyn Journal>,
    current: Current,
    allow: Box<dyn Fn(Allowed) + Send + Sync>,
    ruling: tokio::sync::Mutex<Option<Ruling>>,
    last_ok: Gauge,
}

/// What rules now, as far as the next one is compared with it.
struct Ruling {
    settings: Settings,
    revision: Digest,
    components: BTreeMap<Slug, Digest>,
    /// The configuration's plugins whose components are stored: their own names, and those of the store.
    stored: Vec<(Slug, String)>,
}

impl Ruling {
    fn users_of(&self, name: &Slug) -> Vec<String> {
        let uses = self.stored.iter().filter(|(_, stored)| stored == name.as_str());
        uses.map(|(plugin, _)| plugin.to_string()).collect()
    }
}

/// What an apply came to.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The revision that rules now.
    pub revision: Digest,
    /// Whether text or components are others than before.
    pub is_changed: bool,
    /// What somebody should look at, rendered.
    pub warnings: Vec<String>,
}

/// A mistake, rendered.
#[derive(Debug, Clone)]
pub struct Mistake {
    /// `hookgate.toml:14:9`.
    pub place: String,
    /// Message, line, caret and help.
    pub text: String,
}

/// Why a configuration does not come to rule. The old one goes on ruling.
#[derive(Debug, Error)]
pub enum ApplyError {
    /// The file cannot be read.
    #[error("{path} cannot be read: {why}")]
    Unreadable {
        /// Which.
        path: String,
        /// What the system said.
        why: String,
    },
    /// It has mistakes.
    #[error("{path} has {} mistake{}", mistakes.len(), if mistakes.len() == 1 { "" } else { "s" })]
    Mistakes {
        /// The file.
        path: String,
        /// All of them.
        mistakes: Vec<Mistake>,
    },
    /// It changes keys that are read at start only.
    #[error("these keys change at a restart only: {}", .0.join(", "))]
    NeedsRestart(Vec<&'static str>),
    /// The store does not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApplyError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ApplyError::Unreadable { .. } => "config-unreadable",
            ApplyError::Mistakes { .. } => "config-mistakes",
            ApplyError::NeedsRestart(_) => "config-needs-restart",
            ApplyError::Store(_) => "store-down",
        }
    }
}

impl Apply {
    /// `allow` is told which private targets deliveries may go to from now on.
    pub fn new(
        scope: ScopeId,
        source: ConfigSource,
        (guests, journal): (Arc<dyn Guests>, Arc<dyn Journal>),
        current: Current,
        allow: Box<dyn Fn(Allowed) + Send + Sync>,
        registry: &mut Registry,
    ) -> Apply {
        let last_ok = Gauge::default();
        let help = "1 if the configuration that was read last came to rule, 0 if it was refused";
        registry.register("config_last_reload_successful", help, last_ok.clone());
        let ruling = tokio::sync::Mutex::new(None);
        Apply { scope, source, guests, journal, current, allow, ruling, last_ok }
    }

    /// Reads the file again and lets it rule. One at a time; work in flight ends on the old one.
    ///
    /// # Errors
    /// Says why the old one goes on ruling.
    pub async fn apply(&self, actor: Actor) -> Result<Applied, ApplyError> {
        let mut ruling = self.ruling.lock().await;
        let applied = self.try_apply(actor.clone(), &mut ruling).await;
        self.last_ok.set(i64::from(applied.is_ok()));
        match &applied {
            Ok(applied) => {
                tracing::info!(%actor, revision = %applied.revision.short(), changed = applied.is_changed, "configuration applied")
            }
            Err(error) => {
                tracing::error!(%actor, %error, "configuration refused; the one before goes on ruling")
            }
        }
        applied
    }

    async fn try_apply(&self, actor: Actor, ruling: &mut Option<Ruling>) -> Result<Applied, ApplyError> {
        let ready = self.ready(ruling.as_ref(), None).await?;
        self.rule(actor, ready, ruling).await
    }

    /// Checks a text as if it stood in the file, with what is stored here. Nothing changes.
    ///
    /// # Errors
    /// It has mistakes, or changes what is read at start only.
    pub async fn check(&self, text: String) -> Result<Vec<String>, ApplyError> {
        let checked = self.checked(text, None).await?;
        restarts(self.ruling.lock().await.as_ref(), &checked)?;
        Ok(checked.warnings(&self.source.path))
    }

    /// Makes the file ready to rule: checked, its components loaded. To the name of `instead` that version
    /// answers.
    async fn ready(
        &self,
        ruling: Option<&Ruling>,
        instead: Option<(&Slug, Digest)>,
    ) -> Result<Checked, ApplyError> {
        let source = self.source.clone();
        let text = self.blocking(move || source.read()).await?;
        let checked = self.checked(text, instead).await?;
        restarts(ruling, &checked)?;
        self.load(&checked.components).await?;
        Ok(checked)
    }

    /// Lets what is ready rule.
    async fn rule(
        &self,
        actor: Actor,
        ready: Checked,
        ruling: &mut Option<Ruling>,
    ) -> Result<Applied, ApplyError> {
        let warnings = ready.warnings(&self.source.path);
        let Checked { config: Config { settings, topology, .. }, text, components } = ready;
        let revision = topology.revision;
        let digests = topology.plugins().map(|plugin| (plugin.name.clone(), plugin.digest)).collect();
        let stored_name = |used: &Used| Some((used.plugin.clone(), used.stored_name.clone()?));
        let stored_names = components.iter().filter_map(stored_name).collect();
        let rules = Ruling { settings, revision, components: digests, stored: stored_names };
        let same = |before: &Ruling| before.revision == revision && before.components == rules.components;
        let is_changed = !ruling.as_ref().is_some_and(same);
        self.journal.apply(actor, stored(&topology, &text, &components)).await?;
        (self.allow)(rules.settings.egress.clone());
        self.current.swap(topology);
        self.keep_loaded(Some(&rules));
        *ruling = Some(rules);
        Ok(Applied { revision, is_changed, warnings })
    }

    async fn checked(&self, text: String, instead: Option<(&Slug, Digest)>) -> Result<Checked, ApplyError> {
        let shelf = Shelf::stored(&*self.journal, self.scope, &text, instead).await?;
        let (source, guests) = (self.source.clone(), Arc::clone(&self.guests));
        let inspect = move |bytes: &[u8]| guests.inspect(bytes).map_err(|refused| refused.to_string());
        self.blocking(move || source.check(text, &shelf, inspect, false)).await
    }

    /// Reading files and components takes milliseconds: not on the threads that serve.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApplyError> + Send + 'static,
    ) -> Result<T, ApplyError> {
        let unreadable =
            |why: String| ApplyError::Unreadable { path: self.source.path.display().to_string(), why };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(unreadable(error.to_string())))
    }

    /// Compiles what is not compiled yet. A component that does not compile is a mistake of the configuration.
    async fn load(&self, components: &[Used]) -> Result<(), ApplyError> {
        let path = self.source.shown();
        let mut mistakes = Vec::new();
        for used in components {
            if let Err(refused) = self.guests.load(used.component.bytes.clone()).await {
                let text = format!("{path}: plugin {}: {refused}\n", used.plugin);
                mistakes.push(Mistake { place: path.clone(), text });
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(ApplyError::Mistakes { path, mistakes }) }
    }

    /// Forgets the machine code of what does not rule: a delivery that pinned it has it loaded again.
    fn keep_loaded(&self, ruling: Option<&Ruling>) {
        let rules: BTreeSet<Digest> =
            ruling.map(|ruling| ruling.components.values().copied().collect()).unwrap_or_default();
        self.guests.retain(&rules);
    }
}

/// Refuses what changes keys that are read at start only.
fn restarts(ruling: Option<&Ruling>, checked: &Checked) -> Result<(), ApplyError> {
    let keys = ruling.map(|before| before.settings.needs_restart(&checked.config.settings));
    match keys.unwrap_or_default() {
        keys if keys.is_empty() => Ok(()),
        keys => Err(ApplyError::NeedsRestart(keys)),
    }
}

/// What the store keeps of a configuration. Secrets written into the text are kept nowhere.
fn stored(topology: &Topology, text: &str, components: &[Used]) -> Stored {
    Stored {
        scope: topology.scope,
        revision: topology.revision,
        text: hookgate_config::redacted(text),
        names: topology.names(),
        recipes: topology.recipes().map(|(digest, recipe)| (*digest, recipe.to_json())).collect(),
        components: components
            .iter()
            .map(|used| Component {
                plugin: used.plugin.clone(),
                digest: Digest::of(&used.component.bytes),
                bytes: used.component.bytes.clone(),
                origin: used.component.origin.clone(),
            })
            .collect(),
    }
}
