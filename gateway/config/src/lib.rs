//! Hookgate's config file: text to settings and topology, with diagnostics.
//!
//! [`check`] runs everything and reports every mistake of every pass together: the first syntax error
//! of each statement, the first mistake of shape in each named table, and every mistake of meaning.
//! Nothing here reads the environment, the disk or a component: the caller does, by [`Resolve`] and by
//! filling the [`Catalogue`].

mod at;
mod catalogue;
mod check;
mod codes;
mod compile;
mod diagnostic;
mod file;
mod near;
mod node;
mod read;
mod redact;
mod reference;
mod render;
mod report;
mod settings;
mod shape;
mod statements;
mod string_offset;
mod units;

#[cfg(test)]
mod golden_tests;

pub use catalogue::{Catalogue, Component, ComponentRef, Unknown};
pub use check::{check, components, read};
pub use codes::ALL as CODES;
pub use compile::Config;
pub use diagnostic::{Diagnostic, Severity};
pub use file::File;
pub use redact::redacted;
pub use reference::{Resolve, Secrets};
pub use render::{place, render};
pub use settings::{Plugins, Server, Settings, Storage, StorageUrl};
