//! `hookgate plugin …`: make a plugin, build it, try it, look into it, all of that offline: the component runs in
//! this process, in the same host that `serve` has. And the plugins of a running gateway.

mod answer;
mod build;
mod case;
mod diff;
mod inspect;
mod new;
mod run;
mod stored;
mod test;
mod trial;

use std::path::Path;

use bytes::Bytes;
use clap::Subcommand;

use super::{Exit, Online};

/// The verbs.
#[derive(Subcommand)]
pub(super) enum Plugin {
    /// Begin a plugin: a crate that builds at once, with a fixture and a test
    New(new::New),
    /// Compile a plugin's crate to a component
    Build(build::Build),
    /// Build a plugin's crate and run its fixtures through the component
    Test(test::Test),
    /// Run a component once and show what comes out, its log, its time and its memory
    Run(run::Run),
    /// Show what a component is: digest, roles, what it uses, its manifest
    Inspect(inspect::Inspect),
    /// Upload a component to a running gateway
    Push(stored::Push),
    /// List a running gateway's plugins with their versions
    List(Online),
    /// Let a version answer to its name, and the configuration rule with it
    Activate(stored::Activate),
    /// Remove a plugin that the configuration does not use
    Remove(stored::Remove),
}

/// Runs a verb.
pub(super) fn run(plugin: Plugin) -> Result<(), Exit> {
    match plugin {
        Plugin::New(new) => new::run(&new),
        Plugin::Build(build) => build::run(build),
        Plugin::Test(test) => test::run(&test),
        Plugin::Run(run) => run::run(&run),
        Plugin::Inspect(inspect) => inspect::run(&inspect),
        Plugin::Push(push) => stored::push(push),
        Plugin::List(online) => stored::list(online),
        Plugin::Activate(activate) => stored::activate(activate),
        Plugin::Remove(remove) => stored::remove(remove),
    }
}

/// Reads a component: a file, or `embedded:NAME`.
fn component(named: &str) -> Result<Bytes, Exit> {
    let Some(name) = named.strip_prefix("embedded:") else {
        let read = std::fs::read(Path::new(named));
        return read
            .map(Bytes::from)
            .map_err(|error| Exit::Failed(format!("{named} cannot be read: {error}")));
    };
    let embedded = hookgate_connectors::EMBEDDED.iter().find(|plugin| plugin.name == name);
    embedded.map(|plugin| Bytes::from_static(plugin.component)).ok_or_else(|| {
        let all: Vec<&str> = hookgate_connectors::EMBEDDED.iter().map(|plugin| plugin.name).collect();
        Exit::Failed(format!("no plugin {name:?} is inside this binary; there are: {}", all.join(", ")))
    })
}
