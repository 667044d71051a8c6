//! The report: tables for people, JSON for whoever keeps figures, and the verdict on each goal.

mod beside_table;
pub(crate) mod figure;
mod plugin_table;
mod tables;

use std::path::Path;

use anyhow::{Context, Result};

use crate::beside;
use crate::client;
use crate::ledger::Faults;
use crate::machine::Machine;
use crate::phases::{Found, Plan};
use crate::plugins;
use crate::rounds::Outcome;

/// Everything a run found.
#[derive(serde::Serialize)]
pub(crate) struct Report {
    /// Where it was made.
    pub(crate) machine: Machine,
    /// Rounds and windows.
    pub(crate) plan: Plan,
    /// The loop, where it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Outcome>,
    /// The clients, where they were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) clients: Option<Vec<client::Row>>,
    /// The plugin calls, where they were measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plugins: Option<Vec<plugins::Row>>,
    /// What somebody's trouble costs others, where that was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) beside: Vec<beside::Outcome>,
}

impl Report {
    /// Prints the tables.
    pub(crate) fn print(&self) {
        println!("{}", self.machine);
        let Plan { window_s, warm_up_s, senders } = self.plan;
        println!(
            "windows of {window_s} s after {warm_up_s} s, {senders} senders; figures are min / median / max"
        );
        if let Some(outcome) = &self.outcome {
            println!("\n{}", tables::outcome(outcome));
            println!("{}", tables::faults("bare loop", &outcome.bare));
            if outcome.gateway.is_empty() {
                println!("hookgate binary not built: only the bare loop ran (cargo build -p hookgate)");
            } else {
                println!("{}", tables::faults("hookgate", &outcome.gateway));
            }
        }
        if let Some(clients) = &self.clients {
            println!("\n{}", tables::clients(clients));
        }
        if let Some(plugins) = &self.plugins {
            println!("\n{}", plugin_table::plugins(plugins));
        }
        for beside in &self.beside {
            println!("\n{}\n{}", beside_table::beside(beside), beside_table::said(beside));
        }
    }

    /// Writes everything, round by round, to `path`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Tells whether every accepted event arrived, signed, in every round: figures of a run where one
    /// did not are not worth reading. A missed goal is not a fault.
    pub(crate) fn is_sound(&self) -> bool {
        let sound = |faults: &Faults| faults.undelivered == 0 && faults.bad_signatures == 0;
        let of = |found: &Found| sound(&found.faults);
        let is_loop = self.outcome.as_ref();
        is_loop.is_none_or(|outcome| outcome.bare.iter().chain(&outcome.gateway).all(of))
            && self.beside.iter().all(|beside| sound(&beside.faults))
    }
}
