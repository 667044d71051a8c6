//! Controls: facts, each with its reason, that hold a source, a route, a destination or a plugin. Holding is
//! never a state of a delivery: whoever gives out permits asks for these.

use crate::word::{Kind, Millis, NameId, ScopeId};

/// What a control says of its subject. The texts are stored: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// An operator paused it.
    Paused,
    /// Its receiver said that it is gone for good (410).
    Disabled,
    /// It failed too often in a row: its breaker is open.
    Breaker,
    /// It crashed too often in a row.
    Quarantined,
}

/// Something that is held, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// The owner.
    pub scope: ScopeId,
    /// What kind of thing is held.
    pub kind: Kind,
    /// Which.
    pub subject: NameId,
    /// What is the matter. A subject has each fact at most once.
    pub fact: Fact,
    /// One readable sentence.
    pub reason: String,
    /// Since when.
    pub since: Millis,
    /// Until when; from then on a breaker lets a probe pass. None: until somebody lifts it.
    pub until: Option<Millis>,
    /// Who did it, as [`crate::word::Actor`] writes itself.
    pub actor: String,
}

impl Fact {
    /// Every fact.
    pub const ALL: [Fact; 4] = [Fact::Paused, Fact::Disabled, Fact::Breaker, Fact::Quarantined];

    /// Returns the word that is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Fact::Paused => "paused",
            Fact::Disabled => "disabled",
            Fact::Breaker => "breaker",
            Fact::Quarantined => "quarantined",
        }
    }

    /// Returns the fact of a stored word, or none for a word of a newer release.
    pub fn from_word(word: &str) -> Option<Fact> {
        Fact::ALL.into_iter().find(|fact| fact.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_comes_back_from_its_word() {
        for fact in Fact::ALL {
            assert_eq!(Fact::from_word(fact.word()), Some(fact));
        }
        assert_eq!(Fact::from_word("homeless"), None);
    }
}
