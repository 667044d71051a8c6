//! The plan: which deliveries an event becomes. Pure; may come to none.

use crate::delivery::{Birth, Lane, NewDelivery};
use crate::envelope::Envelope;
use crate::event::NewEvent;
use crate::limits;
use crate::topology::{Route, Topology};
use crate::word::{DeliveryId, MessageId};

/// Plans an event: one delivery for each destination of each route that takes it, all of them Pending.
/// `draw` makes ids. At most [`limits::DELIVERIES_PER_EVENT_MAX`]; a configuration that could plan
/// more is refused when it is checked.
pub fn plan(topology: &Topology, event: &NewEvent, mut draw: impl FnMut() -> DeliveryId) -> Vec<NewDelivery> {
    let envelope = Envelope::of(&event.content);
    let mut deliveries = Vec::new();
    for route in topology.routes_of(event.source).iter().filter(|route| takes(route, &envelope)) {
        for destination in &route.to {
            let id = draw();
            deliveries.push(NewDelivery {
                id,
                event: event.content.id,
                route: route.id,
                destination: Some(*destination),
                lane: Lane { scope: event.scope, id: *destination },
                recipe: route.recipe_digest,
                message: MessageId::of(id),
                bytes: u32::try_from(event.content.body.len()).unwrap_or(u32::MAX),
                parent: None,
                held: None,
                birth: Birth::Pending,
            });
        }
    }
    deliveries.truncate(limits::DELIVERIES_PER_EVENT_MAX);
    deliveries
}

/// Tells whether a route takes an event. The cheap question first: types need no parsed body.
fn takes(route: &Route, envelope: &Envelope<'_>) -> bool {
    let of_type = route.types.is_empty() || route.types.iter().any(|glob| glob.fits(envelope.event_type()));
    of_type && route.condition.as_ref().is_none_or(|condition| condition.holds(envelope))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
