//! Units of work: what callers hand to the writer, each with where its answer goes.

use std::collections::HashSet;

use hookgate_core::delivery::{Kept, Lease, Leased, NewDelivery, Owner};
use hookgate_core::event::Accepted;
use hookgate_core::word::DeliveryId;
use hookgate_ports::{Accept, Keep, Settle, Settled, StoreError, To, Want};
use sqlx::sqlite::SqliteRow;
use tokio::sync::oneshot;

use super::sql::Arg;

/// Where an answer goes; the caller may have gone.
pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// One unit of work. All but scripts share transactions.
pub(super) enum Unit {
    /// Events and their deliveries.
    Accept(Accept, Reply<Vec<Accepted>>),
    /// An attempt and what it comes to.
    Settle(Settle, Reply<Settled>),
    /// What must not be made anew.
    Keep(Keep, Reply<Settled>),
    /// Deliveries to be given back.
    Release(Vec<(DeliveryId, Lease)>, Reply<()>),
    /// Due deliveries to be taken.
    Take(Owner, Vec<Want>, Reply<Vec<Leased>>),
    /// Something rare, in a transaction of its own.
    Script(Script, Reply<Vec<SqliteRow>>),
}

/// Statement texts for one transaction.
pub(super) struct Script {
    /// In order.
    pub(super) texts: Vec<Text>,
    /// What the writer remembers afterwards.
    pub(super) then: Then,
}

/// A statement text with what `$3` and the following stand for; `$1` is now, `$2` the commit's number.
pub(super) struct Text {
    pub(super) sql: &'static str,
    pub(super) args: Vec<Arg>,
}

/// What the writer remembers after a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// The first row names the owner that lives from now on.
    Entered,
    /// This owner lives no more.
    Left(Owner),
    /// Dedupe buckets may have gone.
    Forgot,
    /// No transaction: a checkpoint between two commits.
    Checkpointed,
}

/// The kinds of hot units, in the order of a commit's text: settles come before accepts, takes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Section {
    Finished = 0,
    /// What finished ones split into.
    Split = 1,
    Retry = 2,
    Keep = 3,
    Release = 4,
    /// Dedupe keys of accepts.
    AcceptKeys = 5,
    Accept = 6,
    /// Which of them are duplicates, where a key had to be looked for.
    AcceptAgain = 7,
    Take = 8,
}

impl Unit {
    /// Returns how many bytes it binds, roughly: what bounds a commit.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Unit::Accept(accept, _) => accept
                .entries
                .iter()
                .map(|entry| entry.event.content.body.len() + 1024 + 256 * entry.deliveries.len())
                .sum(),
            Unit::Settle(settle, _) => {
                let rendered =
                    settle.attempt.rendered.as_ref().filter(|r| !r.is_event_body).map_or(0, |r| r.body.len());
                let children = match &settle.to {
                    To::Split { children } => children.iter().map(child_bytes).sum(),
                    To::Finished { .. } | To::Retry(_) | To::RetryPlugin(_) | To::Hold { .. } => 0,
                };
                let answer = settle.attempt.answer.as_ref().map_or(0, |(_, body)| body.len());
                1024 + rendered + answer + children
            }
            Unit::Keep(keep, _) => 512 + kept_bytes(&keep.kept),
            Unit::Release(leases, _) => 64 * leases.len(),
            // What it reads has a budget of its own.
            Unit::Take(_, wants, _) => 64 * wants.len(),
            Unit::Script(..) => 0,
        }
    }

    /// Tells whether nobody waits for the answer any more.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Unit::Accept(_, reply) => reply.is_closed(),
            // Whoever asked may have gone; what they said is still so.
            Unit::Settle(..) | Unit::Keep(..) | Unit::Release(..) | Unit::Script(..) => false,
            Unit::Take(_, _, reply) => reply.is_closed(),
        }
    }

    /// Notes which deliveries it touches. False: another unit of this commit touches one of them
    /// already, and which of the two comes first decides what the second one finds.
    pub(super) fn claims(&self, touched: &mut HashSet<DeliveryId>) -> bool {
        match self {
            Unit::Settle(settle, _) => touched.insert(settle.delivery),
            Unit::Keep(keep, _) => touched.insert(keep.delivery),
            Unit::Release(leases, _) => {
                let is_free = leases.iter().all(|(delivery, _)| !touched.contains(delivery));
                if is_free {
                    touched.extend(leases.iter().map(|(delivery, _)| *delivery));
                }
                is_free
            }
            Unit::Accept(..) | Unit::Take(..) | Unit::Script(..) => true,
        }
    }

    /// Returns its part of a commit's text; none: it goes alone.
    pub(super) fn section(&self) -> Option<Section> {
        match self {
            Unit::Accept(..) => Some(Section::Accept),
            Unit::Settle(settle, _) => match settle.to {
                To::Finished { .. } | To::Split { .. } => Some(Section::Finished),
                To::Retry(_) | To::RetryPlugin(_) | To::Hold { .. } => Some(Section::Retry),
            },
            Unit::Keep(..) => Some(Section::Keep),
            Unit::Release(..) => Some(Section::Release),
            Unit::Take(..) => Some(Section::Take),
            Unit::Script(..) => None,
        }
    }

    /// Answers with an error.
    pub(super) fn fail(self, error: StoreError) {
        // A caller that has gone needs no answer.
        match self {
            Unit::Accept(_, reply) => drop(reply.send(Err(error))),
            Unit::Settle(_, reply) | Unit::Keep(_, reply) => drop(reply.send(Err(error))),
            Unit::Release(_, reply) => drop(reply.send(Err(error))),
            Unit::Take(_, _, reply) => drop(reply.send(Err(error))),
            Unit::Script(_, reply) => drop(reply.send(Err(error))),
        }
    }
}

fn child_bytes(child: &NewDelivery) -> usize {
    256 + child.held.as_ref().map_or(0, kept_bytes)
}

fn kept_bytes(kept: &Kept) -> usize {
    match kept {
        Kept::Message(message) => 256 + message.body.as_ref().map_or(0, |body| body.len()),
        Kept::Rendered(rendered) => 256 + rendered.body.len(),
        Kept::Answered { rendered, answer } => 512 + rendered.body.len() + answer.body.len(),
    }
}
