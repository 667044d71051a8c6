//! `[plugin.NAME]`, and embedded plugins that routes use without a table of their own.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::plugin::{Facts, Grants, PluginLimits, Role};
use hookgate_core::recipe::Stage;
use hookgate_core::topology::Plugin;
use hookgate_core::word::Kind;
use jsonschema::Validator;

use super::grant::{NamedSecrets, line_for};
use super::{Compiler, proposal};
use crate::at::At;
use crate::catalogue::{Component, Unknown};
use crate::codes;
use crate::file::PluginTable;
use crate::near::did_you_mean;
use crate::node::Node;

/// The least memory that WebAssembly knows: one page.
const MEMORY_BYTES_MIN: usize = 64 << 10;

/// Plugins by name. Of one with a mistake only the name is known: routes that use it are not blamed.
pub(super) struct Plugins(HashMap<String, Option<Loaded>>);

/// A plugin that can be used.
pub(super) struct Loaded {
    pub(super) plugin: Plugin,
    component: Component,
    pub(super) roles: Vec<Role>,
    /// What its config must be like, if its manifest says so.
    pub(super) schema: Option<Validator>,
}

impl Plugins {
    /// Compiles the plugins that have a table.
    pub(super) fn declared(compiler: &mut Compiler<'_>) -> Plugins {
        let file = compiler.file;
        let secrets = NamedSecrets::declared(compiler);
        let compiled = file.components.iter().map(|named| {
            let table = named.table.as_ref();
            let loaded = table.and_then(|table| declared(compiler, &named.name, table, &secrets));
            (named.name.value.clone(), loaded)
        });
        Plugins(compiled.collect())
    }

    /// Returns the plugin that a route names, or notes that there is none.
    pub(super) fn named(&mut self, compiler: &mut Compiler<'_>, name: &At<String>) -> Option<&Loaded> {
        if !self.0.contains_key(name.text()) {
            let loaded = self.embedded(compiler, name);
            // What was refused is looked for again at the next use, so that each place is told.
            if loaded.is_some() {
                self.0.insert(name.value.clone(), loaded);
            }
        }
        self.0.get(name.text())?.as_ref()
    }

    /// Compiles a use of a plugin: that it is there, has the role, and takes the config.
    pub(super) fn stage(
        &mut self,
        compiler: &mut Compiler<'_>,
        name: &At<String>,
        config: Option<&At<Node>>,
        role: Role,
    ) -> Option<Stage> {
        let loaded = self.named(compiler, name)?;
        if !loaded.roles.contains(&role) {
            let roles: Vec<&str> = loaded.roles.iter().map(|role| role.interface()).collect();
            let message = format!(
                "plugin \"{}\" cannot be used here: it exports {}, not {}",
                name.text(),
                roles.join(", "),
                role.interface()
            );
            let help = format!("name a plugin that exports `{}`", role.interface());
            compiler.add(codes::MISSING_ROLE, &name.span, message, help);
            return None;
        }
        let config = compiler.plugin_config(config, loaded.schema.as_ref(), &name.span)?;
        Some(Stage { plugin: loaded.plugin.name.clone(), digest: loaded.plugin.digest, config })
    }

    fn embedded(&self, compiler: &mut Compiler<'_>, name: &At<String>) -> Option<Loaded> {
        let catalogue = compiler.catalogue;
        let component = Component::Embedded(name.value.clone());
        match catalogue.get(&component) {
            Ok(facts) => load(compiler, name, &name.span, (component, facts), Given::default()),
            Err(_) if compiler.file.loss.names => None,
            Err(_) => {
                let help = did_you_mean(name.text(), self.0.keys().map(String::as_str), || {
                    proposal(name.text(), "plugin", "with its `component`")
                });
                compiler.add(
                    codes::UNKNOWN_PLUGIN,
                    &name.span,
                    format!("unknown plugin \"{}\"", name.text()),
                    help,
                );
                None
            }
        }
    }

    /// Returns the plugins for the topology, each with where its component comes from.
    pub(super) fn into_parts(self) -> Vec<(Plugin, Component)> {
        self.0.into_values().flatten().map(|loaded| (loaded.plugin, loaded.component)).collect()
    }
}

/// What a plugin's table gives it.
#[derive(Default)]
struct Given {
    limits: PluginLimits,
    grants: Grants,
    /// Not where an embedded plugin is used by its bare name.
    has_table: bool,
}

fn declared(
    compiler: &mut Compiler<'_>,
    name: &At<String>,
    table: &PluginTable,
    secrets: &NamedSecrets,
) -> Option<Loaded> {
    let at = &table.component;
    let limits = limits(compiler, table);
    let given = Given { limits, grants: secrets.granted(compiler, table), has_table: true };
    let component = match Component::parse(at.text()) {
        Ok(component) => component,
        Err(why) => {
            let help = "write the path of a .wasm file, \"uploaded:NAME\" or \"embedded:NAME\"";
            compiler.add(codes::BAD_COMPONENT, &at.span, why, help);
            compiler.slug(Kind::Plugin, name);
            return None;
        }
    };
    let catalogue = compiler.catalogue;
    match catalogue.get(&component) {
        Ok(facts) => load(compiler, name, &at.span, (component, facts), given),
        Err(Unknown::Refused(why)) => {
            let message = format!("plugin \"{}\" cannot be used: {why}", name.text());
            let help = match component {
                Component::File(_) => "name a component made by `hookgate plugin build`",
                Component::Embedded(_) => "name one that is inside this binary, or the path of a .wasm file",
                Component::Uploaded(_) => {
                    "upload it to the running gateway with `hookgate plugin push`, or name a file"
                }
            };
            compiler.add(codes::COMPONENT_REFUSED, &at.span, message, help);
            compiler.slug(Kind::Plugin, name);
            None
        }
        Err(Unknown::Elsewhere) => {
            let message =
                format!("{component} is known to the running gateway alone; its use is not checked");
            let help = "ask the gateway: `hookgate check --online`";
            compiler.add(codes::COMPONENT_ELSEWHERE, &at.span, message, help);
            compiler.slug(Kind::Plugin, name);
            None
        }
    }
}

fn limits(compiler: &mut Compiler<'_>, table: &PluginTable) -> PluginLimits {
    let mut plugin_limits = PluginLimits::default();
    let Some(table) = &table.limits else { return plugin_limits };
    // The host's ticks are a millisecond.
    let deadlines = Duration::from_millis(1)..=limits::PLUGIN_DEADLINE_MAX;
    if let Some(deadline) = table.deadline.as_ref().and_then(|at| compiler.duration(at, deadlines)) {
        plugin_limits.deadline = deadline;
    }
    let memories = MEMORY_BYTES_MIN..=limits::PLUGIN_MEMORY_BYTES_MAX;
    if let Some(bytes) = table.memory.as_ref().and_then(|at| compiler.size(at, memories)) {
        plugin_limits.memory_bytes_max = bytes;
    }
    plugin_limits
}

/// Makes a plugin of a component; `span` is what names it.
fn load(
    compiler: &mut Compiler<'_>,
    name: &At<String>,
    span: &Range<usize>,
    (component, facts): (Component, &Facts),
    given: Given,
) -> Option<Loaded> {
    let (slug, id) = compiler.slug(Kind::Plugin, name)?;
    if let Some(capability) = given.grants.missing(&facts.uses) {
        let word = capability.interface();
        let message = format!("plugin \"{slug}\" uses `{word}`, which is not granted");
        let help = match line_for(capability) {
            Some(line) if given.has_table => format!("add to [plugin.{slug}]: {line}"),
            Some(line) => format!("add [plugin.{slug}] with component = \"embedded:{slug}\" and {line}"),
            None => "use a version of it that does without; there are `clock`, `mac` and `secret`".into(),
        };
        compiler.add(codes::CAPABILITY, span, message, help);
    }
    let schema = facts.manifest.as_ref().and_then(|manifest| manifest.config_schema.as_ref());
    let schema = match schema.map(jsonschema::validator_for) {
        Some(Ok(schema)) => Some(schema),
        None => None,
        Some(Err(error)) => {
            let message = format!("the schema of plugin \"{slug}\" for its config does not read: {error}");
            let help = "mend `config_schema` in the plugin's manifest and build it again";
            compiler.add(codes::BAD_CONFIG_SCHEMA, span, message, help);
            None
        }
    };
    let plugin = Plugin {
        id,
        name: slug,
        digest: facts.digest,
        manifest: facts.manifest.clone(),
        limits: given.limits,
        grants: Arc::new(given.grants),
    };
    Some(Loaded { plugin, component, roles: facts.roles.clone(), schema })
}
