//! Sources: named inbound addresses, each with its verification and its rules for naming events.

use http::Method;
use subtle::{Choice, ConstantTimeEq};

use crate::handshake::Handshake;
use crate::limits;
use crate::rate::Rate;
use crate::scheme::Verification;
use crate::template::Template;
use crate::word::{Digest, Kind, NameId, ScopeId, Secret, Slug};

/// The name under which routes take the events of `POST /v1/events`. No source of the configuration has it.
pub const API: &str = "api";

/// A named inbound address.
#[derive(Debug)]
pub struct Source {
    /// The owner.
    pub scope: ScopeId,
    /// The name as an integer.
    pub id: NameId,
    /// The name, which is the last part of its URL.
    pub name: Slug,
    /// Methods that it takes.
    pub methods: Vec<Method>,
    /// What its URL must end in, one of these; none: nothing.
    pub tokens: Vec<Secret>,
    /// How a sender proves who it is.
    pub verification: Verification,
    /// Requests that are answered and not stored.
    pub handshakes: Vec<Handshake>,
    /// The steps to an array in the body whose elements are events of their own; none: a request is one
    /// event.
    pub split: Option<Vec<String>>,
    /// How an event's type is read from a request; none: events have no type.
    pub event_type: Option<Template>,
    /// How duplicates are known; none: every request is a new event.
    pub dedupe: Option<DedupeRule>,
    /// How an event's order key is read; none: events have none.
    pub order_key: Option<Template>,
    /// How an event's subject is read; none: events have none.
    pub subject: Option<Template>,
    /// How often it may be called; none: as often as the process takes it.
    pub rate: Option<Rate>,
    /// Bytes that a request's body may have.
    pub body_bytes_max: usize,
}

/// What makes two requests the same event.
#[derive(Debug, Clone)]
pub struct DedupeRule {
    /// What must be equal.
    pub key: DedupeKey,
    /// Whole hours that a key is remembered, at least one.
    pub window_hours: u32,
}

/// What must be equal for two events to be the same.
#[derive(Debug, Clone)]
pub enum DedupeKey {
    /// What a template makes of it; an event that lacks a path of it is not deduped.
    Template(Template),
    /// The whole body.
    Body,
}

impl Source {
    /// Returns a source that takes POST and makes one event without a type of each request.
    pub fn new(scope: ScopeId, name: Slug, verification: Verification) -> Source {
        Source {
            scope,
            id: NameId::of(scope, Kind::Source, &name),
            name,
            methods: vec![Method::POST],
            tokens: Vec::new(),
            verification,
            handshakes: Vec::new(),
            split: None,
            event_type: None,
            dedupe: None,
            order_key: None,
            subject: None,
            rate: None,
            body_bytes_max: limits::BODY_BYTES_MAX,
        }
    }

    /// Tells whether a path's token opens the source; without tokens only a path without one does.
    /// Compared in constant time.
    pub fn is_opened_by(&self, token: Option<&str>) -> bool {
        let Some(token) = token else { return self.tokens.is_empty() };
        let given = Digest::of(token.as_bytes());
        let fits = |own: &Secret| Digest::of(own.expose()).as_bytes().ct_eq(given.as_bytes());
        self.tokens.iter().map(fits).fold(Choice::from(0), |any, fits| any | fits).into()
    }

    /// Tells whether a request of this method may be an event or a handshake.
    pub fn takes(&self, method: &Method) -> bool {
        self.methods.contains(method) || self.handshakes.iter().any(|handshake| handshake.method == *method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::Scope;

    #[test]
    fn a_token_opens_only_where_one_is_wanted() {
        let name = Slug::parse("shop").expect("a slug");
        let open = Source::new(Scope::default_scope().id(), name.clone(), Verification::None);
        let closed = Source {
            tokens: vec![Secret::from("new"), Secret::from("old")],
            ..Source::new(open.scope, name, Verification::None)
        };

        assert!(open.is_opened_by(None) && !open.is_opened_by(Some("")) && !open.is_opened_by(Some("x")));
        assert!(closed.is_opened_by(Some("new")) && closed.is_opened_by(Some("old")));
        for token in [None, Some(""), Some("ne"), Some("newold"), Some("New")] {
            assert!(!closed.is_opened_by(token), "{token:?}");
        }
    }
}
