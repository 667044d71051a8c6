//! The budgets: how long a file and a function may be, how deep a function may nest.

use super::Findings;
use super::lexer::Function;
use super::tree::{self, RustFile};

/// A longer file gives a reason in its first paragraph: it contains [`REASON`].
const FILE_LINES: usize = 400;
/// No reason is good enough for a longer one.
const FILE_LINES_MAX: usize = 600;
/// What the reason of a long file begins with.
const REASON: &str = "This file is long because";
/// From `fn` to the closing brace: what a screen shows.
const FUNCTION_LINES_MAX: usize = 70;
/// Levels of control flow in one function.
const NESTING_MAX: usize = 5;
/// Where the rules hold.
const ROOMS: [&str; 4] = ["gateway", "plugin-sdk/src", "plugins", "examples/receiver"];

fn code() -> Vec<RustFile> {
    ROOMS.into_iter().flat_map(tree::rust).collect()
}

#[test]
fn no_file_is_longer_than_its_budget() {
    let mut findings = Findings::default();
    for file in code().iter().filter(|file| !file.is_test()) {
        let lines = file.source.production_lines();
        if lines > FILE_LINES_MAX {
            findings.add(&file.path, format!("{lines} production lines; {FILE_LINES_MAX} is the end"));
        } else if lines > FILE_LINES && !file.source.opening().contains(REASON) {
            findings.add(
                &file.path,
                format!("{lines} production lines and no \"{REASON} …\" in the first paragraph"),
            );
        }
    }
    findings.assert_none("A file has at most 400 production lines: split it by noun.");
}

#[test]
fn no_function_is_longer_than_a_screen_or_deeper_than_five_levels() {
    let mut findings = Findings::default();
    for (file, function) in functions() {
        let place = format!("{}:{}", file, function.line);
        if function.lines > FUNCTION_LINES_MAX {
            findings.add(&place, format!("fn {} has {} lines", function.name, function.lines));
        }
        if function.nesting > NESTING_MAX {
            findings.add(&place, format!("fn {} has {} levels", function.name, function.nesting));
        }
    }
    findings.assert_none("A function has at most 70 lines and five levels: push `if` up and `for` down.");
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    let mut findings = Findings::default();
    for folder in ["gateway", "plugin-sdk/src", "plugins", "examples", "tests"] {
        for file in tree::rust(folder) {
            if file.source.opening().is_empty() && !file.source.text.is_empty() {
                findings.add(&file.path, "no `//!` on its first line");
            }
        }
    }
    findings.assert_none(
        "A file opens with one `//!` paragraph: what it decides or does, what it refuses to do.",
    );
}

/// Fails never: prints where the code stands, for `cargo test -- --nocapture the_worst`.
#[test]
fn the_worst_are_known() {
    let files = code();
    let mut long: Vec<(usize, &str)> = files
        .iter()
        .filter(|file| !file.is_test())
        .map(|file| (file.source.production_lines(), file.path.as_str()))
        .collect();
    long.sort_unstable();
    let median = long.get(long.len() / 2).map_or(0, |(lines, _)| *lines);
    println!("{} files, the median has {median} production lines; the longest:", long.len());
    long.iter().rev().take(10).for_each(|(lines, path)| println!("  {lines:4}  {path}"));

    let mut functions = functions();
    functions.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));
    println!("{} functions; the longest:", functions.len());
    for (path, function) in functions.iter().take(10) {
        println!("  {:4}  {path}:{} {}", function.lines, function.line, function.name);
    }
    functions.sort_by_key(|(_, function)| std::cmp::Reverse(function.nesting));
    println!("the deepest:");
    for (path, function) in functions.iter().take(10) {
        println!("  {:4}  {path}:{} {}", function.nesting, function.line, function.name);
    }
}

fn functions() -> Vec<(String, Function)> {
    let of = |file: RustFile| {
        file.source.functions().into_iter().map(move |function| (file.path.clone(), function))
    };
    code().into_iter().filter(|file| !file.is_test()).flat_map(of).collect()
}
