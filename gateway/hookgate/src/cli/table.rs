//! Tables for people: plain columns, nothing that a pipe would stumble over.

use serde_json::Value;

/// Prints rows under headings; nothing but a word on stderr where there are none.
pub(super) fn print(headings: &[&str], rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        eprintln!("nothing found");
        return;
    }
    let headings = headings.iter().map(|heading| heading.to_uppercase()).collect();
    let all: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
    for line in aligned(&all) {
        say!("{line}");
    }
}

/// Pads every column to its widest cell, two spaces between.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Prints names and values, one a line, those without a value left out.
pub(super) fn print_pairs(pairs: &[(&str, String)]) {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        say!("{name:width$}  {value}");
    }
}

/// Prints an answer as it came.
pub(super) fn print_json(answer: &Value) {
    say!("{answer:#}");
}

/// Returns a field as text; empty where there is none.
pub(super) fn text(row: &Value, field: &str) -> String {
    let value = &row[field];
    if value.is_null() {
        return String::new();
    }
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the rows of a list.
pub(super) fn rows(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["data"].as_array().into_iter().flatten()
}

/// Says that there is more.
pub(super) fn print_more(answer: &Value) {
    if !answer["next_cursor"].is_null() {
        eprintln!("… and more: --limit shows up to 200");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["A", "BB", "C"], ["ää", "", "x"]].map(|row| row.map(str::to_owned).to_vec());

        assert_eq!(aligned(&rows), ["A   BB  C", "ää      x"]);
    }
}
