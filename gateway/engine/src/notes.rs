//! Notes of the tokens that this process works under: drawn before the statement that uses them is
//! sent, kept until the last delivery under them has ended. What is ours in the store under another
//! token belongs to nobody, and upkeep gives it back.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hookgate_core::word::Token;

/// The tokens that are in use.
#[derive(Debug, Default, Clone)]
pub(crate) struct Notes(Arc<Mutex<HashMap<Token, u32>>>);

/// Keeps a token noted for as long as it lives.
#[derive(Debug)]
pub(crate) struct Note {
    token: Token,
    notes: Notes,
}

impl Notes {
    /// Draws a token and notes it, in one step as [`Notes::all`] sees it.
    pub(crate) fn draw(&self, mint: impl FnOnce() -> i64) -> Note {
        let mut notes = self.lock();
        let token = Token(mint());
        notes.insert(token, 1);
        Note { token, notes: self.clone() }
    }

    /// Returns all tokens in use, and a token later than every one that was drawn so far: rows under a
    /// later one are none of this list's business.
    pub(crate) fn all(&self, mint: impl FnOnce() -> i64) -> (Vec<Token>, Token) {
        let notes = self.lock();
        (notes.keys().copied().collect(), Token(mint()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Token, u32>> {
        // The map is whole after every statement below, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Note {
    /// Returns the token.
    pub(crate) fn token(&self) -> Token {
        self.token
    }
}

impl Clone for Note {
    fn clone(&self) -> Note {
        *self.notes.lock().entry(self.token).or_default() += 1;
        Note { token: self.token, notes: self.notes.clone() }
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let mut notes = self.notes.lock();
        if let Some(count) = notes.get_mut(&self.token) {
            *count -= 1;
            if *count == 0 {
                notes.remove(&self.token);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_noted_until_its_last_note_is_gone() {
        let notes = Notes::default();
        let one = notes.draw(|| 1);
        let other = one.clone();

        drop(one);
        assert_eq!(notes.all(|| 2), (vec![Token(1)], Token(2)));
        drop(other);
        assert_eq!(notes.all(|| 3), (vec![], Token(3)));
    }
}
