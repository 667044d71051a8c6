//! Children: the deliveries that one becomes when it splits, by a router's choice or because its transforms made several
//! messages. Each is a delivery of its own from then on, due at once.

use crate::delivery::{Birth, Kept, Lane, Leased, Message, NewDelivery};
use crate::word::{DeliveryId, Digest, NameId};

/// Returns a child for each destination that a router chose. `recipe` names the stages that are left.
pub fn routed(
    parent: &Leased,
    recipe: Digest,
    chosen: &[NameId],
    mut draw: impl FnMut() -> DeliveryId,
) -> Vec<NewDelivery> {
    let child = |(nth, destination): (usize, &NameId)| NewDelivery {
        recipe,
        bytes: parent.bytes,
        ..child(parent, nth, *destination, draw())
    };
    chosen.iter().enumerate().map(child).collect()
}

/// Returns a child for each message that the transforms made. It holds its message, and no stage is left.
pub fn messages(
    parent: &Leased,
    destination: NameId,
    recipe: Digest,
    messages: Vec<Message>,
    mut draw: impl FnMut() -> DeliveryId,
) -> Vec<NewDelivery> {
    let child = |(nth, message): (usize, Message)| NewDelivery {
        recipe,
        bytes: bytes_of(parent, &message),
        held: Some(Kept::Message(message)),
        ..child(parent, nth, destination, draw())
    };
    messages.into_iter().enumerate().map(child).collect()
}

fn child(parent: &Leased, nth: usize, destination: NameId, id: DeliveryId) -> NewDelivery {
    NewDelivery {
        id,
        event: parent.event.id,
        route: parent.route,
        destination: Some(destination),
        lane: Lane { scope: parent.lane.scope, id: destination },
        recipe: parent.recipe,
        message: parent.message.child(nth),
        bytes: parent.bytes,
        parent: Some(parent.id),
        held: None,
        birth: Birth::Pending,
    }
}

fn bytes_of(parent: &Leased, message: &Message) -> u32 {
    let body = message.body.as_ref().unwrap_or(&parent.event.body);
    u32::try_from(body.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "children_tests.rs"]
mod tests;
