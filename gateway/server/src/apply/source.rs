//! The file that a configuration is written in, and what it comes to with the components that it names. Decides
//! nothing about what rules.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hookgate_config::{Component as Named, Config, Diagnostic, Resolve, Secrets, Unknown};
use hookgate_core::plugin::Facts;
use hookgate_core::word::Slug;

use super::shelf::{Shelf, Shelved};
use super::{ApplyError, Mistake};

/// Where configurations come from.
#[derive(Clone)]
pub struct ConfigSource {
    /// The file.
    pub path: PathBuf,
    /// What its references stand for.
    pub resolve: Arc<dyn Resolve + Send + Sync>,
}

/// A configuration that was read and checked.
pub struct Checked {
    /// What it says.
    pub config: Config,
    /// The text.
    pub text: String,
    /// The components of its plugins.
    pub(super) components: Vec<Used>,
}

/// A plugin of a configuration and the component that answers to it.
#[derive(Clone)]
pub(super) struct Used {
    pub(super) plugin: Slug,
    pub(super) component: Shelved,
    /// The name that the component is stored under; none of a file.
    pub(super) stored_name: Option<String>,
}

impl ConfigSource {
    /// Reads the file's text. Blocks on the disk.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self) -> Result<String, ApplyError> {
        std::fs::read_to_string(&self.path)
            .map_err(|error| ApplyError::Unreadable { path: self.shown(), why: error.to_string() })
    }

    /// Checks a text as if it stood in the file. `shelf` has the components that no file holds, `inspect` reads
    /// what a component is. Blocks on the disk.
    ///
    /// # Errors
    /// It has mistakes: all of them.
    pub fn check(
        &self,
        text: String,
        shelf: &Shelf,
        inspect: impl Fn(&[u8]) -> Result<Facts, String>,
        skip_secrets: bool,
    ) -> Result<Checked, ApplyError> {
        let found: Mutex<HashMap<Named, Shelved>> = Mutex::default();
        let look = |named: &hookgate_config::ComponentRef| {
            let component = self.component(shelf, &named.component)?;
            let facts = inspect(&component.bytes)?;
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.insert(named.component.clone(), component);
            Ok(facts)
        };
        let secrets = if skip_secrets { Secrets::Skip } else { Secrets::Resolve(self.resolve.as_ref()) };
        let config = hookgate_config::check(&text, look, secrets).map_err(|diagnostics| {
            ApplyError::Mistakes { mistakes: self.mistakes(&text, &diagnostics), path: self.shown() }
        })?;
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        let used = |(plugin, named): (&Slug, &Named)| {
            let stored_name = named.stored_name().map(str::to_owned);
            Some(Used { plugin: plugin.clone(), component: found.get(named)?.clone(), stored_name })
        };
        let components = config.components.iter().filter_map(used).collect();
        Ok(Checked { config, text, components })
    }

    fn component(&self, shelf: &Shelf, named: &Named) -> Result<Shelved, Unknown> {
        match named {
            Named::Embedded(_) | Named::Uploaded(_) => shelf.find(named),
            Named::File(file) => {
                let folder = self.path.parent().unwrap_or_else(|| Path::new(""));
                let path = folder.join(file);
                let bytes = std::fs::read(&path)
                    .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
                Ok(Shelved { bytes: Bytes::from(bytes), origin: "file".into() })
            }
        }
    }

    /// Returns the file's name as errors show it.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    fn mistakes(&self, text: &str, diagnostics: &[Diagnostic]) -> Vec<Mistake> {
        let path = self.shown();
        let mistake = |diagnostic: &Diagnostic| {
            let (line, column) = hookgate_config::place(text, diagnostic.span.start);
            let rendered = hookgate_config::render(&path, text, diagnostic);
            Mistake { place: format!("{path}:{line}:{column}"), text: rendered }
        };
        diagnostics.iter().map(mistake).collect()
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
