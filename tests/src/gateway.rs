//! The gateway as a process of its own: started, killed, signalled, restarted on the same folder, and
//! gone with its owner whatever happens to the test.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use http::Method;
use tokio::process::{Child, Command};

use crate::admin::Admin;
use crate::patience::{eventually, within};
use crate::running::Running;
use crate::said::Said;
use crate::scratch::Scratch;
use crate::wire::Wire;
use crate::{binary, ports};

/// The secret that GitHub and the gateway share.
pub const GITHUB_SECRET: &str = "It's a Secret to Everybody";

/// The secret that the gateway and its receivers share.
pub const RECEIVER_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The key of the admin API.
pub const ADMIN_KEY: &str = "hgk_of-the-integration-tests-0123456789";

/// The design's goal is 5 s on an idle machine; here four gateways may start beside a compiler.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The drain may take 20 s, and what follows it a moment.
const END_LIMIT: Duration = Duration::from_secs(40);

/// Lines of the log that a failure shows.
const LOG_LINES_SHOWN: usize = 30;

/// What every configuration of these tests begins with.
const PREAMBLE: &str = r#"version = 1

[server]
listen = "@PUBLIC@"
admin_listen = "@ADMIN@"
admin_key = "${env:HOOKGATE_ADMIN_KEY}"

[storage]
url = "sqlite://@FOLDER@/hookgate.db"

[egress]
allow = ["127.0.0.0/8"]

[source.github.verify.github]
secrets = ["${env:GITHUB_WEBHOOK_SECRET}"]

"#;

/// A gateway in a folder of its own. Its folder goes after it has ended: fields are dropped in this order.
#[derive(Debug)]
pub struct Gateway {
    process: Option<Child>,
    public: SocketAddr,
    admin: SocketAddr,
    wire: Wire,
    folder: Scratch,
}

impl Gateway {
    /// Prepares a gateway whose configuration is our preamble (server, storage, egress and the source
    /// `github`) and `config`. Nothing runs yet.
    pub fn prepare(config: &str) -> Gateway {
        let folder = Scratch::new();
        let gateway =
            Gateway { process: None, public: ports::free(), admin: ports::free(), wire: Wire::new(), folder };
        gateway.configure(config);
        gateway
    }

    /// Prepares a gateway, starts it and waits until it is ready.
    ///
    /// # Panics
    /// It does not get ready; its log is shown.
    pub async fn start(config: &str) -> Gateway {
        let mut gateway = Gateway::prepare(config);
        gateway.start_again().await;
        gateway
    }

    /// Starts the process on the same folder and waits until it is ready.
    ///
    /// # Panics
    /// It does not get ready; its log is shown.
    pub async fn start_again(&mut self) {
        self.spawn();
        self.ready().await;
    }

    /// Starts the process and does not wait.
    ///
    /// # Panics
    /// It runs already, or cannot be started.
    pub fn spawn(&mut self) {
        assert!(self.process.is_none(), "the gateway runs already");
        let log =
            File::options().create(true).append(true).open(self.log_path()).expect("the folder is writable");
        let mut command = self.command();
        command
            .arg("serve")
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log);
        self.process = Some(command.spawn().expect("the gateway's binary starts"));
    }

    /// Waits until `/readyz` says 200.
    ///
    /// # Panics
    /// The process ends, or does not get ready in time.
    pub async fn ready(&mut self) {
        let (wire, url) = (self.wire.clone(), format!("http://{}/readyz", self.admin));
        let process = self.process.as_mut().expect("the gateway was started");
        eventually("the gateway gets ready", START_LIMIT, async || {
            if let Ok(Some(status)) = process.try_wait() {
                panic!("the gateway ended at its start: {status}");
            }
            let answer = wire.send(Method::GET, &url, &[], bytes::Bytes::new()).await;
            answer.ok().filter(|answer| answer.status == 200).map(drop)
        })
        .await;
    }

    /// Kills the process at this very moment (SIGKILL) and waits until it is gone.
    pub async fn kill(&mut self) {
        let mut process = self.process.take().expect("the gateway runs");
        process.kill().await.expect("a process of ours can be killed");
    }

    /// Sends SIGTERM and returns how the process ended.
    ///
    /// # Panics
    /// It does not end in time.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Panics
    /// It does not end in time.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut process = self.process.take().expect("the gateway runs");
        let status = within("the gateway ends", END_LIMIT, process.wait()).await;
        status.expect("a process of ours can be waited for")
    }

    /// Sends a signal by its name, such as `HUP`.
    pub async fn signal(&self, name: &str) {
        let pid = self.process.as_ref().and_then(Child::id).expect("the gateway runs").to_string();
        let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &pid]).status().await;
        assert!(sent.expect("there is a shell").success(), "SIG{name} to {pid}");
    }

    /// Runs a command of the binary against this gateway, with the right key.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        let mut command = self.command();
        command.env("HOOKGATE_URL", self.admin_url()).env("HOOKGATE_ADMIN_KEY", ADMIN_KEY).args(arguments);
        Said::of(command).await
    }

    /// Starts a command of the binary against this gateway, with the right key, that goes on.
    pub fn start_command(&self, arguments: &[&str]) -> Running {
        let mut command = self.command();
        command.env("HOOKGATE_URL", self.admin_url()).args(arguments);
        Running::start(command)
    }

    /// Returns a command of the binary in this gateway's folder, with its secrets.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary::hookgate());
        command
            .current_dir(self.folder())
            .kill_on_drop(true)
            .env_remove("HOOKGATE_URL")
            .env_remove("HOOKGATE_LOG")
            .env("HOOKGATE_CONFIG", self.config_path())
            .env("HOOKGATE_ADMIN_KEY", ADMIN_KEY)
            .env("GITHUB_WEBHOOK_SECRET", GITHUB_SECRET)
            .env("RECEIVER_SECRET", RECEIVER_SECRET);
        command
    }

    /// Writes another configuration: the preamble and `config`. Nothing is told of it.
    pub fn configure(&self, config: &str) {
        let preamble = PREAMBLE
            .replace("@PUBLIC@", &self.public.to_string())
            .replace("@ADMIN@", &self.admin.to_string())
            .replace("@FOLDER@", &self.folder().display().to_string());
        fs::write(self.config_path(), preamble + config).expect("the folder is writable");
    }

    /// Returns the URL of the source `github`.
    pub fn source_url(&self) -> String {
        format!("http://{}/in/github", self.public)
    }

    /// Returns the public door.
    pub fn public(&self) -> SocketAddr {
        self.public
    }

    /// Returns the admin door.
    pub fn admin_door(&self) -> SocketAddr {
        self.admin
    }

    /// Returns the admin API's URL.
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.admin)
    }

    /// Returns the admin API, with the right key.
    pub fn admin(&self) -> Admin {
        Admin::new(&self.admin_url(), ADMIN_KEY)
    }

    /// Returns the gateway's folder: its configuration, database and log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns all that the gateway has logged, over all its lives.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Waits until the log has a line with this text `times` times.
    ///
    /// # Panics
    /// It does not in time.
    pub async fn logged(&self, text: &str, times: usize) {
        let what = format!("the log says {text:?} {times} times");
        eventually(&what, START_LIMIT, async || (self.log().matches(text).count() >= times).then_some(()))
            .await;
    }

    fn config_path(&self) -> PathBuf {
        self.folder.file("hookgate.toml")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.file("log")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process
            && process.start_kill().is_ok()
        {
            // Its folder cannot go while it writes there.
            let begun = Instant::now();
            while matches!(process.try_wait(), Ok(None)) && begun.elapsed() < Duration::from_secs(5) {
                thread::yield_now();
            }
        }
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!(
                "the gateway's log ends:\n{}",
                lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
            );
        }
    }
}
