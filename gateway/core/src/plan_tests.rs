//! Plans: which routes take an event, and what they make of it.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::condition::Condition;
use crate::envelope::TypeGlob;
use crate::event::{Content, Parts};
use crate::filter::Filter;
use crate::recipe::{Recipe, Stage};
use crate::topology::{Destination, Endpoint, OnPluginFailure, TopologyParts};
use crate::word::{Digest, EventId, Headers, Kind, Millis, NameId, Origin, Scope, ScopeId, Slug};

fn scope() -> ScopeId {
    Scope::default_scope().id()
}

fn id(kind: Kind, name: &str) -> NameId {
    NameId::of(scope(), kind, &Slug::parse(name).expect("a slug"))
}

fn route(name: &str, types: &[&str], condition: Option<serde_json::Value>, to: &[&str]) -> Route {
    let recipe = Arc::new(Recipe::default());
    Route {
        id: id(Kind::Route, name),
        name: Slug::parse(name).expect("a slug"),
        source: id(Kind::Source, "shop"),
        types: types.iter().map(|glob| TypeGlob::parse(glob).expect("a glob")).collect(),
        condition: condition.map(|tree| Condition::parse(&tree).expect("a condition")),
        filter: None,
        catch_all: false,
        recipe_digest: recipe.digest(),
        recipe,
        to: to.iter().map(|name| id(Kind::Destination, name)).collect(),
        on_plugin_failure: OnPluginFailure::Hold,
    }
}

fn destination(name: &str) -> Destination {
    let endpoint = Endpoint::Plain("https://example.com/".parse().expect("a URL"));
    Destination::posting_to(endpoint, scope(), Slug::parse(name).expect("a slug"))
}

fn event(source: &str, event_type: &str, body: &'static str) -> NewEvent {
    let content = Content::new(Parts {
        id: EventId(7),
        source: source.into(),
        event_type: event_type.into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(Headers::new()),
        body: Bytes::from_static(body.as_bytes()),
    });
    NewEvent {
        scope: scope(),
        source: id(Kind::Source, source),
        content: Arc::new(content),
        dedupe: None,
        origin: Origin::Http,
        revision: Digest::of(b""),
        trace: None,
        hops: 0,
    }
}

fn planned(routes: Vec<Route>, event: &NewEvent) -> Vec<(NameId, NameId)> {
    let destinations = vec![destination("a"), destination("b")];
    let parts = TopologyParts { routes, destinations, ..TopologyParts::default() };
    let topology = Topology::new(scope(), Digest::of(b""), parts);
    let mut last = 0;
    let mut draw = || {
        last += 1;
        DeliveryId(last)
    };
    let deliveries = plan(&topology, event, &mut draw);
    for delivery in &deliveries {
        assert_eq!(delivery.message, MessageId::of(delivery.id));
        assert_eq!(delivery.birth, Birth::Pending);
        assert_eq!(
            delivery.lane,
            Lane { scope: scope(), id: delivery.destination.expect("planned for one") }
        );
        assert_eq!(delivery.bytes as usize, event.content.body.len());
    }
    deliveries
        .into_iter()
        .map(|delivery| (delivery.route, delivery.destination.expect("planned for one")))
        .collect()
}

#[test]
fn each_destination_of_each_route_that_takes_the_event_gets_a_delivery() {
    let routes = vec![
        route("one", &["order.*"], None, &["a", "b"]),
        route("two", &[], Some(json!({"body.total": {"gte": 10}})), &["a"]),
        route("other-type", &["refund.*"], None, &["a"]),
        route("other-total", &[], Some(json!({"body.total": {"gte": 11}})), &["a"]),
    ];

    let planned = planned(routes, &event("shop", "order.paid", r#"{"total":10}"#));

    let (one, two) = (id(Kind::Route, "one"), id(Kind::Route, "two"));
    let (a, b) = (id(Kind::Destination, "a"), id(Kind::Destination, "b"));
    assert_eq!(planned, [(one, a), (one, b), (two, a)]);
}

#[test]
fn an_event_that_no_route_takes_plans_nothing() {
    let routes = || vec![route("one", &["order.*"], None, &["a"])];

    assert_eq!(planned(routes(), &event("shop", "", "{}")), []);
    assert_eq!(planned(routes(), &event("elsewhere", "order.paid", "{}")), []);
    assert_eq!(planned(vec![], &event("shop", "order.paid", "{}")), []);
}

#[test]
fn a_body_that_is_no_json_fails_conditions_and_not_the_plan() {
    let routes = vec![
        route("one", &[], Some(json!({"body.total": {"gte": 10}})), &["a"]),
        route("two", &[], None, &["b"]),
    ];

    let planned = planned(routes, &event("shop", "order.paid", "<xml/>"));

    assert_eq!(planned, [(id(Kind::Route, "two"), id(Kind::Destination, "b"))]);
}

fn catch_all(name: &str, to: &[&str]) -> Route {
    Route { catch_all: true, ..route(name, &[], None, to) }
}

fn filtered(name: &str, filter: &str, to: &[&str]) -> Route {
    Route { filter: Some(Filter::parse(filter).expect("a filter")), ..route(name, &[], None, to) }
}

#[test]
fn a_catch_all_takes_what_no_other_route_took() {
    let routes = || vec![catch_all("rest", &["b"]), filtered("big", "@.body.total > 10", &["a"])];
    let (rest, big) = (id(Kind::Route, "rest"), id(Kind::Route, "big"));
    let (a, b) = (id(Kind::Destination, "a"), id(Kind::Destination, "b"));

    assert_eq!(planned(routes(), &event("shop", "order.paid", r#"{"total":11}"#)), [(big, a)]);
    assert_eq!(planned(routes(), &event("shop", "order.paid", r#"{"total":10}"#)), [(rest, b)]);
}

#[test]
fn a_route_says_why_it_does_not_take_an_event() {
    let routes = vec![
        route("refunds", &["refund.*"], None, &["a"]),
        Route {
            filter: Some(Filter::parse("@.body.currency == 'EUR'").expect("a filter")),
            ..route("large", &[], Some(json!({"body.total": {"gte": 100}})), &["a"])
        },
        filtered("any", "@.body.total > 0", &["a"]),
        catch_all("rest", &["b"]),
    ];
    let event = event("shop", "order.paid", r#"{"total":10}"#);
    let topology =
        Topology::new(scope(), Digest::of(b""), TopologyParts { routes, ..TopologyParts::default() });

    let said: Vec<(String, Why)> = explain(&topology, event.source, &Envelope::of(&event.content))
        .into_iter()
        .map(|(route, why)| (route.name.to_string(), why))
        .collect();

    let unmet = |wanted: &str, found: Option<&str>| Unmet {
        wanted: wanted.to_owned(),
        found: found.map(str::to_owned),
    };
    let by = Slug::parse("any").expect("a slug");
    assert_eq!(
        said,
        [
            ("refunds".into(), Why::OtherType { types: vec!["refund.*".into()], found: "order.paid".into() }),
            (
                "large".into(),
                Why::Unmet(vec![
                    unmet("body.total gte 100", Some("10")),
                    unmet("@.body.currency == \"EUR\"", None)
                ])
            ),
            ("any".into(), Why::Takes),
            ("rest".into(), Why::TakenBefore { by }),
        ]
    );
}

#[test]
fn a_router_chooses_later_so_its_route_gets_one_delivery() {
    let stage = Stage {
        plugin: Slug::parse("by-size").expect("a slug"),
        digest: Digest::of(b"component"),
        config: "{}".into(),
    };
    let recipe = Arc::new(Recipe { router: Some(stage), stages: vec![] });
    let by_router =
        Route { recipe_digest: recipe.digest(), recipe, ..route("routed", &[], None, &["a", "b"]) };
    let destinations = vec![destination("a"), destination("b")];
    let parts = TopologyParts { routes: vec![by_router], destinations, ..TopologyParts::default() };
    let topology = Topology::new(scope(), Digest::of(b""), parts);

    let deliveries = plan(&topology, &event("shop", "order.paid", "{}"), || DeliveryId(1));

    let route = id(Kind::Route, "routed");
    assert_eq!(deliveries.len(), 1);
    assert_eq!((deliveries[0].destination, deliveries[0].lane.id), (None, route));
    assert!(topology.terms(route).is_some(), "the route is a lane until it splits");
    let rest = topology.route(route).expect("it is there").recipe.routed().digest();
    assert!(topology.recipe(&rest).is_some(), "what the children pin is known");
}
