//! Hookgate's storage: the store ports on SQLite.
//!
//! [`Sqlite`] implements every store port of `hookgate-ports` on one file. What both databases will
//! share, such as the bytes of a stored attempt, lives in [`codec`]; the suite that every store has to
//! pass is in `conformance`. No type of the database driver leaves this crate.

pub mod codec;
mod sqlite;

#[cfg(test)]
mod conformance;

pub use sqlite::{Metrics, OpenError, OpenOptions, Sqlite, Synchronous};
