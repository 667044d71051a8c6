//! The integration tests: each module is a story, told by the real binary or the real store.

mod drain;
mod durability;
mod first_event;
mod hostile_requests;
mod ingest;
mod kills;
mod plugin_build;
mod reloads;
mod routing;
mod plugin_offline;
mod setup;
mod starter;
mod tidy;
