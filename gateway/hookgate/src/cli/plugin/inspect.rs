//! `hookgate plugin inspect`: what a component is, as the host sees it.

use clap::Args;
use hookgate_core::plugin::{Capability, Facts, Role};
use serde_json::{Value, json};

use super::trial::Trial;
use crate::cli::Exit;

/// What to look into.
#[derive(Args)]
pub(crate) struct Inspect {
    /// The component's file, or embedded:NAME
    component: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Loads a component, as `serve` would, and says what it is.
pub(super) fn run(inspect: &Inspect) -> Result<(), Exit> {
    let trial = Trial::load(super::component(&inspect.component)?).map_err(|exit| {
        if let Exit::Failed(why) = exit {
            Exit::Failed(format!("{}: {why}", inspect.component))
        } else {
            exit
        }
    })?;
    let (facts, grows) = (&trial.facts, trial.grows_memory());
    if inspect.json {
        say!("{:#}", as_json(facts, grows));
        return Ok(());
    }
    say!("{}", inspect.component);
    let row = |name: &str, text: &str| say!("  {name:<10}{text}");
    row("digest", &format!("sha256 {}", facts.digest));
    row("size", &format!("{} bytes", facts.component_bytes));
    row("contract", hookgate_host::CONTRACT);
    row("roles", &words(&facts.roles, |role| role.interface()));
    row("uses", &uses(facts));
    match &facts.manifest {
        None => row("manifest", "none"),
        Some(manifest) => {
            row("manifest", &format!("{} {}", manifest.name, manifest.version));
            if !manifest.description.is_empty() {
                row("", &manifest.description);
            }
            row("asks", &words(&manifest.asks, |capability| capability.interface()));
            row("config", &config(manifest.config_schema.as_ref()));
        }
    }
    let memory =
        if grows { "grows when it is called, which makes its calls dearer" } else { "stays as it began" };
    row("memory", memory);
    Ok(())
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> String {
    let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// What it imports, and the line that grants it.
fn uses(facts: &Facts) -> String {
    if facts.uses.is_empty() {
        return "config and log, which are always there".to_owned();
    }
    let grant = |capability: &Capability| match capability {
        Capability::Clock => "clock = true",
        Capability::Mac => "mac = [\"NAME\"]",
        Capability::Secret => "secret = [\"NAME\"]",
        Capability::Kv => "kv = \"1MiB\"",
        Capability::Fetch => "fetch = [\"HOST\"]",
    };
    let grants: Vec<&str> = facts.uses.iter().map(grant).collect();
    let used = words(&facts.uses, |capability| capability.interface());
    format!("{used}: needs grant = {{ {} }}", grants.join(", "))
}

/// The keys of the schema, without what each is.
fn config(schema: Option<&Value>) -> String {
    let Some(schema) = schema else { return "anything: it brings no schema".to_owned() };
    let keys = schema.get("properties").and_then(Value::as_object);
    let keys: Vec<&str> = keys.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    if keys.is_empty() { "by its schema; --json shows it".to_owned() } else { keys.join(", ") }
}

fn as_json(facts: &Facts, grows: bool) -> Value {
    let roles: Vec<&str> = facts.roles.iter().copied().map(Role::interface).collect();
    let uses: Vec<&str> = facts.uses.iter().copied().map(Capability::interface).collect();
    json!({
        "digest": facts.digest.to_string(),
        "component_bytes": facts.component_bytes,
        "contract": hookgate_host::CONTRACT,
        "roles": roles,
        "uses": uses,
        "manifest": facts.manifest,
        "grows_memory": grows,
    })
}
