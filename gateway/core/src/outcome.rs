//! Outcomes: what became of one attempt. Every plugin and transport failure is one of these words.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::plugin::{Crash, CrashKind, Judgement};
use crate::word::Headers;

/// What became of one attempt.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The receiver answered, with any status.
    Answered(Answer),
    /// The receiver answered, and the destination's connector said what that means.
    Judged {
        /// What came back.
        answer: Answer,
        /// What it means.
        judgement: Judgement,
    },
    /// No answer came.
    Unreachable {
        /// Where it failed.
        at: Reach,
        /// What the system said, for people.
        detail: String,
    },
    /// Our own guard refused the address: a configuration error.
    Blocked {
        /// The host that the endpoint names.
        host: String,
        /// The address that was refused, if it came to one.
        address: Option<IpAddr>,
    },
    /// The configuration cannot say where it goes, such as an endpoint that is no URL.
    Misconfigured(String),
    /// A plugin says no.
    Declined(String),
    /// A plugin asks for later.
    Postponed {
        /// Not before so long.
        after: Option<Duration>,
        /// In its words.
        reason: String,
    },
    /// A plugin says that there is nothing to send.
    Skipped(String),
    /// It became so many deliveries: a router's choice, or several messages of one.
    Split(usize),
    /// A plugin that it needs is in quarantine, so nothing was run.
    Quarantined {
        /// Its name in the configuration.
        plugin: String,
        /// Why, for people.
        reason: String,
    },
    /// A plugin broke.
    Crashed {
        /// Its name in the configuration.
        plugin: String,
        /// How.
        crash: Crash,
    },
}

/// A receiver's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its header fields.
    pub headers: Headers,
    /// The first part of its body, up to [`crate::limits::RESPONSE_BYTES_MAX`].
    pub body: Bytes,
    /// Whether the body was longer than that.
    pub cut: bool,
}

/// Where reaching a receiver failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// The name did not resolve.
    Dns,
    /// No connection.
    Connect,
    /// No TLS on the connection.
    Tls,
    /// No whole answer in time.
    Timeout,
    /// The connection broke.
    Reset,
}

/// The one word of an outcome, for rows, logs, metrics and the API. The texts are stored: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Word {
    /// Any 2xx.
    Success,
    /// Any other answer.
    Refused,
    /// 410.
    Gone,
    /// See [`Reach`].
    Unreachable(Reach),
    /// See [`Outcome::Blocked`].
    Blocked,
    /// See [`Outcome::Misconfigured`].
    Misconfigured,
    /// See [`Outcome::Declined`].
    Declined,
    /// See [`Outcome::Postponed`].
    Postponed,
    /// See [`Outcome::Skipped`].
    Skipped,
    /// See [`Outcome::Split`].
    Split,
    /// See [`Outcome::Quarantined`].
    Quarantined,
    /// See [`CrashKind`].
    Crashed(CrashKind),
}

impl Outcome {
    /// Returns the outcome's one word.
    pub fn word(&self) -> Word {
        match self {
            Outcome::Answered(Answer { status: 200..=299, .. }) => Word::Success,
            Outcome::Answered(Answer { status: 410, .. }) => Word::Gone,
            Outcome::Answered(_) => Word::Refused,
            Outcome::Judged { judgement, .. } => match judgement {
                Judgement::Delivered => Word::Success,
                Judgement::Retry { .. } => Word::Refused,
                Judgement::Declined(_) => Word::Declined,
                Judgement::Gone(_) => Word::Gone,
            },
            Outcome::Unreachable { at, .. } => Word::Unreachable(*at),
            Outcome::Blocked { .. } => Word::Blocked,
            Outcome::Misconfigured(_) => Word::Misconfigured,
            Outcome::Declined(_) => Word::Declined,
            Outcome::Postponed { .. } => Word::Postponed,
            Outcome::Skipped(_) => Word::Skipped,
            Outcome::Split(_) => Word::Split,
            Outcome::Quarantined { .. } => Word::Quarantined,
            Outcome::Crashed { crash, .. } => Word::Crashed(crash.kind),
        }
    }

    /// Returns the receiver's answer, if it gave one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Outcome::Answered(answer) | Outcome::Judged { answer, .. } => Some(answer),
            Outcome::Unreachable { .. }
            | Outcome::Blocked { .. }
            | Outcome::Misconfigured(_)
            | Outcome::Declined(_)
            | Outcome::Postponed { .. }
            | Outcome::Skipped(_)
            | Outcome::Split(_)
            | Outcome::Quarantined { .. }
            | Outcome::Crashed { .. } => None,
        }
    }

    /// Returns the receiver's status, if it answered.
    pub fn status(&self) -> Option<u16> {
        self.answer().map(|answer| answer.status)
    }

    /// Returns one readable sentence about it; empty for a success.
    pub fn detail(&self) -> String {
        match self {
            Outcome::Answered(answer) if (200..300).contains(&answer.status) => String::new(),
            Outcome::Answered(answer) => format!("the receiver answered {}", answer.status),
            Outcome::Judged { judgement, .. } => match judgement {
                Judgement::Delivered => String::new(),
                Judgement::Retry { reason, .. } | Judgement::Declined(reason) | Judgement::Gone(reason) => {
                    reason.clone()
                }
            },
            Outcome::Unreachable { detail, .. } => detail.clone(),
            Outcome::Blocked { host, address: Some(address) } => {
                format!("{host} resolves to {address}, which [egress] allow does not name")
            }
            Outcome::Blocked { host, address: None } => {
                format!("{host} is a private address that [egress] allow does not name")
            }
            Outcome::Misconfigured(what) => what.clone(),
            Outcome::Declined(reason) | Outcome::Skipped(reason) => reason.clone(),
            Outcome::Postponed { reason, .. } => reason.clone(),
            Outcome::Split(count) => format!("it became {count} deliveries"),
            Outcome::Quarantined { plugin, reason } => format!("plugin {plugin} is in quarantine: {reason}"),
            Outcome::Crashed { plugin, crash } => format!("plugin {plugin}: {}", crash.message),
        }
    }
}

impl Word {
    /// All of them.
    pub const ALL: [Word; 20] = [
        Word::Success,
        Word::Refused,
        Word::Gone,
        Word::Unreachable(Reach::Dns),
        Word::Unreachable(Reach::Connect),
        Word::Unreachable(Reach::Tls),
        Word::Unreachable(Reach::Timeout),
        Word::Unreachable(Reach::Reset),
        Word::Blocked,
        Word::Misconfigured,
        Word::Declined,
        Word::Postponed,
        Word::Skipped,
        Word::Split,
        Word::Quarantined,
        Word::Crashed(CrashKind::Trap),
        Word::Crashed(CrashKind::Deadline),
        Word::Crashed(CrashKind::Memory),
        Word::Crashed(CrashKind::OutputTooLarge),
        Word::Crashed(CrashKind::Incompatible),
    ];

    /// Returns the word with this text; none: it is no word of an attempt.
    pub fn of_text(text: &str) -> Option<Word> {
        Word::ALL.into_iter().find(|word| word.text() == text)
    }

    /// Tells whether the attempt did not do what it was for.
    pub fn is_failure(self) -> bool {
        match self {
            Word::Success | Word::Skipped | Word::Split => false,
            Word::Refused
            | Word::Gone
            | Word::Unreachable(_)
            | Word::Blocked
            | Word::Misconfigured
            | Word::Declined
            | Word::Postponed
            | Word::Quarantined
            | Word::Crashed(_) => true,
        }
    }

    /// Returns the text.
    pub fn text(self) -> &'static str {
        match self {
            Word::Success => "success",
            Word::Refused => "refused",
            Word::Gone => "gone",
            Word::Unreachable(Reach::Dns) => "unreachable_dns",
            Word::Unreachable(Reach::Connect) => "unreachable_connect",
            Word::Unreachable(Reach::Tls) => "unreachable_tls",
            Word::Unreachable(Reach::Timeout) => "unreachable_timeout",
            Word::Unreachable(Reach::Reset) => "unreachable_reset",
            Word::Blocked => "blocked",
            Word::Misconfigured => "misconfigured",
            Word::Declined => "declined",
            Word::Postponed => "postponed",
            Word::Skipped => "skipped",
            Word::Split => "split",
            Word::Quarantined => "quarantined",
            Word::Crashed(CrashKind::Trap) => "crashed_trap",
            Word::Crashed(CrashKind::Deadline) => "crashed_deadline",
            Word::Crashed(CrashKind::Memory) => "crashed_memory",
            Word::Crashed(CrashKind::OutputTooLarge) => "crashed_output_too_large",
            Word::Crashed(CrashKind::Incompatible) => "crashed_incompatible",
        }
    }
}
