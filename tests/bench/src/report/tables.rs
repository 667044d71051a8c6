//! The tables of a report.

use std::collections::BTreeMap;

use comfy_table::{CellAlignment, Table, presets};

use crate::client;
use crate::phases::Found;
use crate::report::figure::{Figure, Goal};
use crate::rounds::Outcome;
use crate::spread::Spread;

/// Lists every figure of both systems, the gateway's share of the bare loop, and the goal with its verdict.
pub(super) fn outcome(outcome: &Outcome) -> Table {
    let mut table = table(&["", "bare loop", "hookgate", "share of bare", "goal", ""]);
    for figure in Figure::ALL {
        let (bare, gateway) = (values(&outcome.bare, figure), values(&outcome.gateway, figure));
        let shares = gateway.iter().zip(&bare).filter(|(_, bare)| **bare > 0.0);
        let share = Spread::of(shares.map(|(gateway, bare)| gateway / bare).collect());
        let gateway = Spread::of(gateway);
        let verdict = gateway.map(|gateway| verdict(figure.goal(), gateway, share));
        table.add_row([
            figure.label().to_owned(),
            Spread::of(bare).map_or_else(String::new, three),
            gateway.map_or_else(String::new, three),
            share.map_or_else(String::new, |share| format!("{:.0} %", share.median * 100.0)),
            figure.goal().to_string(),
            verdict.unwrap_or_default().to_owned(),
        ]);
    }
    table
}

/// Says in a line what was answered and what must be zero.
pub(super) fn faults(name: &str, rounds: &[Found]) -> String {
    let mut answers = BTreeMap::<u16, u64>::new();
    for (status, count) in rounds.iter().flat_map(|found| &found.answers) {
        *answers.entry(*status).or_default() += count;
    }
    let answers: Vec<_> = answers
        .into_iter()
        .map(|(status, count)| match status {
            0 => format!("{count} without an answer"),
            status => format!("{count} x {status}"),
        })
        .collect();
    let sum = |count: fn(&Found) -> u64| rounds.iter().map(count).sum::<u64>();
    format!(
        "{name}: {}; undelivered {}, duplicates {}, strays {}, bad signatures {}, paced events sent late {}",
        answers.join(", "),
        sum(|found| found.faults.undelivered),
        sum(|found| found.faults.duplicates),
        sum(|found| found.faults.strays),
        sum(|found| found.faults.bad_signatures),
        sum(|found| found.late),
    )
}

/// Lists what a POST costs by client, and how that compares with the bare connection of the same round.
pub(super) fn clients(rows: &[client::Row]) -> Table {
    let mut table = table(&["POST by", "at once", "CPU, us", "x raw", "POST/s", "sink CPU, us"]);
    for row in rows {
        let raw = rows.iter().find(|raw| raw.client == "raw" && raw.concurrency == row.concurrency);
        let pairs = raw.iter().flat_map(|raw| row.rounds.iter().zip(&raw.rounds));
        let ratio = Spread::of(pairs.map(|(cost, raw)| cost.cpu_us / raw.cpu_us).collect());
        let column = |of: fn(&client::Cost) -> f64| {
            Spread::of(row.rounds.iter().map(of).collect()).map_or_else(String::new, three)
        };
        table.add_row([
            row.client.to_owned(),
            row.concurrency.to_string(),
            column(|cost| cost.cpu_us),
            ratio.map_or_else(String::new, three),
            column(|cost| cost.per_s),
            column(|cost| cost.sink_cpu_us),
        ]);
    }
    table
}

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn values(rounds: &[Found], figure: Figure) -> Vec<f64> {
    rounds.iter().filter_map(|found| found.figures.get(&figure).copied()).collect()
}

/// The median decides: one disturbed round of three is no verdict.
fn verdict(goal: Goal, gateway: Spread, share: Option<Spread>) -> &'static str {
    match goal.is_met(gateway.median, share.map_or(0.0, |share| share.median)) {
        Some(true) => "met",
        Some(false) => "missed",
        None => "",
    }
}

pub(super) fn three(spread: Spread) -> String {
    let [min, median, max] = [spread.min, spread.median, spread.max].map(digits);
    format!("{min} / {median} / {max}")
}

/// Three digits that matter, as many as a benchmark on a shared machine can mean.
fn digits(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(delivered_per_s: f64, cpu_us: f64) -> Found {
        let figures = [(Figure::DeliveredPerS, delivered_per_s), (Figure::CpuUs, cpu_us)];
        Found { figures: figures.into_iter().collect(), ..Found::default() }
    }

    /// Returns the cells of the row of `figure`.
    fn row(table: &Table, figure: Figure) -> Vec<String> {
        let text = table.to_string();
        let start = format!("| {} ", figure.label());
        let line = text.lines().find(|line| line.starts_with(&start)).unwrap();
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    }

    #[test]
    fn a_share_is_taken_round_by_round_and_the_median_decides() {
        let bare = vec![found(1000.0, 70.0), found(10_000.0, 70.0), found(2000.0, 70.0)];
        let gateway = vec![found(700.0, 131.0), found(5000.0, 131.0), found(1300.0, 90.0)];

        let table = outcome(&Outcome { bare, gateway });

        let delivered = row(&table, Figure::DeliveredPerS);
        assert_eq!(delivered[2..], ["700 / 1300 / 5000", "65 %", ">= 60 % of bare", "met"]);
        assert_eq!(row(&table, Figure::CpuUs)[4..], ["<= 130", "missed"]);
    }

    #[test]
    fn without_a_gateway_nothing_is_met_or_missed() {
        let table = outcome(&Outcome { bare: vec![found(1000.0, 70.0)], gateway: vec![] });

        let delivered = row(&table, Figure::DeliveredPerS);
        assert_eq!(delivered[1..], ["1000 / 1000 / 1000", "", "", ">= 60 % of bare", ""]);
    }

    #[test]
    fn faults_are_summed_over_the_rounds() {
        let one = || {
            let mut found = found(1.0, 1.0);
            found.answers = BTreeMap::from([(0, 1), (200, 5)]);
            found.faults.undelivered = 2;
            found
        };

        let line = faults("hookgate", &[one(), one()]);

        assert!(line.starts_with("hookgate: 2 without an answer, 10 x 200; undelivered 4,"), "{line}");
    }
}
