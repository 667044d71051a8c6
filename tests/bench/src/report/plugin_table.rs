//! The table of plugin calls, with the goals for a transform in a fresh sandbox.

use comfy_table::Table;

use crate::plugins::{Row, Way};
use crate::report::tables::{table, three};
use crate::spread::Spread;

/// What a sandboxed call is to reach.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Goal {
    /// At most this multiple of the native call.
    TimesNativeMax(f64),
    /// At most this long.
    CallUsMax(f64),
    /// Two threads do at least this multiple of one's calls.
    ScaleMin(f64),
}

/// Lists each case with its time, its multiple of native, and what a second thread brings.
pub(super) fn plugins(rows: &[Row]) -> Table {
    let header =
        ["transform by", "body, KiB", "threads", "us a call", "x native", "x one thread", "goal", ""];
    let mut table = table(&header);
    for row in rows {
        let alike = |way, threads| {
            rows.iter().find(|other| {
                other.way == way && other.threads == threads && other.body_bytes == row.body_bytes
            })
        };
        let native = ratio(row.call_us(), alike(Way::Native, row.threads).map(Row::call_us));
        let scale = ratio(row.per_s.iter().copied(), alike(row.way, 1).map(|one| one.per_s.iter().copied()));
        let call_us = Spread::of(row.call_us().collect());
        let goal = goal(row);
        let met = goal.and_then(|goal| Some(goal.is_met(call_us?, native?, scale?)));
        let text = |spread: Option<Spread>| spread.map_or_else(String::new, three);
        table.add_row([
            row.way.name().to_owned(),
            (row.body_bytes >> 10).to_string(),
            row.threads.to_string(),
            text(call_us),
            text(native.filter(|_| row.way != Way::Native)),
            text(scale.filter(|_| row.threads > 1)),
            goal.map_or_else(String::new, |goal| goal.to_string()),
            met.map_or("", |met| if met { "met" } else { "missed" }).to_owned(),
        ]);
    }
    table
}

fn ratio<A, B>(values: A, others: Option<B>) -> Option<Spread>
where
    A: Iterator<Item = f64>,
    B: Iterator<Item = f64>,
{
    Spread::of(values.zip(others?).map(|(value, other)| value / other).collect())
}

fn goal(row: &Row) -> Option<Goal> {
    match (row.way, row.body_bytes >> 10, row.threads) {
        (Way::OneHot, 2, 1) => Some(Goal::TimesNativeMax(2.3)),
        (Way::OneHot, 50, 1) => Some(Goal::TimesNativeMax(1.4)),
        (Way::OneHot, 2, 2) => Some(Goal::ScaleMin(1.8)),
        (Way::ManyInTurn, 2, 1) => Some(Goal::CallUsMax(60.0)),
        (Way::Native | Way::OneHot | Way::ManyInTurn, _, _) => None,
    }
}

impl Goal {
    fn is_met(self, call_us: Spread, native: Spread, scale: Spread) -> bool {
        match self {
            Self::TimesNativeMax(max) => native.median <= max,
            Self::CallUsMax(max) => call_us.median <= max,
            Self::ScaleMin(min) => scale.median >= min,
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TimesNativeMax(max) => write!(f, "<= {max} x native"),
            Self::CallUsMax(max) => write!(f, "<= {max} us"),
            Self::ScaleMin(min) => write!(f, ">= {min} x one thread"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_compared_with_native_code_and_with_one_thread() {
        let row = |way, threads, per_s: f64| Row { way, body_bytes: 2048, threads, per_s: vec![per_s] };
        let rows = [
            row(Way::Native, 1, 100_000.0),
            row(Way::OneHot, 1, 50_000.0),
            row(Way::Native, 2, 200_000.0),
            row(Way::OneHot, 2, 75_000.0),
        ];

        let text = plugins(&rows).to_string();

        let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
        let hot: Vec<_> = text.lines().filter(|line| line.contains("one hot")).map(cells).collect();
        assert_eq!(hot[0][4..9], ["20.0 / 20.0 / 20.0", "2.00 / 2.00 / 2.00", "", "<= 2.3 x native", "met"]);
        assert_eq!(hot[1][6..9], ["1.50 / 1.50 / 1.50", ">= 1.8 x one thread", "missed"]);
    }
}
