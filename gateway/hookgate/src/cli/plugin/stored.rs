//! `hookgate plugin push | list | activate | remove`: the plugins of a running gateway, by its admin API.

use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use hookgate_connectors::component::{self, Options};
use reqwest::Method;
use serde_json::Value;

use crate::cli::client::{Gateway, online};
use crate::cli::table::{print, print_json, rows, text};
use crate::cli::{Exit, Online};

/// Hexadecimal digits of a digest that people read.
const SHORT: usize = 12;

/// What to upload, and under which name.
#[derive(Args)]
pub(crate) struct Push {
    /// A component's file, a plugin's crate (it is built), or embedded:NAME
    what: String,
    /// The name; by default the one in the plugin's manifest, else the file's
    #[arg(long)]
    name: Option<String>,
    /// Let it rule at once, as `activate` does
    #[arg(long)]
    activate: bool,
    #[command(flatten)]
    online: Online,
}

/// Which version answers from now on.
#[derive(Args)]
pub(crate) struct Activate {
    /// The plugin
    name: String,
    /// The version's digest, or as many of its first digits as no other begins with
    digest: String,
    #[command(flatten)]
    online: Online,
}

/// What to remove.
#[derive(Args)]
pub(crate) struct Remove {
    /// The plugin, with all its versions
    name: String,
    #[command(flatten)]
    online: Online,
}

/// Uploads a component.
pub(super) fn push(push: Push) -> Result<(), Exit> {
    let Push { what, name, activate, online: access } = push;
    let component = component(&what)?;
    let name = match name {
        Some(name) => name,
        None => default_name(&what, &component)?,
    };
    online(access, async move |gateway| {
        let path = format!("/v1/plugins/{name}/versions");
        let query = [("activate", activate.then_some("true"))];
        let body = ("application/wasm", component);
        let answer = gateway.send(Method::POST, &path, &query, Some(body)).await?;
        if gateway.json {
            print_json(&answer);
            return Ok(());
        }
        let roles: Vec<&str> =
            answer["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let digest = short(&text(&answer, "digest"));
        say!("{name} {digest} ({}) is {}", roles.join(", "), text(&answer, "state"));
        if answer["state"] == "waiting" {
            say!("let it rule: hookgate plugin activate {name} {digest}");
        } else if answer["applied"].is_null() {
            say!("hookgate.toml uses it by: [plugin.{name}] component = \"uploaded:{name}\"");
        }
        Ok(())
    })
}

/// Lists plugins with their versions.
pub(super) fn list(access: Online) -> Result<(), Exit> {
    online(access, async |gateway| {
        let answer = gateway.get("/v1/plugins", &[]).await?;
        if gateway.json {
            print_json(&answer);
            return Ok(());
        }
        let headings = ["plugin", "digest", "", "version", "origin", "stored", "bytes", "used as"];
        print(&headings, rows(&answer).flat_map(lines).collect());
        Ok(())
    })
}

/// One line for each version; one without a digest for a plugin that was removed.
fn lines(plugin: &Value) -> Vec<Vec<String>> {
    let name = text(plugin, "name");
    let used_by: Vec<&str> =
        plugin["used_by"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let version = |version: &Value| {
        let is_active = version["digest"] == plugin["active"];
        vec![
            name.clone(),
            short(&text(version, "digest")),
            if is_active { "active".into() } else { String::new() },
            text(&version["manifest"], "version"),
            text(version, "origin"),
            text(version, "stored_at"),
            text(version, "component_bytes"),
            if is_active { used_by.join(", ") } else { String::new() },
        ]
    };
    let versions: Vec<_> = plugin["versions"].as_array().into_iter().flatten().map(version).collect();
    if versions.is_empty() { vec![vec![name, String::new(), "removed".into()]] } else { versions }
}

/// Lets a version answer to its name.
pub(super) fn activate(activate: Activate) -> Result<(), Exit> {
    let Activate { name, digest, online: access } = activate;
    online(access, async move |gateway| {
        let digest = whole_digest(&gateway, &name, &digest).await?;
        let answer = gateway.post(&format!("/v1/plugins/{name}/versions/{digest}/activate"), &[]).await?;
        if gateway.json {
            print_json(&answer);
            return Ok(());
        }
        for warning in answer["warnings"].as_array().into_iter().flatten() {
            eprintln!("{}", warning.as_str().unwrap_or_default());
        }
        say!("{name} is {} from now on", short(&digest));
        Ok(())
    })
}

/// Finds the one version that begins so.
async fn whole_digest(gateway: &Gateway, name: &str, begin: &str) -> Result<String, Exit> {
    let plugin = gateway.get(&format!("/v1/plugins/{name}"), &[]).await?;
    let versions = plugin["versions"].as_array().into_iter().flatten();
    let begin = begin.to_lowercase();
    let fits: Vec<String> =
        versions.map(|version| text(version, "digest")).filter(|digest| digest.starts_with(&begin)).collect();
    match fits.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(Exit::Failed(format!(
            "plugin {name} has no version {begin}; `hookgate plugin list` shows them"
        ))),
        several => {
            let all: Vec<String> = several.iter().map(|digest| short(digest)).collect();
            Err(Exit::Failed(format!("several versions of {name} begin with {begin}: {}", all.join(", "))))
        }
    }
}

/// Removes a plugin.
pub(super) fn remove(remove: Remove) -> Result<(), Exit> {
    let Remove { name, online: access } = remove;
    online(access, async move |gateway| {
        let answer = gateway.send(Method::DELETE, &format!("/v1/plugins/{name}"), &[], None).await?;
        if gateway.json {
            print_json(&answer);
        } else {
            say!("{name} is removed; deliveries that were planned with it still find their component");
        }
        Ok(())
    })
}

fn component(what: &str) -> Result<Bytes, Exit> {
    let path = PathBuf::from(what);
    if !path.is_dir() {
        return super::component(what);
    }
    let built =
        component::build(&path, &Options::default()).map_err(|error| Exit::Failed(error.to_string()))?;
    Ok(built.component.into())
}

/// The manifest's name; without a manifest the file's, as far as it can be one.
fn default_name(what: &str, component: &[u8]) -> Result<String, Exit> {
    let facts = crate::app::inspect(component).map_err(|why| Exit::Failed(format!("{what}: {why}")))?;
    if let Some(manifest) = facts.manifest {
        return Ok(manifest.name);
    }
    let stem = PathBuf::from(what).file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    stem.ok_or_else(|| Exit::Failed(format!("{what} has no manifest: say under which --name")))
}

fn short(digest: &str) -> String {
    digest.chars().take(SHORT).collect()
}
