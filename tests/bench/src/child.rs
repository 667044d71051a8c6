//! A process the benchmark starts: it is killed and waited for when its owner goes, also on failure.
//! What it prints goes to a file, whose end is shown when it dies early. Processes of our own binary
//! also end by themselves when their standard input closes, so that they outlive not even a kill of ours.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child as Process, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::sync::oneshot;

use crate::process::{self, Reading};

/// A child must listen within this time: the goal for the gateway's start is 5 s, with room for a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// So much of a log is shown.
const LOG_LINES_MAX: usize = 20;

/// A running child process.
pub(crate) struct Child {
    name: &'static str,
    process: Process,
    log: PathBuf,
}

impl Child {
    /// Starts `command`, logs to `log`, and returns once `address` accepts connections.
    ///
    /// # Errors
    /// It cannot be started, ends, or does not listen in time; the error ends with its log.
    pub(crate) async fn start(
        name: &'static str,
        mut command: Command,
        log: PathBuf,
        address: SocketAddr,
    ) -> Result<Self> {
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::piped()).stdout(file.try_clone()?).stderr(file);
        let process = command.spawn().with_context(|| format!("cannot start {name}: {command:?}"))?;
        let mut child = Self { name, process, log };
        child.wait_for(address).await?;
        Ok(child)
    }

    /// Reads its CPU, memory and bytes written.
    ///
    /// # Errors
    /// It has ended; the error ends with its log.
    pub(crate) fn read(&self) -> Result<Reading> {
        process::read(self.process.id())
            .with_context(|| format!("{} has ended\n{}", self.name, self.log_end()))
    }

    /// Returns the last lines it printed.
    pub(crate) fn log_end(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_MAX)..].join("\n")
    }

    async fn wait_for(&mut self, address: SocketAddr) -> Result<()> {
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = self.process.try_wait()? {
                bail!("{} ended at its start: {status}\n{}", self.name, self.log_end());
            }
            if start.elapsed() > START_TIMEOUT {
                bail!(
                    "{} does not listen at {address} after {START_TIMEOUT:?}\n{}",
                    self.name,
                    self.log_end()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing left to kill.
        self.process.kill().ok();
        if let Err(error) = self.process.wait() {
            eprintln!("hookgate-bench: {} ({}) was not waited for: {error}", self.name, self.process.id());
        }
    }
}

/// Finds a free loopback port. Another process may take it before the child does; then the child says so.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Makes a command that runs a subcommand of this very binary.
pub(crate) fn ourselves(subcommand: &str) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(subcommand);
    Ok(command)
}

/// Returns when standard input closes, which is when whoever started us is gone. The thread that reads
/// ends with the process: nothing can end a read of standard input earlier.
pub(crate) async fn parent_gone() {
    let (gone, closed) = oneshot::channel::<()>();
    std::thread::spawn(move || {
        // An error is as good as an end.
        std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).ok();
        drop(gone);
    });
    closed.await.ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[tokio::test]
    async fn a_child_that_ends_at_once_is_reported_with_its_log() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such key; exit 78"]);

        let started =
            Child::start("the gateway", command, scratch.path().join("log"), free_address().unwrap()).await;

        let message = format!("{:#}", started.err().unwrap());
        assert!(message.contains("exit status: 78") && message.contains("no such key"), "{message}");
    }

    #[tokio::test]
    async fn a_child_is_gone_when_its_owner_is() {
        let scratch = Scratch::new(&std::env::temp_dir()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let address = listener.local_addr().unwrap();

        let child = Child::start("sleep", command, scratch.path().join("log"), address).await.unwrap();
        let pid = child.process.id();
        assert!(child.read().is_ok());
        drop(child);

        assert!(process::read(pid).is_err());
    }
}
