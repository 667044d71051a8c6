//! Commands that run to their end, and what they said.

use std::process::Stdio;

use tokio::process::Command;

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; none: a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Runs a command to its end.
    ///
    /// # Panics
    /// It cannot be started.
    pub async fn of(mut command: Command) -> Said {
        let done = command.stdin(Stdio::null()).output().await.expect("the command starts");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { code: done.status.code(), out: text(done.stdout), err: text(done.stderr) }
    }
}
