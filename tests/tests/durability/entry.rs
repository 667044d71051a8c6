//! Events and deliveries of any size, made up by dice.

use std::sync::Arc;

use bytes::Bytes;
use hookgate_core::delivery::{Birth, Kept, Lane, Lease, Message, NewDelivery, Owner};
use hookgate_core::event::{Content, Dedupe, NewEvent, Parts};
use hookgate_core::recipe::Recipe;
use hookgate_core::word::{
    DeliveryId, Digest, EventId, Headers, Kind, MessageId, Millis, NameId, Origin, Scope, Slug, Token,
};
use hookgate_ports::Entry;
use hookgate_tests::Dice;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

/// Returns an event with up to two deliveries, of which half are born taken.
pub(super) fn random(dice: &mut Dice, owner: Owner, draw: &mut impl FnMut() -> i64) -> Entry {
    let id = EventId(draw());
    let body_bytes = if dice.one_in(20) { dice.within(50_000..150_000) } else { dice.within(0..6_000) };
    let body: Vec<u8> = (0..body_bytes.div_ceil(8)).flat_map(|_| dice.roll().to_le_bytes()).collect();
    let body = Bytes::from(body);
    let deliveries = (0..dice.within(0..3)).map(|_| delivery(id, body.len(), dice, owner, draw)).collect();
    Entry { event: event(id, body, dice), deliveries }
}

/// Returns how a delivery is held that was born taken.
pub(super) fn lease(delivery: &NewDelivery) -> Option<(DeliveryId, Lease)> {
    match delivery.birth {
        Birth::Taken(lease) => Some((delivery.id, lease)),
        Birth::Pending => None,
    }
}

/// Returns the one lane of these tests.
pub(super) fn lane() -> Lane {
    Lane { scope: Scope::default_scope().id(), id: named(Kind::Destination, "crm") }
}

/// Returns what a delivery splits into: it holds a message of its own.
pub(super) fn child(parent: DeliveryId, id: DeliveryId) -> NewDelivery {
    let held = Message {
        event_type: "made".into(),
        headers: Headers::new(),
        body: Some(Bytes::from(vec![7; 3_000])),
        made_by: Vec::new(),
    };
    NewDelivery {
        id,
        // The store takes the parent's.
        event: EventId(0),
        route: named(Kind::Route, "all"),
        destination: Some(lane().id),
        lane: lane(),
        recipe: Recipe::default().digest(),
        message: MessageId { born: parent, path: "_0".into() },
        bytes: 3_000,
        parent: Some(parent),
        held: Some(Kept::Message(held)),
        birth: Birth::Pending,
    }
}

fn event(id: EventId, body: Bytes, dice: &mut Dice) -> NewEvent {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&dice.roll().to_le_bytes());
    let parts = Parts {
        id,
        source: "github".into(),
        event_type: "pull_request.closed".into(),
        subject: None,
        order_key: None,
        received_at: Millis(1_767_225_600_000),
        headers: Arc::new(
            [(CONTENT_TYPE, HeaderValue::from_static("application/json"))].into_iter().collect::<Headers>(),
        ),
        body,
    };
    NewEvent {
        scope: Scope::default_scope().id(),
        source: named(Kind::Source, "github"),
        content: Arc::new(Content::new(parts)),
        dedupe: (!dice.one_in(4)).then_some(Dedupe { key, fingerprint: 7, window_hours: 24 }),
        origin: Origin::Http,
        revision: Digest::of(b"revision"),
        trace: None,
        hops: 0,
    }
}

fn delivery(
    event: EventId,
    body_bytes: usize,
    dice: &mut Dice,
    owner: Owner,
    draw: &mut impl FnMut() -> i64,
) -> NewDelivery {
    let id = DeliveryId(draw());
    let birth =
        if dice.one_in(2) { Birth::Taken(Lease { owner, token: Token(draw()) }) } else { Birth::Pending };
    NewDelivery {
        id,
        event,
        route: named(Kind::Route, "all"),
        destination: Some(lane().id),
        lane: lane(),
        recipe: Recipe::default().digest(),
        message: MessageId::of(id),
        bytes: u32::try_from(body_bytes).expect("a small body"),
        parent: None,
        held: None,
        birth,
    }
}

fn named(kind: Kind, name: &str) -> NameId {
    NameId::of(Scope::default_scope().id(), kind, &Slug::parse(name).expect("a slug"))
}
