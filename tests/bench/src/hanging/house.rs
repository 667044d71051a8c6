//! A gateway with twenty healthy destinations and one that hangs, which can be filled for the latter by
//! its own API, killed, and started again on the same files.

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
use serde_json::json;

use crate::child::{Child, free_address};
use crate::connection::Connection;
use crate::gateway::{SINK_SECRET, SOURCE_SECRET};
use crate::process::Reading;
use crate::scratch::Scratch;

const CONFIG: &str = include_str!("gateway.toml");

const ADMIN_KEY: &str = "bench-admin-key-0123456789abcdef";

/// Healthy destinations, each with a route of its own.
pub(super) const HEALTHY: u32 = 20;

/// As many events as one request may bring.
const EVENTS_PER_REQUEST: u32 = 1_000;

/// A request with a thousand events is one commit of some 20 ms; a control is less.
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
    /// Starts a gateway with an empty database below `parent`.
    ///
    /// # Errors
    /// It does not come up; the error ends with what it printed.
    pub(super) async fn start(
        binary: &Path,
        parent: &Path,
        sink: SocketAddr,
        hanging: SocketAddr,
    ) -> Result<Self> {
        let files = Scratch::new(parent)?;
        let (address, admin) = (free_address()?, free_address()?);
        let mut house = Self { child: None, binary: binary.to_owned(), address, admin, files };
        let config = house.config_path();
        fs::write(&config, house.configure(sink, hanging))
            .with_context(|| format!("cannot write {}", config.display()))?;
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

    /// Lets so many deliveries wait for the destination that hangs, all before one of them is sent.
    ///
    /// # Errors
    /// The API takes one of them not.
    pub(super) async fn fill(&self, deliveries: u32) -> Result<()> {
        let mut api = Connection::new(self.admin);
        self.post(&mut api, "/v1/destinations/hanging/pause", Bytes::new(), StatusCode::OK).await?;
        let event = json!({ "type": "job.new", "data": { "text": "x".repeat(1_000) } });
        let mut left = deliveries;
        while left > 0 {
            let count = left.min(EVENTS_PER_REQUEST);
            let body = json!({ "events": vec![&event; count as usize] }).to_string();
            self.post(&mut api, "/v1/events", body.into(), StatusCode::ACCEPTED).await?;
            left -= count;
        }
        self.post(&mut api, "/v1/destinations/hanging/resume", Bytes::new(), StatusCode::OK).await
    }

    /// Reads its CPU and memory.
    ///
    /// # Errors
    /// It has ended; the error ends with its log.
    pub(super) fn read(&self) -> Result<Reading> {
        self.child.as_ref().context("the gateway was killed")?.read()
    }

    async fn post(&self, api: &mut Connection, path: &str, body: Bytes, wanted: StatusCode) -> Result<()> {
        let request = Request::post(path)
            .header(HOST, api.host())
            .header(AUTHORIZATION, format!("Bearer {ADMIN_KEY}"))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        let status = tokio::time::timeout(ANSWER_TIMEOUT, api.send(request)).await??;
        ensure!(
            status == wanted,
            "{path}: {status}\n{}",
            self.child.as_ref().map_or_else(String::new, Child::log_end)
        );
        Ok(())
    }

    fn config_path(&self) -> PathBuf {
        self.files.path().join("hookgate.toml")
    }

    fn configure(&self, sink: SocketAddr, hanging: SocketAddr) -> String {
        let database = self.files.path().join("bench.db");
        let fixed = CONFIG
            .replace("@LISTEN@", &self.address.to_string())
            .replace("@ADMIN@", &self.admin.to_string())
            .replace("@HANGING@", &hanging.to_string())
            .replace("@DATABASE@", &database.display().to_string());
        (0..HEALTHY).fold(fixed, |text, nth| text + &healthy(nth, sink))
    }
}

/// Returns the `nth` healthy destination with its route, which takes the events whose number leaves `nth`
/// when it is divided by 20: by its last digit and whether the one before is odd. The node id ends with it.
fn healthy(nth: u32, sink: SocketAddr) -> String {
    let before = if nth < 10 { "[b02468]" } else { "[13579]" };
    format!(
        "[destination.healthy-{nth}.http]\nendpoint = \"http://{sink}/hook-{nth}\"\n\
         sign.standard_webhooks = {{ secrets = [\"${{env:SINK_SECRET}}\"] }}\n\n\
         [route.healthy-{nth}]\nsource = \"github\"\n\
         match = {{ \"body.pull_request.node_id\" = {{ regex = \"{before}{}$\" }} }}\nto = [\"healthy-{nth}\"]\n\n",
        nth % 10
    )
}
