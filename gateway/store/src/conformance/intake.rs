//! Cases of the port of those who accept.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::delivery::{Birth, Lease, Owner};
use hookgate_core::event::{Accepted, Content, Dedupe, Parts};
use hookgate_core::word::{EventId, Headers, Kind};
use hookgate_ports::{Clock, DeliveryState, EventFilter, StoreError};

use super::World;
use super::make::{dedupe, name, scope};

const NOBODY: Owner = Owner(0);

fn duplicate(of: EventId) -> Accepted {
    Accepted::Duplicate { of, same_body: true }
}

async fn count(world: &World) -> usize {
    world.store.events(scope(), EventFilter::default(), None, 200).await.unwrap().rows.len()
}

pub(super) async fn an_accepted_unit_is_there_after_a_restart(mut world: World) {
    let unit = vec![world.planned(Birth::Pending, &["crm", "log"]), world.entry()];
    let (first, second) = (unit[0].event.content.id, unit[1].event.content.id);
    let delivery = unit[0].deliveries[1].id;
    world.accept(NOBODY, unit).await.unwrap();

    world.reopen().await;

    let event = world.store.event(scope(), first).await.unwrap().unwrap();
    assert_eq!((event.deliveries, event.body.as_deref()), (2, Some(&b"{\"a\":1}"[..])));
    assert!(world.store.event(scope(), second).await.unwrap().is_some());
    assert_eq!(world.row(delivery).await.state, DeliveryState::Pending);
}

pub(super) async fn a_unit_is_stored_whole_or_not_at_all(world: World) {
    let stored = world.entry();
    world.accept(NOBODY, vec![stored.clone()]).await.unwrap();
    let fresh = world.keyed(dedupe(1, 1));

    let answer = world.accept(NOBODY, vec![fresh.clone(), stored]).await;

    assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
    assert_eq!(world.store.event(scope(), fresh.event.content.id).await, Ok(None));
    assert_eq!(
        world.accept(NOBODY, vec![fresh]).await,
        Ok(vec![Accepted::New]),
        "its key was not kept either"
    );
}

pub(super) async fn an_event_without_deliveries_is_kept(world: World) {
    let answer = world.accept(NOBODY, vec![world.entry()]).await;

    assert_eq!(answer, Ok(vec![Accepted::New]));
    let unrouted = EventFilter { unrouted: Some(true), ..EventFilter::default() };
    assert_eq!(world.store.events(scope(), unrouted, None, 10).await.unwrap().rows.len(), 1);
}

pub(super) async fn an_event_of_nothing_but_a_type_is_kept(world: World) {
    let mut entry = world.entry();
    let id = entry.event.content.id;
    entry.event.content = Arc::new(Content::new(Parts {
        id,
        source: "api".into(),
        event_type: "bare".into(),
        subject: None,
        order_key: None,
        received_at: world.clock.now(),
        headers: Arc::default(),
        body: Bytes::new(),
    }));

    assert_eq!(world.accept(NOBODY, vec![entry]).await, Ok(vec![Accepted::New]));

    let kept = world.store.event(scope(), id).await.unwrap().expect("the event");
    assert_eq!((kept.headers, kept.body), (Some(Headers::new()), Some(Bytes::new())));
}

pub(super) async fn a_key_within_its_window_is_a_duplicate(world: World) {
    let first = world.keyed(dedupe(1, 24));
    let of = first.event.content.id;
    world.accept(NOBODY, vec![first]).await.unwrap();

    world.clock.advance(Duration::from_secs(24 * 3600));
    let mut again = world.planned(Birth::Pending, &["crm"]);
    again.event.dedupe = dedupe(1, 24);
    let delivery = again.deliveries[0].id;
    let answer = world.accept(NOBODY, vec![again]).await;

    assert_eq!(answer, Ok(vec![duplicate(of)]));
    assert_eq!(count(&world).await, 1);
    assert_eq!(world.store.delivery(scope(), delivery).await, Ok(None), "no delivery of a duplicate");
    assert_eq!(world.store.event(scope(), of).await.unwrap().unwrap().duplicates, 1);
}

pub(super) async fn a_key_outside_of_its_window_is_new(world: World) {
    world.accept(NOBODY, vec![world.keyed(dedupe(1, 24))]).await.unwrap();

    world.clock.advance(Duration::from_secs(25 * 3600));
    let second = world.keyed(dedupe(1, 24));
    let of = second.event.content.id;
    let answers = (
        world.accept(NOBODY, vec![second]).await,
        world.accept(NOBODY, vec![world.keyed(dedupe(1, 24))]).await,
    );

    assert_eq!(answers, (Ok(vec![Accepted::New]), Ok(vec![duplicate(of)])));
}

pub(super) async fn a_duplicate_with_another_body_says_so(world: World) {
    let first = world.keyed(dedupe(1, 1));
    let of = first.event.content.id;
    world.accept(NOBODY, vec![first]).await.unwrap();

    let other = world.keyed(dedupe(1, 1).map(|dedupe| Dedupe { fingerprint: -9, ..dedupe }));
    let answer = world.accept(NOBODY, vec![other]).await;

    assert_eq!(answer, Ok(vec![Accepted::Duplicate { of, same_body: false }]));
}

pub(super) async fn equal_keys_of_one_unit_are_folded(world: World) {
    let entries = vec![
        world.keyed(dedupe(1, 1)),
        world.keyed(dedupe(2, 1)),
        world.keyed(dedupe(1, 1)),
        world.keyed(dedupe(1, 1)),
    ];
    let of = entries[0].event.content.id;

    let answer = world.accept(NOBODY, entries).await;

    assert_eq!(answer, Ok(vec![Accepted::New, Accepted::New, duplicate(of), duplicate(of)]));
    assert_eq!(world.store.event(scope(), of).await.unwrap().unwrap().duplicates, 2);
}

pub(super) async fn equal_keys_of_two_sources_are_two_events(world: World) {
    let mut other = world.keyed(dedupe(1, 1));
    other.event.source = name(Kind::Source, "stripe");

    let answer = world.accept(NOBODY, vec![world.keyed(dedupe(1, 1)), other]).await;

    assert_eq!(answer, Ok(vec![Accepted::New, Accepted::New]));
}

pub(super) async fn a_duplicate_is_found_after_a_restart(mut world: World) {
    let first = world.keyed(dedupe(1, 2));
    let of = first.event.content.id;
    world.accept(NOBODY, vec![first]).await.unwrap();

    world.reopen().await;
    world.clock.advance(Duration::from_secs(3600));

    assert_eq!(world.accept(NOBODY, vec![world.keyed(dedupe(1, 2))]).await, Ok(vec![duplicate(of)]));
}

pub(super) async fn many_at_once_with_one_key_store_one(world: World) {
    let units: Vec<_> = (0..20).map(|_| world.accept(NOBODY, vec![world.keyed(dedupe(1, 1))])).collect();

    let answers = futures_util::future::join_all(units).await;

    let new = answers.iter().filter(|answer| **answer == Ok(vec![Accepted::New])).count();
    assert_eq!((new, count(&world).await), (1, 1));
    let rows = world.store.events(scope(), EventFilter::default(), None, 1).await.unwrap().rows;
    assert_eq!(rows[0].duplicates, 19);
}

pub(super) async fn births_of_a_dead_incarnation_are_pending(world: World) {
    let dead = world.enter().await;
    world.enter().await;
    let entry = world.planned(Birth::Taken(Lease { owner: dead, token: world.token() }), &["crm"]);
    let delivery = entry.deliveries[0].id;

    let answer = world.accept(dead, vec![entry]).await;

    assert_eq!(answer, Ok(vec![Accepted::New]));
    assert_eq!(world.row(delivery).await.state, DeliveryState::Pending);
}
