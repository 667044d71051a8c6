//! Says in one word how a call broke.
//!
//! wasmtime gives a trap code, an error of ours that it carried through, or a text. In that order: what the
//! host itself ended, a refused memory, a trap, too much output, and everything else is a result that the
//! contract forbids.

use hookgate_core::plugin::{Crash, CrashKind};
use thiserror::Error;
use wasmtime::Trap;

use crate::call::CallState;
use crate::guest_log::plain;

/// What wasmtime says when a guest hands over more than the bound. It has no type of its own;
/// `more_output_than_crosses_is_output_too_large` holds the text.
const FUEL_TEXT: &str = "fuel allocated for hostcalls has been exhausted";

/// Why the host itself ended a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Ended {
    /// It ran as long as it may.
    #[error("the guest ran for its deadline of {deadline_ms} ms")]
    Deadline {
        /// The deadline.
        deadline_ms: u128,
    },
    /// It did not come to its end, however little of the time it ran.
    #[error("the guest did not end within {wall_ms} ms of wall time")]
    Wall {
        /// The bound.
        wall_ms: u128,
    },
    /// It had the host compute more HMACs than a call may.
    #[error("the guest asked for HMACs over more than {bytes_max} bytes in one call")]
    Hashing {
        /// The bound.
        bytes_max: usize,
    },
    /// It asked for more than it could hold.
    #[error("the guest asked for more than its {bytes_max} bytes of memory")]
    Memory {
        /// The bound.
        bytes_max: usize,
    },
    /// The process ends.
    #[error("the plugin host is shutting down")]
    Closing,
}

/// Makes a crash of a kind, its message bounded.
pub(crate) fn crash(kind: CrashKind, message: &str) -> Crash {
    Crash { kind, message: plain(message) }
}

impl From<Ended> for Crash {
    fn from(ended: Ended) -> Crash {
        match ended {
            Ended::Deadline { .. } | Ended::Wall { .. } | Ended::Hashing { .. } | Ended::Closing => {
                crash(CrashKind::Deadline, &ended.to_string())
            }
            Ended::Memory { .. } => crash(CrashKind::Memory, &ended.to_string()),
        }
    }
}

/// Says how a call broke.
pub(crate) fn classify(error: &wasmtime::Error, state: &CallState) -> Crash {
    if let Some(ended) = error.downcast_ref::<Ended>() {
        return (*ended).into();
    }
    if state.limiter.refused() {
        return Ended::Memory { bytes_max: state.limiter.bytes_max() }.into();
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        let text = match state.log.last_error() {
            Some(last) => format!("{trap}; it said: {last}"),
            None => trap.to_string(),
        };
        return crash(CrashKind::Trap, &text);
    }
    let text = format!("{error:#}");
    if text.contains(FUEL_TEXT) {
        return crash(CrashKind::OutputTooLarge, "the guest handed over more than crosses in one call");
    }
    crash(CrashKind::Incompatible, &format!("the guest broke the contract: {text}"))
}
