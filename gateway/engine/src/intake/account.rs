//! What became of a request, at whichever door: counted for metrics and statistics, and shown if it was
//! refused. An event that is stored is shown by its commit, whether its sender still listens or not.

use std::fmt;
use std::sync::Arc;

use hookgate_core::limits;
use hookgate_core::publication::api_source;
use hookgate_core::source::{API, Source};
use hookgate_core::word::{NameId, ScopeId};

use super::{Receipt, Refusal};
use crate::{Engine, What};

/// Where a request came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door<'a> {
    scope: ScopeId,
    source: NameId,
    name: &'a str,
}

impl Door<'_> {
    /// A source of the configuration.
    pub(super) fn of(source: &Source) -> Door<'_> {
        Door { scope: source.scope, source: source.id, name: source.name.as_str() }
    }

    /// `POST /v1/events`.
    pub(super) fn api(scope: ScopeId) -> Door<'static> {
        Door { scope, source: api_source(scope), name: API }
    }
}

impl Engine {
    /// Accounts for a request: what was stored of it, nothing where it was only answered, or why not.
    pub(super) fn account(&self, door: Door<'_>, became: Result<Option<&Receipt>, &Refusal>) {
        let outcome = match became {
            Ok(receipt) => self.metrics.taken(door.name, receipt),
            Err(refusal) => self.metrics.refused(door.name, refusal),
        };
        self.tally_request(door.scope, door.source, outcome);
        if let Err(refusal) = became {
            let refused =
                || What::Refused { source: Arc::from(door.name), why: outcome, detail: refusal.to_string() };
            self.tell(door.scope, refused);
        }
    }
}

/// For the operator: a sender hears less.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Rejected(rejection) => write!(f, "{rejection}"),
            Refusal::TooFast(wait) => {
                write!(f, "the source's rate has room again in {:.1} s", wait.as_secs_f64())
            }
            Refusal::WrongMethod => f.write_str("the source takes other methods"),
            Refusal::TooManyEvents => {
                write!(f, "it brings more than {} events", limits::EVENTS_PER_REQUEST_MAX)
            }
            Refusal::TooManyDeliveries(count) => write!(f, "its events would become {count} deliveries"),
            Refusal::Looped(hops) => write!(f, "it passed through Hookgate {hops} times"),
            Refusal::KeyReused => f.write_str("its Idempotency-Key was used with another body"),
            Refusal::Undecided => f.write_str("the plugin that verifies the source could not decide"),
            Refusal::Busy(_) => f.write_str("too much waits to be stored"),
            Refusal::Unknown => f.write_str("nobody knows whether it was stored"),
            Refusal::Down => f.write_str("the store does not take it"),
        }
    }
}
