//! The file as it is written: one struct a table, every value with its place, nothing judged yet.

mod destination;
mod entries;
mod form;
mod plugin;
mod route;
mod source;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;

pub(crate) use destination::{
    AuthTable, ConnectorTable, DestinationTable, FailureName, HmacSignTable, HttpTable, KeyAuthTable,
    RetryTable, SignTable,
};
pub(crate) use entries::Entries;
pub(crate) use form::Form;
pub(crate) use plugin::{PluginTable, SecretTable};
pub(crate) use route::{RouteTable, StageTable};
pub(crate) use source::{
    ApiKeyTable, AuthenticatorTable, Dedupe, HmacTable, Keys, PresetTable, Proof, SourceTable, Verify,
};

use crate::at::At;
use crate::catalogue::{Catalogue, Component, ComponentRef};
use crate::compile::{self, Config};
use crate::diagnostic::Diagnostic;
use crate::reference::Secrets;
use crate::report::Report;

/// A configuration whose syntax and shape hold.
pub struct File {
    pub(crate) text: String,
    pub(crate) loss: Loss,
    pub(crate) version: Option<At<i64>>,
    pub(crate) server: ServerTable,
    pub(crate) storage: StorageTable,
    pub(crate) egress: EgressTable,
    pub(crate) plugins: PluginsTable,
    pub(crate) sources: Vec<Named<SourceTable>>,
    pub(crate) components: Vec<Named<PluginTable>>,
    pub(crate) secrets: Vec<Named<SecretTable>>,
    pub(crate) destinations: Vec<Named<DestinationTable>>,
    pub(crate) routes: Vec<Named<RouteTable>>,
}

/// A table under a name. Of one that has a mistake of shape only the name is known.
#[derive(Debug)]
pub(crate) struct Named<T> {
    pub(crate) name: At<String>,
    pub(crate) table: Option<T>,
}

/// What syntax errors may have hidden.
#[derive(Debug, Default, Clone)]
pub(crate) struct Loss {
    /// There is a syntax error somewhere: names may be lost.
    pub(crate) names: bool,
    /// A table's header is lost: any table may lack keys.
    pub(crate) headers: bool,
    /// Tables that lack a statement, as kind and name; the name is empty where there is none.
    pub(crate) tables: HashSet<(String, String)>,
}

/// `[server]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct ServerTable {
    pub(crate) listen: Option<At<String>>,
    pub(crate) public_url: Option<At<String>>,
    pub(crate) trusted_proxies: Option<Vec<At<String>>>,
    pub(crate) admin_listen: Option<At<String>>,
    pub(crate) admin_key: Option<At<String>>,
}

/// `[storage]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct StorageTable {
    pub(crate) url: Option<At<String>>,
    pub(crate) retention: Option<At<String>>,
}

/// `[egress]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct EgressTable {
    pub(crate) allow: Option<Vec<At<String>>>,
}

/// `[plugins]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct PluginsTable {
    pub(crate) cache: Option<At<String>>,
}

impl fmt::Debug for File {
    /// Shows nothing of it: secrets may be written in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").finish_non_exhaustive()
    }
}

impl Loss {
    /// Tells whether a key of this table may be missing only because its statement did not read.
    pub(crate) fn may_hide(&self, kind: &str, name: &str) -> bool {
        self.headers || self.tables.contains(&(kind.to_owned(), name.to_owned()))
    }
}

impl File {
    /// Returns the components that the file names, each once: those of its plugin tables, and the
    /// embedded ones that routes name without a table.
    pub fn components(&self) -> Vec<ComponentRef> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let mut add = |plugin: &str, component: Component, span: &Range<usize>| {
            if seen.insert(component.clone()) {
                found.push(ComponentRef { plugin: plugin.to_owned(), component, span: span.clone() });
            }
        };
        for named in &self.components {
            let Some(table) = &named.table else { continue };
            if let Ok(component) = Component::parse(table.component.text()) {
                add(named.name.text(), component, &table.component.span);
            }
        }
        let declared: HashSet<&str> = self.components.iter().map(|named| named.name.text()).collect();
        for plugin in self.used_plugins() {
            let name = plugin.text();
            if !declared.contains(name) && !name.is_empty() {
                add(name, Component::Embedded(name.to_owned()), &plugin.span);
            }
        }
        found
    }

    /// Returns every place where a plugin is named for use.
    fn used_plugins(&self) -> impl Iterator<Item = &At<String>> {
        let destinations = self.destinations.iter().filter_map(|named| named.table.as_ref());
        let connectors = destinations.filter_map(|table| table.connector.as_ref());
        let routes = self.routes.iter().filter_map(|named| named.table.as_ref());
        let stages = routes.flat_map(RouteTable::uses).map(|stage| &stage.plugin);
        let sources = self.sources.iter().filter_map(|named| named.table.as_ref());
        connectors
            .map(|connector| &connector.value.plugin)
            .chain(stages)
            .chain(sources.flat_map(SourceTable::plugins))
    }

    /// Makes settings and a topology of it.
    ///
    /// # Errors
    /// Returns every mistake of meaning, sorted by place.
    pub fn compile(&self, catalogue: &Catalogue, secrets: Secrets<'_>) -> Result<Config, Vec<Diagnostic>> {
        compile::compile(self, Report::default(), catalogue, secrets)
    }
}
