//! The engine with neither database, network nor WebAssembly: every port is a double, time stands still
//! until a test moves it, and what has to happen is awaited.

mod authentication;
mod failures;
mod house;
mod intake;
mod plugins;
mod publishing;
mod sending;
mod stopping;
mod upkeep;
