//! The one way in which a configuration comes to rule: at start, by SIGHUP, by API.
//!
//! check -> load plugins -> store -> swap. Whatever fails on the way, the old one goes on ruling.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hookgate_config::{Component as Named, ComponentRef, Config, Diagnostic, Resolve, Secrets, Settings};
use hookgate_core::address::Allowed;
use hookgate_core::plugin::Facts;
use hookgate_core::topology::Topology;
use hookgate_core::word::{Actor, Digest, Slug};
use hookgate_engine::Current;
use hookgate_ports::{Applied as Stored, Component, Guests, Journal, StoreError};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use thiserror::Error;

/// Where configurations come from and what they bring to rule.
pub struct Apply {
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
}

/// Where configurations come from.
#[derive(Clone)]
pub struct ConfigSource {
    /// The file.
    pub path: PathBuf,
    /// What its references stand for.
    pub resolve: Arc<dyn Resolve + Send + Sync>,
    /// The components inside the binary, by name.
    pub embedded: Vec<(String, Bytes)>,
}

/// A configuration that was read and checked.
pub struct Checked {
    /// What it says.
    pub config: Config,
    /// The text.
    pub text: String,
    components: Vec<(Slug, Bytes, &'static str)>,
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

impl ConfigSource {
    /// Reads and checks the file. `inspect` reads what a component is. Blocks on the disk.
    ///
    /// # Errors
    /// The file cannot be read, or has mistakes: all of them.
    pub fn check(
        &self,
        inspect: impl Fn(&[u8]) -> Result<Facts, String>,
        skip_secrets: bool,
    ) -> Result<Checked, ApplyError> {
        let path = self.path.display().to_string();
        let text = std::fs::read_to_string(&self.path)
            .map_err(|error| ApplyError::Unreadable { path: path.clone(), why: error.to_string() })?;
        let found: Mutex<HashMap<String, (Bytes, &'static str)>> = Mutex::default();
        let look = |named: &ComponentRef| {
            let (bytes, origin) = self.component(&named.component)?;
            let facts = inspect(&bytes)?;
            found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(named.plugin.clone(), (bytes, origin));
            Ok(facts)
        };
        let secrets = if skip_secrets { Secrets::Skip } else { Secrets::Resolve(self.resolve.as_ref()) };
        let config = hookgate_config::check(&text, look, secrets).map_err(|diagnostics| {
            ApplyError::Mistakes { mistakes: mistakes(&path, &text, &diagnostics), path }
        })?;
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let components = found
            .into_iter()
            .filter_map(|(name, (bytes, origin))| Some((Slug::parse(&name).ok()?, bytes, origin)))
            .collect();
        Ok(Checked { config, text, components })
    }

    fn component(&self, named: &Named) -> Result<(Bytes, &'static str), String> {
        match named {
            Named::Embedded(name) => match self.embedded.iter().find(|(embedded, _)| embedded == name) {
                Some((_, bytes)) => Ok((bytes.clone(), "embedded")),
                None => {
                    let all: Vec<&str> = self.embedded.iter().map(|(name, _)| name.as_str()).collect();
                    Err(format!("no plugin {name:?} is inside this binary; there are: {}", all.join(", ")))
                }
            },
            Named::File(file) => {
                let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
                let path = folder.join(file);
                let bytes = std::fs::read(&path)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
                Ok((Bytes::from(bytes), "file"))
            }
        }
    }
}

impl Checked {
    /// Returns what somebody should look at, rendered.
    pub fn warnings(&self, path: &Path) -> Vec<String> {
        let path = path.display().to_string();
        self.config
            .warnings
            .iter()
            .map(|warning| hookgate_config::render(&path, &self.text, warning))
            .collect()
    }
}

impl Apply {
    /// `allow` is told which private targets deliveries may go to from now on.
    pub fn new(
        source: ConfigSource,
        guests: Arc<dyn Guests>,
        journal: Arc<dyn Journal>,
        current: Current,
        allow: Box<dyn Fn(Allowed) + Send + Sync>,
        registry: &mut Registry,
    ) -> Apply {
        let last_ok = Gauge::default();
        let help = "1 if the configuration that was read last came to rule, 0 if it was refused";
        registry.register("config_last_reload_successful", help, last_ok.clone());
        Apply { source, guests, journal, current, allow, ruling: tokio::sync::Mutex::new(None), last_ok }
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
        let checked = self.checked().await?;
        if let Some(before) = ruling.as_ref() {
            let keys = before.settings.needs_restart(&checked.config.settings);
            if !keys.is_empty() {
                return Err(ApplyError::NeedsRestart(keys));
            }
        }
        let warnings = checked.warnings(&self.source.path);
        let Checked { config, text, components } = checked;
        self.load(&components).await?;
        let Config { settings, topology, .. } = config;
        let revision = topology.revision;
        let digests =
            components.iter().map(|(plugin, bytes, _)| (plugin.clone(), Digest::of(bytes))).collect();
        let rules = Ruling { settings, revision, components: digests };
        let same = |before: &Ruling| before.revision == revision && before.components == rules.components;
        let is_changed = !ruling.as_ref().is_some_and(same);
        self.journal.apply(actor, stored(&topology, &text, &components)).await?;
        (self.allow)(rules.settings.egress.clone());
        self.current.swap(topology);
        *ruling = Some(rules);
        Ok(Applied { revision, is_changed, warnings })
    }

    async fn checked(&self) -> Result<Checked, ApplyError> {
        let (source, guests) = (self.source.clone(), Arc::clone(&self.guests));
        let check =
            move || source.check(|bytes| guests.inspect(bytes).map_err(|refused| refused.to_string()), false);
        // Reading files and components takes milliseconds: not on the threads that serve.
        match tokio::task::spawn_blocking(check).await {
            Ok(checked) => checked,
            Err(error) => Err(ApplyError::Unreadable {
                path: self.source.path.display().to_string(),
                why: error.to_string(),
            }),
        }
    }

    /// Compiles what is not compiled yet. A component that does not compile is a mistake of the configuration.
    async fn load(&self, components: &[(Slug, Bytes, &'static str)]) -> Result<(), ApplyError> {
        let path = self.source.path.display().to_string();
        let mut mistakes = Vec::new();
        for (plugin, bytes, _) in components {
            if let Err(refused) = self.guests.load(bytes.clone()).await {
                mistakes.push(Mistake {
                    place: path.clone(),
                    text: format!("{path}: plugin {plugin}: {refused}\n"),
                });
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(ApplyError::Mistakes { path, mistakes }) }
    }
}

/// What the store keeps of a configuration. Secrets written into the text are kept nowhere.
fn stored(topology: &Topology, text: &str, components: &[(Slug, Bytes, &'static str)]) -> Stored {
    Stored {
        scope: topology.scope,
        revision: topology.revision,
        text: hookgate_config::redacted(text),
        names: topology.names(),
        recipes: topology.recipes().map(|(digest, recipe)| (*digest, recipe.to_json())).collect(),
        components: components
            .iter()
            .map(|(plugin, bytes, origin)| Component {
                plugin: plugin.clone(),
                digest: Digest::of(bytes),
                bytes: bytes.clone(),
                origin: (*origin).to_owned(),
            })
            .collect(),
    }
}

fn mistakes(path: &str, text: &str, diagnostics: &[Diagnostic]) -> Vec<Mistake> {
    diagnostics
        .iter()
        .map(|diagnostic| {
            let (line, column) = hookgate_config::place(text, diagnostic.span.start);
            let rendered = hookgate_config::render(path, text, diagnostic);
            Mistake { place: format!("{path}:{line}:{column}"), text: rendered }
        })
        .collect()
}
