//! How a command ends: a message on stderr and an exit code that scripts can tell apart.

use std::process::ExitCode;

/// Why a command failed, by what the caller can do about it.
#[derive(Debug)]
pub(crate) enum Exit {
    /// It failed (1).
    Failed(String),
    /// The gateway cannot be reached (69, EX_UNAVAILABLE).
    Unreachable(String),
    /// Not now: come again (75, EX_TEMPFAIL).
    TryAgain(String),
    /// The key does not fit (77, EX_NOPERM).
    NotAllowed(String),
    /// The configuration has mistakes (78, EX_CONFIG).
    BadConfig(String),
}

impl Exit {
    /// Says it and returns the code.
    pub(crate) fn report(self) -> ExitCode {
        let (code, message) = match self {
            Exit::Failed(message) => (1, message),
            Exit::Unreachable(message) => (69, message),
            Exit::TryAgain(message) => (75, message),
            Exit::NotAllowed(message) => (77, message),
            Exit::BadConfig(message) => (78, message),
        };
        eprintln!("{}", message.trim_end());
        ExitCode::from(code)
    }
}
