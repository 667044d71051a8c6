//! Hookgate's doors: the public listener that takes webhooks, the admin listener that shows and
//! changes things, and the one way in which a configuration comes to rule.

pub mod admin;
pub mod apply;
mod body;
pub mod listen;
mod problem;
pub mod public;
mod refusal;

pub use problem::{FieldError, Problem};
