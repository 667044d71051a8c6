//! Hookgate's benchmarks, what `make bench` runs: a load generator, a sink, the bare loop we measure
//! ourselves against, and the rounds that run it beside the gateway. Without a subcommand everything
//! runs and one report is printed. All traffic stays on loopback; every loop ends by count and by time.

mod backlog;
mod bare;
mod beside;
mod child;
mod cli;
mod client;
mod connection;
mod event;
mod gateway;
mod ledger;
mod load;
mod machine;
mod phases;
mod plugins;
mod poster;
mod process;
mod report;
mod rounds;
mod scratch;
mod serve;
mod signing;
mod sink;
mod spread;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::main() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("hookgate-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
