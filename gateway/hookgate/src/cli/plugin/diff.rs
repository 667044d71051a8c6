//! The difference between what was expected and what came out, line by line.

use serde_json::Value;

/// Lines that are compared at most: the table of the comparison is their product.
const LINES_MAX: usize = 2000;

/// Returns the lines of both values: ` ` in both, `-` expected only, `+` came out only.
pub(super) fn diff(expected: &Value, came: &Value) -> String {
    let (expected, came) = (format!("{expected:#}"), format!("{came:#}"));
    let before: Vec<&str> = expected.lines().take(LINES_MAX).collect();
    let after: Vec<&str> = came.lines().take(LINES_MAX).collect();
    let common = common(&before, &after);
    let (mut i, mut j) = (0, 0);
    let mut out = String::new();
    let mut line = |mark: char, text: &str| {
        out.push(mark);
        out.push(' ');
        out.push_str(text);
        out.push('\n');
    };
    while i < before.len() || j < after.len() {
        if i < before.len() && j < after.len() && before[i] == after[j] {
            line(' ', before[i]);
            (i, j) = (i + 1, j + 1);
        } else if j == after.len() || (i < before.len() && common[i + 1][j] >= common[i][j + 1]) {
            line('-', before[i]);
            i += 1;
        } else {
            line('+', after[j]);
            j += 1;
        }
    }
    out
}

/// The length of the longest common part of what lies behind each pair of lines.
fn common(before: &[&str], after: &[&str]) -> Vec<Vec<u32>> {
    let mut common = vec![vec![0; after.len() + 1]; before.len() + 1];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            common[i][j] = if before[i] == after[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_lines_that_differ_are_marked() {
        let shown = diff(&json!({ "a": 1, "b": 2 }), &json!({ "a": 1, "b": 3, "c": 4 }));

        assert_eq!(shown, "  {\n    \"a\": 1,\n-   \"b\": 2\n+   \"b\": 3,\n+   \"c\": 4\n  }\n");
    }
}
