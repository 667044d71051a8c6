//! What a plugin asked for and was not granted.

use std::fmt;

use crate::Stop;

/// A key or secret that there is none of, or that is not granted to the plugin: why, in the host's words.
///
/// `?` makes it the role's own error: a [`Stop::Declined`], or the text of `authenticate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotGranted(pub(crate) String);

impl fmt::Display for NotGranted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotGranted {}

impl From<NotGranted> for Stop {
    fn from(refused: NotGranted) -> Stop {
        Stop::declined(refused.0)
    }
}

impl From<NotGranted> for String {
    fn from(refused: NotGranted) -> String {
        refused.0
    }
}
