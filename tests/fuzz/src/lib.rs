//! What strangers send, damaged: targets that must answer in words, seeds to begin with, and a mutator.
//!
//! The test command runs each target 100,000 times on the stable toolchain, with the same damage in every
//! run. `make fuzz` runs the same targets under cargo-fuzz, where coverage steers the damage.

mod dice;
mod mutate;
mod seeds;
pub mod targets;

pub use dice::Dice;
pub use mutate::mutate;
pub use seeds::Seeds;
