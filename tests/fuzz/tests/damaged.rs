//! Each target a hundred thousand times, with the same damage in every run.

use hookgate_fuzz::{Dice, Seeds, mutate, targets};

const EXECUTIONS: usize = 100_000;

/// Says what broke a target.
struct Said<'b> {
    execution: usize,
    bytes: &'b [u8],
}

impl Drop for Said<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("execution {}: {}", self.execution, self.bytes.escape_ascii());
        }
    }
}

/// Runs a target over damaged seeds.
fn run(name: &str, seeds: &Seeds, target: fn(&[u8])) {
    let mut dice = Dice::new(0x9e37_79b9_7f4a_7c15);
    let mut bytes_all = 0;
    for execution in 0..EXECUTIONS {
        let mut bytes = seeds.examples[dice.below(seeds.examples.len())].clone();
        mutate(&mut bytes, seeds.words, &mut dice);
        bytes_all += bytes.len();
        let _said = Said { execution, bytes: &bytes };
        target(&bytes);
    }
    println!("{name}: {EXECUTIONS} executions over {} seeds, {bytes_all} bytes", seeds.examples.len());
}

#[test]
fn damaged_configurations_are_answered_in_words() {
    run("config", &Seeds::configs(), targets::config);
}

#[test]
fn damaged_filters_are_answered_in_words() {
    run("filter", &Seeds::filters(), targets::filter);
}

#[test]
fn damaged_components_are_answered_in_words() {
    run("component", &Seeds::components(), targets::component);
}
