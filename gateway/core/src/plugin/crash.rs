//! A plugin's failure, in one word and a sentence.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How a plugin broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrashKind {
    /// It trapped: a panic, a division by zero, a stack overflow.
    Trap,
    /// It ran longer than its deadline.
    Deadline,
    /// It asked for more memory than it may have.
    Memory,
    /// It returned more than crosses.
    OutputTooLarge,
    /// It returned what the contract forbids, or is not loaded.
    Incompatible,
}

impl CrashKind {
    /// Returns the word for logs, metrics and the API.
    pub fn word(self) -> &'static str {
        match self {
            CrashKind::Trap => "trap",
            CrashKind::Deadline => "deadline",
            CrashKind::Memory => "memory",
            CrashKind::OutputTooLarge => "output_too_large",
            CrashKind::Incompatible => "incompatible",
        }
    }
}

/// A plugin's failure: its own, on this call alone.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {message}", kind.word())]
pub struct Crash {
    /// How it broke.
    pub kind: CrashKind,
    /// What is known, for the operator; bounded.
    pub message: String,
}
