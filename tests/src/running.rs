//! Commands that go on, and what they say meanwhile.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use crate::patience::within;

/// A command says a line within this, even beside a compiler.
const LIMIT: Duration = Duration::from_secs(60);

/// A command that goes on. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    out: Option<Lines<BufReader<ChildStdout>>>,
    err: Lines<BufReader<ChildStderr>>,
}

impl Running {
    /// Starts a command.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start(mut command: Command) -> Running {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("the command starts");
        let out = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let err = BufReader::new(child.stderr.take().expect("stderr is piped")).lines();
        Running { child, out: Some(out), err }
    }

    /// Returns the next line on standard output that has all of these parts.
    ///
    /// # Panics
    /// None comes in time, or the command ends.
    pub async fn says(&mut self, parts: &[&str]) -> String {
        let out = self.out.as_mut().expect("standard output is still read");
        find(out, parts).await
    }

    /// Returns the next line on standard error that has this part.
    ///
    /// # Panics
    /// None comes in time, or the command ends.
    pub async fn warns(&mut self, part: &str) -> String {
        find(&mut self.err, &[part]).await
    }

    /// Reads standard output no more: what is written there fails.
    pub fn stop_reading(&mut self) {
        self.out = None;
    }

    /// Presses Ctrl-C.
    pub async fn interrupt(&self) {
        let pid = self.child.id().expect("the command runs").to_string();
        let sent = Command::new("sh").args(["-c", "kill -s INT \"$0\"", &pid]).status().await;
        assert!(sent.expect("there is a shell").success(), "SIGINT to {pid}");
    }

    /// Waits until it has ended, and returns its exit code.
    ///
    /// # Panics
    /// It does not end in time.
    pub async fn ended(&mut self) -> Option<i32> {
        let status = within("the command ends", LIMIT, self.child.wait()).await;
        status.expect("a process of ours can be waited for").code()
    }
}

async fn find(lines: &mut Lines<impl AsyncBufRead + Unpin>, parts: &[&str]) -> String {
    let mut seen = Vec::new();
    let found = tokio::time::timeout(LIMIT, async {
        while let Ok(Some(line)) = lines.next_line().await {
            if parts.iter().all(|part| line.contains(part)) {
                return Some(line);
            }
            seen.push(line);
        }
        None
    });
    match found.await {
        Ok(Some(line)) => line,
        Ok(None) => panic!("it ended without saying {parts:?}; it said {seen:#?}"),
        Err(_) => panic!("it does not say {parts:?}; it said {seen:#?}"),
    }
}
