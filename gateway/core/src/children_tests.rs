//! What a delivery becomes when it splits.

use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::delivery::{Lease, Owner};
use crate::event::{Content, Parts};
use crate::word::{EventId, Headers, MessageId, Millis, ScopeId, Token};

fn parent(path: &str) -> Leased {
    let event = Content::new(Parts {
        id: EventId(1),
        source: "shop".into(),
        event_type: "order.paid".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(Headers::new()),
        body: Bytes::from_static(b"{}"),
    });
    Leased {
        id: DeliveryId(2),
        lease: Lease { owner: Owner::new(0, 1), token: Token(3) },
        event: Arc::new(event),
        hops: 0,
        route: NameId(4),
        destination: None,
        lane: Lane { scope: ScopeId(5), id: NameId(4) },
        recipe: Digest::of(b"whole"),
        message: MessageId { born: DeliveryId(2), path: path.into() },
        attempts: 0,
        plugin_tries: 0,
        lost: 0,
        bytes: 2,
        has_kept: false,
    }
}

fn draw() -> impl FnMut() -> DeliveryId {
    let mut last = 10;
    move || {
        last += 1;
        DeliveryId(last)
    }
}

#[test]
fn a_choice_becomes_a_delivery_for_each_destination() {
    let rest = Digest::of(b"rest");

    let children = routed(&parent(""), rest, &[NameId(7), NameId(8)], draw());

    let told =
        |child: &NewDelivery| (child.id.0, child.destination, child.lane.id, child.message.path.clone());
    assert_eq!(
        children.iter().map(told).collect::<Vec<_>>(),
        [(11, Some(NameId(7)), NameId(7), "0".into()), (12, Some(NameId(8)), NameId(8), "1".into())]
    );
    for child in children {
        assert_eq!((child.recipe, child.parent, child.birth), (rest, Some(DeliveryId(2)), Birth::Pending));
        assert_eq!((child.held, child.bytes, child.event), (None, 2, EventId(1)));
    }
}

#[test]
fn each_message_becomes_a_delivery_that_holds_it() {
    let message = |body: Option<&'static [u8]>| Message {
        event_type: "line.paid".into(),
        headers: Headers::new(),
        body: body.map(Bytes::from_static),
        made_by: vec![Digest::of(b"component")],
    };
    let made = vec![message(Some(b"12345")), message(None)];

    let children = messages(&parent("1"), NameId(7), Digest::of(b"none"), made.clone(), draw());

    assert_eq!(children.iter().map(|child| child.bytes).collect::<Vec<_>>(), [5, 2]);
    assert_eq!(children[1].message.path, "1_1", "a child's child goes on with its way");
    let held: Vec<_> = children.into_iter().map(|child| child.held).collect();
    assert_eq!(held, made.into_iter().map(|message| Some(Kept::Message(message))).collect::<Vec<_>>());
}
