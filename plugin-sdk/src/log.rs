//! The plugin's log. It appears in the gateway's, under the plugin's name.
//!
//! Bounded in lines and bytes per call; the host drops what is more and counts it.

use std::fmt::Display;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// A developer's need.
    Debug,
    /// A normal milestone.
    Info,
    /// The plugin coped.
    Warn,
    /// A person must act.
    Error,
}

/// Writes a line for developers.
pub fn debug(message: impl Display) {
    log(Level::Debug, &message.to_string());
}

/// Writes a line about a normal milestone.
pub fn info(message: impl Display) {
    log(Level::Info, &message.to_string());
}

/// Writes a line about something odd that the plugin coped with.
pub fn warn(message: impl Display) {
    log(Level::Warn, &message.to_string());
}

/// Writes a line about something that a person must act on.
pub fn error(message: impl Display) {
    log(Level::Error, &message.to_string());
}

/// Writes one line.
pub fn log(level: Level, message: &str) {
    #[cfg(target_family = "wasm")]
    {
        use crate::__bindings::imports::hookgate::plugin::log as host;
        let level = match level {
            Level::Debug => host::Level::Debug,
            Level::Info => host::Level::Info,
            Level::Warn => host::Level::Warn,
            Level::Error => host::Level::Error,
        };
        host::log(level, message);
    }
    #[cfg(not(target_family = "wasm"))]
    crate::testing::write_log(level, message);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Host;

    #[test]
    fn lines_are_kept_in_order_with_their_level() {
        let host = Host::new();

        host.run(|| {
            debug("one");
            info(2);
            warn(format_args!("{}", 3));
            error("four");
        });

        let line = |level, text: &str| (level, text.to_owned());
        assert_eq!(
            host.lines(),
            [
                line(Level::Debug, "one"),
                line(Level::Info, "2"),
                line(Level::Warn, "3"),
                line(Level::Error, "four")
            ]
        );
    }
}
