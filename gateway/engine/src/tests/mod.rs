//! The engine with neither database, network nor WebAssembly: every port is a double, time stands still
//! until a test moves it, and what has to happen is awaited.

mod authentication;
mod connectors;
mod controls;
mod failures;
mod house;
mod intake;
mod onlookers;
mod plugins;
mod publishing;
mod rates;
mod sending;
mod splitting;
mod stopping;
mod suspects;
mod tallying;
mod upkeep;
