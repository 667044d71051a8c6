//! The plan: which deliveries an event becomes. Pure; may come to none. And why a route takes an event or not.

use std::sync::Arc;

use crate::condition::Unmet;
use crate::delivery::{Birth, Lane, NewDelivery};
use crate::envelope::Envelope;
use crate::event::NewEvent;
use crate::limits;
use crate::topology::{Route, Topology};
use crate::word::{DeliveryId, MessageId, NameId, Slug};

/// Plans an event: one delivery for each destination of each route that takes it, and one for a route
/// whose router has still to choose; all of them Pending.
/// `draw` makes ids. At most [`limits::DELIVERIES_PER_EVENT_MAX`]; a configuration that could plan
/// more is refused when it is checked.
pub fn plan(topology: &Topology, event: &NewEvent, mut draw: impl FnMut() -> DeliveryId) -> Vec<NewDelivery> {
    let mut deliveries = Vec::new();
    for route in takers(topology.routes_of(event.source), &Envelope::of(&event.content)) {
        if route.recipe.router.is_some() {
            deliveries.push(planned(event, route, None, draw()));
        } else {
            let one_each =
                route.to.iter().map(|destination| planned(event, route, Some(*destination), draw()));
            deliveries.extend(one_each);
        }
    }
    deliveries.truncate(limits::DELIVERIES_PER_EVENT_MAX);
    deliveries
}

/// A delivery for a destination; without one it queues by its route, until the router has chosen.
fn planned(event: &NewEvent, route: &Route, destination: Option<NameId>, id: DeliveryId) -> NewDelivery {
    NewDelivery {
        id,
        event: event.content.id,
        route: route.id,
        destination,
        lane: Lane { scope: event.scope, id: destination.unwrap_or(route.id) },
        recipe: route.recipe_digest,
        message: MessageId::of(id),
        bytes: u32::try_from(event.content.body.len()).unwrap_or(u32::MAX),
        parent: None,
        held: None,
        birth: Birth::Pending,
    }
}

/// Why a route takes an event, or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It does.
    Takes,
    /// The event's type fits none of the route's patterns.
    OtherType {
        /// The patterns.
        types: Vec<String>,
        /// The event's type.
        found: String,
    },
    /// Its `match` or its `filter` does not hold; what would have to be otherwise.
    Unmet(Vec<Unmet>),
    /// It takes what no other route takes, and this one does.
    TakenBefore {
        /// By this route.
        by: Slug,
    },
}

/// Says of every route of a source why it takes an event or not, in the order of the configuration.
pub fn explain<'t>(
    topology: &'t Topology,
    source: NameId,
    envelope: &Envelope<'_>,
) -> Vec<(&'t Arc<Route>, Why)> {
    let routes = topology.routes_of(source);
    let taker = routes.iter().find(|route| !route.catch_all && wants(route, envelope));
    routes
        .iter()
        .map(|route| match (why(route, envelope), taker) {
            (Why::Takes, Some(taker)) if route.catch_all => {
                (route, Why::TakenBefore { by: taker.name.clone() })
            }
            (why, _) => (route, why),
        })
        .collect()
}

/// The routes that take an event: those that want it, or the catch-alls among them if no other does.
fn takers<'r>(routes: &'r [Arc<Route>], envelope: &Envelope<'_>) -> Vec<&'r Arc<Route>> {
    let wanting = |catch_all: bool| {
        routes.iter().filter(move |route| route.catch_all == catch_all && wants(route, envelope))
    };
    let takers: Vec<_> = wanting(false).collect();
    if takers.is_empty() { wanting(true).collect() } else { takers }
}

/// Tells whether a route wants an event. The cheap question first: types need no parsed body.
fn wants(route: &Route, envelope: &Envelope<'_>) -> bool {
    fits(route, envelope)
        && route.condition.as_ref().is_none_or(|condition| condition.holds(envelope))
        && route.filter.as_ref().is_none_or(|filter| filter.holds(envelope))
}

fn fits(route: &Route, envelope: &Envelope<'_>) -> bool {
    route.types.is_empty() || route.types.iter().any(|glob| glob.fits(envelope.event_type()))
}

fn why(route: &Route, envelope: &Envelope<'_>) -> Why {
    if !fits(route, envelope) {
        let types = route.types.iter().map(|glob| glob.text().to_owned()).collect();
        return Why::OtherType { types, found: envelope.event_type().to_owned() };
    }
    let of_match = route.condition.iter().flat_map(|condition| condition.unmet(envelope));
    let of_filter = route.filter.iter().flat_map(|filter| filter.unmet(envelope));
    let unmet: Vec<Unmet> = of_match.chain(of_filter).collect();
    if unmet.is_empty() { Why::Takes } else { Why::Unmet(unmet) }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
