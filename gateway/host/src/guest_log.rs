//! A guest's own lines: passed on under the plugin's name, bounded per call.

use hookgate_core::limits::{PLUGIN_LOG_BYTES_MAX, PLUGIN_LOG_LINES_MAX};
use hookgate_core::word::Slug;

use crate::wire::WireLevel;

/// The log of one call. Dropping it says how many lines were too many.
#[derive(Debug)]
pub(crate) struct GuestLog {
    /// None: a self-test, whose lines are nobody's.
    plugin: Option<Slug>,
    lines: usize,
    dropped: usize,
    last_error: Option<String>,
}

impl GuestLog {
    /// Makes the log of a call.
    pub(crate) fn new(plugin: Option<Slug>) -> GuestLog {
        GuestLog { plugin, lines: 0, dropped: 0, last_error: None }
    }

    /// Takes a line: cut at the bound, without control characters, so that it cannot pass for another line.
    pub(crate) fn line(&mut self, level: WireLevel, message: &str) {
        if self.lines == PLUGIN_LOG_LINES_MAX {
            self.dropped += 1;
            return;
        }
        self.lines += 1;
        let message = plain(message);
        if let Some(plugin) = &self.plugin {
            emit(plugin, level, &message);
        }
        if level == WireLevel::Error {
            self.last_error = Some(message);
        }
    }

    /// Returns the last error that the guest wrote. A panic's message, if the guest ended by one.
    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

impl Drop for GuestLog {
    fn drop(&mut self) {
        if let Some(plugin) = self.plugin.as_ref().filter(|_| self.dropped > 0) {
            let dropped = self.dropped;
            tracing::warn!(target: "plugin", plugin = %plugin, dropped, "{plugin}: {dropped} more lines dropped");
        }
    }
}

fn emit(plugin: &Slug, level: WireLevel, message: &str) {
    match level {
        WireLevel::Debug => tracing::debug!(target: "plugin", plugin = %plugin, "{plugin}: {message}"),
        WireLevel::Info => tracing::info!(target: "plugin", plugin = %plugin, "{plugin}: {message}"),
        WireLevel::Warn => tracing::warn!(target: "plugin", plugin = %plugin, "{plugin}: {message}"),
        WireLevel::Error => tracing::error!(target: "plugin", plugin = %plugin, "{plugin}: {message}"),
    }
}

/// Returns the text cut to the bound at a character, control characters as spaces.
pub(crate) fn plain(text: &str) -> String {
    let cut = text.floor_char_boundary(PLUGIN_LOG_BYTES_MAX);
    text[..cut].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_bound_are_counted_not_kept() {
        let mut log = GuestLog::new(None);

        for n in 0..PLUGIN_LOG_LINES_MAX + 3 {
            log.line(WireLevel::Error, &n.to_string());
        }

        assert_eq!(log.dropped, 3);
        assert_eq!(log.last_error(), Some("19"));
    }

    #[test]
    fn a_line_is_cut_at_a_character_and_stays_one_line() {
        assert_eq!(plain("a\nb\r\u{1b}[31mc\td"), "a b  [31mc d");
        assert_eq!(plain(&"é".repeat(PLUGIN_LOG_BYTES_MAX)).len(), PLUGIN_LOG_BYTES_MAX);
        assert_eq!(plain(&format!("a{}", "é".repeat(PLUGIN_LOG_BYTES_MAX))).len(), PLUGIN_LOG_BYTES_MAX - 1);
    }
}
