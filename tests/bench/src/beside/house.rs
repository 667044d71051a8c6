//! A gateway with a configuration of one's own, whose API can be used, and that can be killed and started again
//! on the same files.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::Full;

use crate::child::{Child, free_address};
use crate::connection::Connection;
use crate::gateway::{SINK_SECRET, SOURCE_SECRET};
use crate::process::Reading;
use crate::scratch::Scratch;

/// What every configuration here begins with: doors, store and the source `github`.
const PREAMBLE: &str = include_str!("gateway.toml");

const ADMIN_KEY: &str = "bench-admin-key-0123456789abcdef";

/// A request with a thousand events is one commit of some 20 ms; a component compiles in less than a second.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// A gateway and its files. The files go after the process: fields are dropped in this order.
pub(super) struct House {
    child: Option<Child>,
    binary: PathBuf,
    /// Where it takes events.
    pub(super) address: SocketAddr,
    admin: SocketAddr,
    files: Scratch,
}

impl House {
    /// Starts a gateway with an empty database below `parent`. `config` follows the preamble.
    ///
    /// # Errors
    /// It does not come up; the error ends with what it printed.
    pub(super) async fn start(binary: &Path, parent: &Path, config: &str) -> Result<Self> {
        let files = Scratch::new(parent)?;
        let (address, admin) = (free_address()?, free_address()?);
        let mut house = Self { child: None, binary: binary.to_owned(), address, admin, files };
        house.configure(config)?;
        house.start_again().await?;
        Ok(house)
    }

    /// Starts the process on its files.
    ///
    /// # Errors
    /// As of `start`.
    pub(super) async fn start_again(&mut self) -> Result<()> {
        let mut command = Command::new(&self.binary);
        command
            .args(["serve", "--config"])
            .arg(self.config_path())
            .env("GITHUB_WEBHOOK_SECRET", SOURCE_SECRET)
            .env("SINK_SECRET", SINK_SECRET)
            .env("HOOKGATE_ADMIN_KEY", ADMIN_KEY);
        let log = self.files.path().join("log");
        self.child = Some(Child::start("hookgate", command, log, self.address).await?);
        Ok(())
    }

    /// Kills the process where it stands.
    pub(super) fn kill(&mut self) {
        self.child = None;
    }

    /// Writes another configuration. Nothing is told of it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn configure(&self, config: &str) -> Result<()> {
        let database = self.files.path().join("bench.db");
        let preamble = PREAMBLE
            .replace("@LISTEN@", &self.address.to_string())
            .replace("@ADMIN@", &self.admin.to_string())
            .replace("@DATABASE@", &database.display().to_string());
        let path = self.config_path();
        fs::write(&path, preamble + config).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Opens a connection to the admin API.
    pub(super) fn api(&self) -> Connection {
        Connection::new(self.admin)
    }

    /// Posts to the admin API.
    ///
    /// # Errors
    /// The answer is none of those that are wanted; the error ends with the gateway's log.
    pub(super) async fn post(
        &self,
        api: &mut Connection,
        path: &str,
        (content_type, body): (&str, Bytes),
        wanted: &[StatusCode],
    ) -> Result<()> {
        let request = Request::post(path)
            .header(HOST, api.host())
            .header(AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
            .header(CONTENT_TYPE, content_type)
            .body(Full::new(body))?;
        let status = tokio::time::timeout(ANSWER_TIMEOUT, api.send(request)).await??;
        let log = || self.child.as_ref().map_or_else(String::new, Child::log_end);
        ensure!(wanted.contains(&status), "{path}: {status}\n{}", log());
        Ok(())
    }

    /// Reads its CPU and memory.
    ///
    /// # Errors
    /// It has ended; the error ends with its log.
    pub(super) fn read(&self) -> Result<Reading> {
        self.child.as_ref().context("the gateway was killed")?.read()
    }

    fn config_path(&self) -> PathBuf {
        self.files.path().join("hookgate.toml")
    }
}

/// An empty body, for posts that say all in their path.
pub(super) const NOTHING: (&str, Bytes) = ("application/json", Bytes::new());
