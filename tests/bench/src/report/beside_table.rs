//! The table of somebody's trouble, and whether the others notice.

use comfy_table::Table;

use crate::beside::{Case, Outcome, Row, Times};
use crate::report::tables::{table, three};
use crate::spread::Spread;

/// What a claim about latency may be off by, beyond the noise that the pair of equals shows.
const TOLERANCE: f64 = 0.10;

/// Lists each case with its times, and with the ratios of their medians to those of the first.
pub(super) fn beside(outcome: &Outcome) -> Table {
    let header = [
        "post to arrival, ms",
        "p50",
        "of A",
        "p99",
        "of A",
        "longest",
        "resident, MiB",
        "p50, p99 within A'/A + 10 %",
    ];
    let mut table = table(&header);
    for row in &outcome.rows {
        let column = |of: fn(&Times) -> f64| spread(row, of).map_or_else(String::new, three);
        let (p50, p99) =
            (ratio(outcome, row, |times| times.p50_ms), ratio(outcome, row, |times| times.p99_ms));
        table.add_row([
            row.case.name().to_owned(),
            column(|times| times.p50_ms),
            share(p50),
            column(|times| times.p99_ms),
            share(p99),
            column(|times| times.longest_ms),
            column(|times| times.rss_mib),
            verdicts(outcome, row),
        ]);
    }
    table
}

/// Says in a line what the trouble was and what must be zero.
pub(super) fn said(outcome: &Outcome) -> String {
    let Outcome { trouble, faults, late, .. } = outcome;
    format!(
        "{trouble}; undelivered {}, duplicates {}, strays {}, bad signatures {}, sent late {late}",
        faults.undelivered, faults.duplicates, faults.strays, faults.bad_signatures
    )
}

fn spread(row: &Row, of: fn(&Times) -> f64) -> Option<Spread> {
    Spread::of(row.rounds.iter().map(of).collect())
}

/// Returns the ratio of a row's median to that of the first case.
fn ratio(outcome: &Outcome, row: &Row, of: fn(&Times) -> f64) -> Option<f64> {
    let alone = outcome.rows.iter().find(|row| row.case == Case::Alone)?;
    Some(spread(row, of)?.median / spread(alone, of)?.median)
}

fn share(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}"))
}

/// Says of p50 and of p99 whether the ratio is within that of the pair of equals, or its inverse, and 10 %.
fn verdicts(outcome: &Outcome, row: &Row) -> String {
    let verdict = |of: fn(&Times) -> f64| {
        let again = outcome.rows.iter().find(|row| row.case == Case::AloneAgain)?;
        let (noise, found) = (ratio(outcome, again, of)?, ratio(outcome, row, of)?);
        Some(if found <= noise.max(1.0 / noise) + TOLERANCE { "met" } else { "missed" })
    };
    match row.case {
        Case::Alone | Case::AloneAgain => String::new(),
        Case::Beside | Case::AfterRestart | Case::Unbound => {
            [verdict(|times| times.p50_ms), verdict(|times| times.p99_ms)]
                .map(Option::unwrap_or_default)
                .join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Faults;

    /// Returns the last cell of B, where both percentiles are `p_ms` of A, A', and B.
    fn check(p_ms: [f64; 3]) -> String {
        let times = |ms| Times { p50_ms: ms, p99_ms: ms, longest_ms: ms, rss_mib: 1.0 };
        let cases = [Case::Alone, Case::AloneAgain, Case::Beside];
        let rows = cases.into_iter().zip(p_ms).map(|(case, ms)| Row { case, rounds: vec![times(ms)] });
        let outcome =
            Outcome { trouble: String::new(), rows: rows.collect(), faults: Faults::default(), late: 0 };
        let text = beside(&outcome).to_string();
        let line = text.lines().find(|line| line.contains("B: ")).expect("there is a B");
        line.trim_matches('|').rsplit('|').next().unwrap_or_default().trim().to_owned()
    }

    #[test]
    fn what_the_pair_of_equals_shows_and_ten_percent_is_allowed() {
        for (p_ms, expected) in [
            ([1.0, 1.0, 1.09], "met, met"),
            ([1.0, 1.0, 1.11], "missed, missed"),
            ([1.0, 1.2, 1.29], "met, met"),
            ([1.0, 1.2, 1.31], "missed, missed"),
            ([1.0, 0.8, 1.34], "met, met"),
        ] {
            assert_eq!(check(p_ms), expected, "{p_ms:?}");
        }
    }
}
