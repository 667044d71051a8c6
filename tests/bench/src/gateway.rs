//! How the two systems under test are started: the bare loop from this binary, and the gateway's own
//! binary with a configuration file made here. Both get the same secrets and the same sink.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::child::{Child, free_address, ourselves};
use crate::poster::ClientKind;
use crate::scratch::Scratch;

/// The secret of the source, for the generator too.
pub(crate) const SOURCE_SECRET: &str = "It's a Secret to Everybody";

/// The secret of the destination, for the sink too.
pub(crate) const SINK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Default settings, one route with a condition, dedupe on by the preset.
const CONFIG: &str = include_str!("gateway.toml");

/// A system the rounds measure.
#[derive(Clone, Debug)]
pub(crate) enum System {
    /// The bare loop with one of the clients.
    Bare(ClientKind),
    /// The gateway by its binary.
    Gateway(PathBuf),
}

impl System {
    /// Returns its name in reports.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Bare(_) => "bare loop",
            Self::Gateway(_) => "hookgate",
        }
    }
}

/// A system that runs. Its files go after it has ended: fields are dropped in this order.
pub(crate) struct Running {
    /// The process.
    pub(crate) child: Child,
    /// Where it takes events.
    pub(crate) address: SocketAddr,
    _files: Scratch,
}

/// Starts `system` with an empty database below `parent`, delivering to `sink`.
///
/// # Errors
/// It does not come up; the error ends with what it printed.
pub(crate) async fn start(system: &System, parent: &Path, sink: SocketAddr) -> Result<Running> {
    let files = Scratch::new(parent)?;
    let address = free_address()?;
    let database = files.path().join("bench.db");
    let mut command = match system {
        System::Bare(client) => {
            let mut command = ourselves("bare")?;
            command.args(["--listen", &address.to_string(), "--sink", &sink.to_string()]);
            command.args(["--client", client.name(), "--database"]).arg(database);
            command
        }
        System::Gateway(binary) => {
            let config = files.path().join("hookgate.toml");
            fs::write(&config, configure(address, free_address()?, sink, &database))
                .with_context(|| format!("cannot write {}", config.display()))?;
            let mut command = Command::new(binary);
            command.args(["serve", "--config"]).arg(config);
            command
        }
    };
    command
        .env("GITHUB_WEBHOOK_SECRET", SOURCE_SECRET)
        .env("SINK_SECRET", SINK_SECRET)
        .env("HOOKGATE_ADMIN_KEY", "bench-admin-key-0123456789abcdef");
    let child = Child::start(system.name(), command, files.path().join("log"), address).await?;
    Ok(Running { child, address, _files: files })
}

fn configure(listen: SocketAddr, admin: SocketAddr, sink: SocketAddr, database: &Path) -> String {
    CONFIG
        .replace("@LISTEN@", &listen.to_string())
        .replace("@ADMIN@", &admin.to_string())
        .replace("@SINK@", &sink.to_string())
        .replace("@DATABASE@", &database.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_every_address_and_keeps_its_references() {
        let address = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));

        let text = configure(address(1), address(2), address(3), Path::new("/x/bench.db"));

        for line in [
            r#"listen = "127.0.0.1:1""#,
            r#"admin_listen = "127.0.0.1:2""#,
            r#"endpoint = "http://127.0.0.1:3/hook""#,
            r#"url = "sqlite:///x/bench.db""#,
            r#"{ secrets = ["${env:SINK_SECRET}"] }"#,
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(!text.contains('@'), "{text}");
    }
}
