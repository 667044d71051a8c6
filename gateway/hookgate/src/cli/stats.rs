//! `hookgate stats`: what happened, summed up by name.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use hookgate_core::outcome::Word;
use serde_json::{Value, json};

use super::client::{Gateway, online};
use super::table::{print, print_json, rows, text};
use super::{Exit, Online};

/// What became of requests that were taken. Their other outcomes say why they were not.
const TAKEN: [&str; 3] = ["accepted", "duplicate", "answered"];

/// What to count.
#[derive(Args)]
pub(super) struct Stats {
    /// What to tell apart; requests are counted by their source only
    #[arg(long, value_enum, default_value = "destination")]
    by: By,
    /// From this minute on, such as 2026-01-31T12:00:00Z; without it, the hour before the end
    #[arg(long)]
    from: Option<String>,
    /// Up to this minute; without it, now
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    online: Online,
}

/// What to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Source,
    Route,
    Destination,
    Plugin,
}

impl By {
    fn word(self) -> &'static str {
        match self {
            By::Source => "source",
            By::Route => "route",
            By::Destination => "destination",
            By::Plugin => "plugin",
        }
    }
}

/// What happened under one name.
#[derive(Debug, Default, PartialEq)]
struct Sum {
    n: u64,
    good: u64,
    took_ms: u64,
    /// How often what went wrong.
    failures: BTreeMap<String, u64>,
}

/// Sums up what happened.
pub(super) fn run(stats: Stats) -> Result<(), Exit> {
    let Stats { by, from, to, online: access } = stats;
    online(access, async move |gateway| {
        let query = [("by", Some(by.word())), ("from", from.as_deref()), ("to", to.as_deref())];
        let data = whole(&gateway, &query).await?;
        if gateway.json {
            print_json(&json!({ "data": data, "next_cursor": null }));
            return Ok(());
        }
        let sums = summed(&data);
        let lines = sums.iter().map(|((name, what), sum)| sum.line(name, what)).collect();
        print(&[by.word(), "what", "n", "good", "mean", "failures"], lines);
        Ok(())
    })
}

/// Reads all pages.
async fn whole(gateway: &Gateway, query: &[(&str, Option<&str>)]) -> Result<Vec<Value>, Exit> {
    let (mut data, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let answer = gateway.get("/v1/stats", &[query, &[("cursor", cursor.as_deref())]].concat()).await?;
        data.extend(rows(&answer).cloned());
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(data),
        }
    }
}

/// Sums up minutes. Requests and attempts of a source stand apart: one request makes many attempts.
fn summed(data: &[Value]) -> BTreeMap<(String, &'static str), Sum> {
    let mut sums: BTreeMap<(String, &'static str), Sum> = BTreeMap::new();
    for row in data {
        let (outcome, number) = (text(row, "outcome"), |field: &str| row[field].as_u64().unwrap_or(0));
        let (what, is_good) = match Word::of_text(&outcome) {
            Some(word) => ("attempts", !word.is_failure()),
            None => ("requests", TAKEN.contains(&outcome.as_str())),
        };
        let sum = sums.entry((text(row, "name"), what)).or_default();
        sum.n += number("n");
        sum.took_ms += number("took_ms");
        if is_good {
            sum.good += number("n");
        } else {
            *sum.failures.entry(outcome).or_default() += number("n");
        }
    }
    sums
}

impl Sum {
    fn line(&self, name: &str, what: &str) -> Vec<String> {
        let mut failures: Vec<(&String, &u64)> = self.failures.iter().collect();
        failures.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        let failures: Vec<String> = failures.iter().map(|(outcome, n)| format!("{outcome} {n}")).collect();
        vec![
            name.to_owned(),
            what.to_owned(),
            self.n.to_string(),
            self.share(),
            // How long a request took is not counted.
            if what == "attempts" { format!("{} ms", self.took_ms / self.n.max(1)) } else { String::new() },
            failures.join(", "),
        ]
    }

    /// Rounded down, so that 100 % means that nothing failed.
    fn share(&self) -> String {
        let tenths = self.good * 1_000 / self.n.max(1);
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, outcome: &str, n: u64, took_ms: u64) -> Value {
        json!({ "minute": "2026-01-31T12:00:00.000Z", "name": name, "outcome": outcome, "n": n, "took_ms": took_ms })
    }

    fn lines(data: &[Value]) -> Vec<String> {
        summed(data).iter().map(|((name, what), sum)| sum.line(name, what).join("|")).collect()
    }

    #[test]
    fn minutes_are_summed_by_name_and_failures_stand_by_how_often_they_happened() {
        let data = [
            row("crm", "success", 9_999, 10_000),
            row("crm", "unreachable_timeout", 1, 15_000),
            row("crm", "refused", 2, 4),
            row("crm", "success", 2, 4),
            row("team", "split", 1, 0),
        ];

        assert_eq!(
            lines(&data),
            [
                "crm|attempts|10004|99.9 %|2 ms|refused 2, unreachable_timeout 1",
                "team|attempts|1|100.0 %|0 ms|"
            ]
        );
    }

    #[test]
    fn requests_and_attempts_of_a_source_stand_apart() {
        let data = [
            row("shop", "accepted", 2, 0),
            row("shop", "duplicate", 1, 0),
            row("shop", "wrong_signature", 1, 0),
            row("shop", "refused", 4, 40),
        ];

        assert_eq!(
            lines(&data),
            ["shop|attempts|4|0.0 %|10 ms|refused 4", "shop|requests|4|75.0 %||wrong_signature 1"]
        );
    }
}
