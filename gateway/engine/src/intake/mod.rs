//! Intake: from a received request to its commit. Only then may the sender hear a 2xx.
//!
//! handshake or verify -> recognise -> plan -> births -> commit -> hand over. Foreign code runs here only
//! where a source is verified by a plugin.

mod account;
mod authenticate;
mod commit;
mod rates;

use std::sync::Arc;
use std::time::Duration;

use hookgate_core::event::{Accepted, NewEvent, Recogniser, recognise};
use hookgate_core::handshake::{Answer, shake};
use hookgate_core::plugin::{GuestResponse, Shape};
use hookgate_core::publication::{Call, Idempotency, Publication, publish};
use hookgate_core::request::{RawRequest, VerifiedRequest};
use hookgate_core::scheme::{Rejection, Verification, verify};
use hookgate_core::source::Source;
use hookgate_core::topology::Topology;
use hookgate_core::word::{EventId, Headers, Millis};
use http::{HeaderName, HeaderValue, header};

use crate::Engine;

use account::Door;
use authenticate::{Asked, Authentication};

pub(crate) use authenticate::Turns;
pub(crate) use rates::Rates;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reception {
    /// Its events are stored.
    Stored(Receipt),
    /// It was a handshake: nothing is stored, and this is the answer.
    Answered(GuestResponse),
}

/// What the sender is told after the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The events, in the order of the request. More than one, or none, only where [`Receipt::is_split`].
    pub events: Vec<Taken>,
    /// Whether the request could have brought several events.
    pub is_split: bool,
}

/// An event that is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The event; of a duplicate the first one.
    pub event: EventId,
    /// Whether an earlier request brought the same event.
    pub is_duplicate: bool,
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It does not prove its sender.
    Rejected(Rejection),
    /// The source's rate has no room for so long.
    TooFast(Duration),
    /// The source takes other methods.
    WrongMethod,
    /// It brings more events than one request may.
    TooManyEvents,
    /// Its events would become more deliveries than one request may make.
    TooManyDeliveries(usize),
    /// It passed through Hookgate too often: a loop.
    Looped(u32),
    /// Its Idempotency-Key was used with another body.
    KeyReused,
    /// The plugin that says who the sender is could not say it.
    Undecided,
    /// Come again after this time; nothing was stored.
    Busy(Duration),
    /// Nobody knows whether it was stored: come again.
    Unknown,
    /// The store cannot take it now.
    Down,
}

/// A call of `POST /v1/events`.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Its events.
    pub publications: Vec<Publication>,
    /// Its `Idempotency-Key`, with its whole body.
    pub idempotency: Option<(&'a str, &'a [u8])>,
    /// Its `traceparent`.
    pub trace: Option<&'a str>,
}

impl Receipt {
    /// Tells whether there is something, and all of it was there before.
    pub fn is_duplicate(&self) -> bool {
        !self.events.is_empty() && self.events.iter().all(|taken| taken.is_duplicate)
    }
}

impl Engine {
    /// Takes a request to its commit, or answers a handshake. `topology` is the one that the request's
    /// source was found in.
    ///
    /// Cancel-safe: once the commit is under way it goes on without its caller.
    ///
    /// # Errors
    /// Says why nothing was promised.
    pub async fn receive(
        self: &Arc<Engine>,
        request: RawRequest,
        source: &Source,
        topology: &Arc<Topology>,
    ) -> Result<Reception, Refusal> {
        let result = self.received(request, source, topology).await;
        let taken = result.as_ref().map(|reception| match reception {
            Reception::Stored(receipt) => Some(receipt),
            Reception::Answered(_) => None,
        });
        self.account(Door::of(source), taken);
        result
    }

    async fn received(
        self: &Arc<Engine>,
        request: RawRequest,
        source: &Source,
        topology: &Arc<Topology>,
    ) -> Result<Reception, Refusal> {
        let now = self.ports.clock.now();
        if let Some(answer) = shake(&request, source, now).map_err(Refusal::Rejected)? {
            return Ok(Reception::Answered(answered(answer)));
        }
        if !source.methods.contains(&request.method) {
            return Err(Refusal::WrongMethod);
        }
        if let Verification::Plugin { stage, deadline, mask } = &source.verification {
            let asked = Asked { stage, deadline: *deadline, mask, source, now };
            return match self.authenticated(request, asked, topology).await? {
                Authentication::Admitted(verified, shape) => {
                    self.stored(verified, &shape, source, topology, now).await.map(Reception::Stored)
                }
                Authentication::Answered(response) => Ok(Reception::Answered(response)),
            };
        }
        let verified = verify(request, &source.verification, now).map_err(Refusal::Rejected)?;
        self.stored(verified, &Shape::default(), source, topology, now).await.map(Reception::Stored)
    }

    async fn stored(
        self: &Arc<Engine>,
        verified: VerifiedRequest,
        naming: &Shape,
        source: &Source,
        topology: &Arc<Topology>,
        now: Millis,
    ) -> Result<Receipt, Refusal> {
        if let Some(name) = verified.key().and_then(|nth| source.verification.key_name(nth)) {
            self.metrics.key_used(source.name.as_str(), name);
        }
        let by = Recogniser { source, revision: topology.revision, hash_key: &self.seat.hash_key };
        let draw = || EventId(self.minter.next(now));
        let events = recognise(verified, by, naming, draw).map_err(|_| Refusal::TooManyEvents)?;
        let taken = self.commit(events, topology, now).await?;
        let events = taken.into_iter().map(|(own, accepted)| of_receipt(own, accepted)).collect();
        Ok(Receipt { events, is_split: source.split.is_some() })
    }

    /// Takes an application's own events to their commit.
    ///
    /// Under an Idempotency-Key the first event is committed before the others: it alone decides whether
    /// the key is new, so that of two calls with one key and different bodies nothing of the second is
    /// stored. A crash between the two leaves the first event without a 2xx; the same call sent again
    /// stores the rest.
    ///
    /// Cancel-safe: once a commit is under way it goes on without its caller.
    ///
    /// # Errors
    /// Says why nothing was promised.
    pub async fn publish(
        self: &Arc<Engine>,
        batch: Batch<'_>,
        topology: &Arc<Topology>,
    ) -> Result<Receipt, Refusal> {
        let result = self.published(batch, topology).await;
        self.account(Door::api(topology.scope), result.as_ref().map(Some));
        result
    }

    async fn published(
        self: &Arc<Engine>,
        batch: Batch<'_>,
        topology: &Arc<Topology>,
    ) -> Result<Receipt, Refusal> {
        let now = self.ports.clock.now();
        let hash_key = &self.seat.hash_key;
        let call = Call {
            scope: topology.scope,
            revision: topology.revision,
            received_at: now,
            trace: batch.trace,
            idempotency: batch.idempotency.map(|(key, body)| Idempotency { key, body, hash_key }),
        };
        let mut events = publish(batch.publications, call, || EventId(self.minter.next(now)));
        let mut taken = Vec::with_capacity(events.len());
        if call.idempotency.is_some() && events.len() > 1 {
            let others = events.split_off(1);
            self.commit_publications(std::mem::replace(&mut events, others), topology, now, &mut taken)
                .await?;
        }
        self.commit_publications(events, topology, now, &mut taken).await?;
        Ok(Receipt { events: taken, is_split: true })
    }

    async fn commit_publications(
        self: &Arc<Engine>,
        events: Vec<NewEvent>,
        topology: &Arc<Topology>,
        now: Millis,
        taken: &mut Vec<Taken>,
    ) -> Result<(), Refusal> {
        for (own, accepted) in self.commit(events, topology, now).await? {
            if matches!(accepted, Accepted::Duplicate { same_body: false, .. }) {
                return Err(Refusal::KeyReused);
            }
            taken.push(of_receipt(own, accepted));
        }
        Ok(())
    }
}

fn of_receipt(own: EventId, accepted: Accepted) -> Taken {
    match accepted {
        Accepted::New => Taken { event: own, is_duplicate: false },
        Accepted::Duplicate { of, .. } => Taken { event: of, is_duplicate: true },
    }
}

/// A handshake's answer repeats what a stranger said: no browser is to see a page in it.
fn answered(answer: Answer) -> GuestResponse {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    let nosniff: (HeaderName, HeaderValue) =
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let headers: Headers = [content_type, nosniff].into_iter().collect();
    GuestResponse { status: 200, headers, body: answer.body.into() }
}
