//! Damage: what a slip of the hand, a cut transfer or an enemy makes of good bytes.

use crate::Dice;

/// Longest piece that one damage cuts or copies.
const PIECE_MAX: usize = 16;

/// Damages bytes in one to five places. `words` are what the language at hand is made of.
pub fn mutate(bytes: &mut Vec<u8>, words: &[&str], dice: &mut Dice) {
    for _ in 0..=dice.below(5) {
        damage(bytes, words, dice);
    }
}

fn damage(bytes: &mut Vec<u8>, words: &[&str], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + 1 + dice.below(PIECE_MAX)).min(bytes.len()).max(at);
    let word = words.get(dice.below(words.len())).copied().unwrap_or_default().as_bytes();
    match dice.below(8) {
        0 => drop(bytes.drain(at..end)),
        1 => insert(bytes, at, word),
        2 => drop(bytes.splice(at..end, word.iter().copied())),
        3 => {
            let piece = bytes[at..end].to_vec();
            let to = dice.below(bytes.len() + 1);
            insert(bytes, to, &piece);
        }
        4 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        5 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap_or_default(),
        6 => {
            // A whole line once more.
            let line = bytes[at..].split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default().to_vec();
            insert(bytes, at, &line);
        }
        _ => bytes.truncate(at.max(bytes.len() / 2)),
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    drop(bytes.splice(at..at, piece.iter().copied()));
}
