//! The integration tests: each module is a story, told by the real binary or the real store.

mod connectors;
mod counting;
mod drain;
mod durability;
mod first_event;
mod hanging;
mod holding;
mod hostile_plugins;
mod hostile_requests;
mod ingest;
mod kills;
mod looking_on;
mod openapi;
mod plugin_build;
mod plugin_offline;
mod plugin_store;
mod policies;
mod reloads;
mod routing;
mod setup;
mod splitting;
mod starter;
mod tidy;
