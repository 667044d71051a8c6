//! The integration tests: each module is a story, told by the real binary or the real store.

mod durability;
mod tidy;
