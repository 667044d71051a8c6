//! Files that were damaged at random: whatever they say, nothing panics and every place is one.

use crate::golden_tests::{World, files};
use crate::{place, redacted, render};

const ROUNDS: usize = 20_000;

/// What is put into files: the pieces that TOML, templates, references and units are made of.
const PIECES: [&str; 34] = [
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\n",
    "\r\n",
    "\t",
    "#",
    "\\",
    "\\u00e9",
    "\\q",
    "é",
    "😀",
    "\u{feff}",
    "\0",
    "${env:X}",
    "${",
    "{body.id}",
    "{",
    "-1",
    "1e999",
    "nan",
    "1979-05-27",
    "99999999999999999999d",
    "x = 1\n",
    "[source.a]\n",
];

/// A small generator (Marsaglia's xorshift64): the same damage in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % (bound.max(1) as u64)) as usize
    }

    /// A place between two characters.
    fn boundary(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (at..=text.len()).find(|at| text.is_char_boundary(*at)).expect("the end is one")
    }
}

fn damage(text: &mut String, dice: &mut Dice) {
    let begin = dice.boundary(text);
    let far = (begin + 1 + dice.below(12)).min(text.len());
    let end = (far..=text.len()).find(|at| text.is_char_boundary(*at)).expect("the end is one");
    match dice.below(5) {
        0 => text.replace_range(begin..end, ""),
        1 => text.insert_str(begin, PIECES[dice.below(PIECES.len())]),
        2 => text.replace_range(begin..end, PIECES[dice.below(PIECES.len())]),
        3 => {
            let copy = text[begin..end].to_owned();
            let at = dice.boundary(text);
            text.insert_str(at, &copy);
        }
        _ => {
            let line = text[begin..].split_inclusive('\n').next().unwrap_or_default().to_owned();
            text.insert_str(begin, &line);
        }
    }
}

#[test]
fn a_damaged_file_never_panics_and_every_mistake_has_a_place() {
    let world = World::of_the_corpus();
    let seeds: Vec<String> = files("good").into_iter().chain(files("bad")).map(|(_, text)| text).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);

    for _ in 0..ROUNDS {
        let mut text = seeds[dice.below(seeds.len())].clone();
        for _ in 0..=dice.below(4) {
            damage(&mut text, &mut dice);
        }

        let diagnostics = world.check(&text).map_or_else(|errors| errors, |config| config.warnings);

        assert!(diagnostics.len() <= 50);
        assert!(diagnostics.is_sorted_by_key(|d| d.span.start), "{text}");
        for diagnostic in &diagnostics {
            let span = diagnostic.span.clone();
            assert!(text.get(span.clone()).is_some(), "{span:?} is no place in:\n{text}");
            assert!(place(&text, span.start).0 <= text.lines().count() + 1);
            assert!(!diagnostic.help.is_empty() && !diagnostic.message.is_empty(), "{text}");
        }
        if let Some(first) = diagnostics.first() {
            assert!(render("hookgate.toml", &text, first).starts_with("hookgate.toml:"));
        }
        assert_eq!(redacted(&text).len(), text.len());
    }
}
