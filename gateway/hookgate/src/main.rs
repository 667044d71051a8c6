//! Hookgate: accepts, routes, transforms and delivers webhooks. One binary; this is its door.

mod app;
mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
