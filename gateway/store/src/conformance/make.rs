//! Events, deliveries and settles for the cases.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::decide::DeadReason;
use hookgate_core::delivery::{Birth, End, Lane, Lease, Leased, NewDelivery, Owner};
use hookgate_core::event::{Accepted, Content, Dedupe, NewEvent, Parts};
use hookgate_core::outcome::Word;
use hookgate_core::recipe::Recipe;
use hookgate_core::render::Rendered;
use hookgate_core::word::{
    AttemptId, DeliveryId, Digest, EventId, Headers, Kind, MessageId, NameId, Origin, Scope, ScopeId, SendId,
    Slug,
};
use hookgate_ports::{
    Accept, AttemptRecord, Clock, DeliveryRow, Entry, Settle, Settled, StoreError, To, Want,
};
use http::{HeaderName, HeaderValue, Method};

use super::World;

pub(super) fn scope() -> ScopeId {
    Scope::default_scope().id()
}

pub(super) fn slug(name: &str) -> Slug {
    Slug::parse(name).unwrap()
}

pub(super) fn name(kind: Kind, name: &str) -> NameId {
    NameId::of(scope(), kind, &slug(name))
}

pub(super) fn lane(destination: &str) -> Lane {
    Lane { scope: scope(), id: name(Kind::Destination, destination) }
}

pub(super) fn fields(pairs: &[(&'static str, &'static str)]) -> Headers {
    pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
}

pub(super) fn rendered(body: &'static str) -> Rendered {
    Rendered {
        method: Method::POST,
        url: "https://crm.example.com/hooks".into(),
        reference: "messages".into(),
        headers: fields(&[("content-type", "application/json")]),
        body: Bytes::from_static(body.as_bytes()),
        is_event_body: false,
        made_by: vec![Digest::of(b"component")],
    }
}

/// A dedupe key of so many hours.
pub(super) fn dedupe(key: u8, window_hours: u32) -> Option<Dedupe> {
    Some(Dedupe { key: [key; 16], fingerprint: 1, window_hours })
}

impl World {
    /// An event of the source `github` without deliveries.
    pub(super) fn entry(&self) -> Entry {
        let content = Content::new(Parts {
            id: EventId(self.id()),
            source: "github".into(),
            event_type: "push".into(),
            subject: Some("a \"subject\"".into()),
            order_key: None,
            received_at: self.clock.now(),
            headers: Arc::new(fields(&[("x-a", "1"), ("x-b", "2")])),
            body: Bytes::from_static(b"{\"a\":1}"),
        });
        let event = NewEvent {
            scope: scope(),
            source: name(Kind::Source, "github"),
            content: Arc::new(content),
            dedupe: None,
            origin: Origin::Http,
            revision: Digest::of(b"revision"),
            trace: None,
            hops: 2,
        };
        Entry { event, deliveries: Vec::new() }
    }

    /// A keyed event without deliveries.
    pub(super) fn keyed(&self, dedupe: Option<Dedupe>) -> Entry {
        let mut entry = self.entry();
        entry.event.dedupe = dedupe;
        entry
    }

    /// An event with one delivery per destination.
    pub(super) fn planned(&self, birth: Birth, destinations: &[&str]) -> Entry {
        let mut entry = self.entry();
        for destination in destinations {
            let id = DeliveryId(self.id());
            entry.deliveries.push(NewDelivery {
                id,
                event: entry.event.content.id,
                route: name(Kind::Route, "all"),
                destination: Some(name(Kind::Destination, destination)),
                lane: lane(destination),
                recipe: Recipe::default().digest(),
                message: MessageId::of(id),
                bytes: 7,
                parent: None,
                held: None,
                birth,
            });
        }
        entry
    }

    pub(super) async fn accept(
        &self,
        owner: Owner,
        entries: Vec<Entry>,
    ) -> Result<Vec<Accepted>, StoreError> {
        self.store.accept(Accept { owner, entries }).await
    }

    /// Stores an event with pending deliveries, and returns them.
    pub(super) async fn pending(&self, destinations: &[&str]) -> Vec<DeliveryId> {
        let entry = self.planned(Birth::Pending, destinations);
        let ids = entry.deliveries.iter().map(|delivery| delivery.id).collect();
        assert_eq!(self.accept(Owner(0), vec![entry]).await, Ok(vec![Accepted::New]));
        ids
    }

    /// Stores a delivery to `crm` that is born taken.
    pub(super) async fn born_taken(&self, owner: Owner) -> (DeliveryId, Lease) {
        let lease = Lease { owner, token: self.token() };
        let entry = self.planned(Birth::Taken(lease), &["crm"]);
        let id = entry.deliveries[0].id;
        assert_eq!(self.accept(owner, vec![entry]).await, Ok(vec![Accepted::New]));
        (id, lease)
    }

    pub(super) fn want(&self, destination: &str, count: u32) -> Want {
        Want { lane: lane(destination), count, bytes: 1 << 20, token: self.token(), suspects: false }
    }

    /// Takes what is due for a destination.
    pub(super) async fn take(&self, owner: Owner, destination: &str, count: u32) -> Vec<Leased> {
        self.store.take(owner, vec![self.want(destination, count)]).await.unwrap()
    }

    pub(super) fn record(&self, word: Word, status: Option<u16>) -> AttemptRecord {
        AttemptRecord {
            id: AttemptId(self.id()),
            send: SendId(self.id()),
            started_at: self.clock.now(),
            took: Duration::from_millis(12),
            word,
            status,
            detail: if word == Word::Success { String::new() } else { "the receiver answered 503".into() },
            rendered: Some(rendered("sent")),
            sent: fields(&[("webhook-signature", "v1,x")]),
            answer: Some((fields(&[("server", "x")]), Bytes::from_static(b"answered"))),
            made_by: vec![Digest::of(b"component")],
        }
    }

    pub(super) fn settle(&self, delivery: DeliveryId, lease: Lease, to: To) -> Settle {
        let attempt = match to {
            To::Finished { end: End::Delivered, .. } | To::Split { .. } => {
                self.record(Word::Success, Some(200))
            }
            To::Finished { .. } | To::Retry(_) | To::RetryPlugin(_) | To::Hold { .. } => {
                self.record(Word::Refused, Some(503))
            }
        };
        Settle { delivery, lease, attempt, to }
    }

    pub(super) async fn settled(&self, delivery: DeliveryId, lease: Lease, to: To) -> Settled {
        self.store.settle(self.settle(delivery, lease, to)).await.unwrap()
    }

    pub(super) async fn row(&self, delivery: DeliveryId) -> DeliveryRow {
        self.store.delivery(scope(), delivery).await.unwrap().expect("the delivery is stored")
    }
}

/// Held until somebody retries it.
pub(super) const HELD: To = To::Hold { plugin: None };
pub(super) const DELIVERED: To = To::Finished { end: End::Delivered, reason: None };
pub(super) const DEAD: To = To::Finished { end: End::DeadLettered, reason: Some(DeadReason::Exhausted) };
