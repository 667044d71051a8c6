//! Cases of filters, of pages that end early, and of sending many again.

use std::time::Duration;

use hookgate_core::delivery::{Birth, End, Owner};
use hookgate_core::limits;
use hookgate_core::word::{Actor, DeliveryId, Kind};
use hookgate_ports::{Clock, Cursor, DeliveryFilter, DeliveryState, EventFilter, RetriedMany, To};

use super::World;
use super::make::{DEAD, DELIVERED, HELD, name, scope};

const DEAD_LETTERS: Option<DeliveryState> = Some(DeliveryState::Finished(End::DeadLettered));

impl World {
    /// Makes so many deliveries to `crm` dead letters, and returns them, oldest first.
    async fn dead_letters(&self, owner: Owner, count: usize) -> Vec<DeliveryId> {
        let ids = self.pending(&vec!["crm"; count]).await;
        for leased in self.take(owner, "crm", u32::MAX).await {
            self.settled(leased.id, leased.lease, DEAD).await;
        }
        ids
    }

    fn fresh(&self, count: usize) -> Vec<DeliveryId> {
        (0..count).map(|_| DeliveryId(self.id())).collect()
    }

    async fn retry_all(
        &self,
        filter: DeliveryFilter,
        from: Option<Cursor>,
        fresh: Vec<DeliveryId>,
    ) -> RetriedMany {
        self.store.retry_all(Actor::Key("admin".into()), scope(), filter, from, fresh).await.unwrap()
    }
}

async fn listed(world: &World, filter: DeliveryFilter) -> Vec<DeliveryId> {
    let page = world.store.deliveries(scope(), filter, None, 100).await.unwrap();
    page.rows.into_iter().map(|row| row.id).collect()
}

pub(super) async fn deliveries_are_listed_by_route_type_reason_and_time(world: World) {
    let owner = world.enter().await;
    let dead = world.dead_letters(owner, 1).await[0];
    world.clock.advance(Duration::from_secs(1));
    let noon = world.clock.now();
    let mut other = world.planned(Birth::Pending, &["crm"]);
    other.deliveries[0].route = name(Kind::Route, "other");
    let (by_other, event) = (other.deliveries[0].id, other.event.content.id);
    world.accept(owner, vec![other]).await.unwrap();
    let all = DeliveryFilter::default;

    let route = Some(name(Kind::Route, "other"));
    assert_eq!(listed(&world, DeliveryFilter { route, ..all() }).await, [by_other]);
    let event_type = Some("push".to_owned());
    assert_eq!(listed(&world, DeliveryFilter { event_type, ..all() }).await, [by_other, dead]);
    let event_type = Some("pus".to_owned());
    assert_eq!(listed(&world, DeliveryFilter { event_type, ..all() }).await, []);
    let reason = Some("exhausted".to_owned());
    assert_eq!(listed(&world, DeliveryFilter { reason: reason.clone(), ..all() }).await, [dead]);
    for state in [DEAD_LETTERS, None] {
        let filter = DeliveryFilter { state, reason: Some("gone".to_owned()), ..all() };
        assert_eq!(listed(&world, filter).await, []);
    }
    assert_eq!(listed(&world, DeliveryFilter { since: Some(noon), ..all() }).await, [by_other]);
    assert_eq!(listed(&world, DeliveryFilter { until: Some(noon), ..all() }).await, [dead]);
    let nothing = DeliveryFilter { since: Some(noon), until: Some(noon), ..all() };
    assert_eq!(listed(&world, nothing).await, []);
    let of_event = DeliveryFilter { event: Some(event), reason, ..all() };
    assert_eq!(listed(&world, of_event).await, []);
    let later = EventFilter { since: Some(noon), ..EventFilter::default() };
    let events = world.store.events(scope(), later, None, 9).await.unwrap().rows;
    assert_eq!(events.iter().map(|row| row.id).collect::<Vec<_>>(), [event]);
}

pub(super) async fn a_rare_filter_finds_all_in_pages_that_may_end_early(world: World) {
    let owner = world.enter().await;
    let rare = world.pending(&["rare"]).await[0];
    let page = limits::SCAN_ROWS_MAX as usize / 4;
    for _ in 0..5 {
        world.pending(&vec!["crm"; page]).await;
    }
    let rare = [world.pending(&["rare"]).await[0], rare];
    let destination = Some(name(Kind::Destination, "rare"));

    for state in [None, Some(DeliveryState::Pending)] {
        let filter = DeliveryFilter { destination, state, ..DeliveryFilter::default() };
        let (mut seen, mut from, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = world.store.deliveries(scope(), filter.clone(), from, 10).await.unwrap();
            seen.extend(page.rows.iter().map(|row| row.id));
            assert!(page.next.is_none_or(|next| from.is_none_or(|from| next.0 < from.0)), "it goes on");
            (from, pages) = (page.next, pages + 1);
            if from.is_none() {
                break;
            }
        }
        assert_eq!((seen.as_slice(), pages <= 4), (&rare[..], true), "{pages} pages");
    }
    assert!(world.take(owner, "rare", 9).await.len() == 2);
}

pub(super) async fn a_bulk_retry_resolves_what_the_filter_fits_oldest_first(world: World) {
    let owner = world.enter().await;
    let dead = world.dead_letters(owner, 3).await;
    let log = world.pending(&["log"]).await[0];
    let leased = world.take(owner, "log", 1).await.remove(0);
    world.settled(log, leased.lease, DEAD).await;
    let crm = Some(name(Kind::Destination, "crm"));
    let filter = DeliveryFilter { destination: crm, ..DeliveryFilter::default() };
    let fresh = world.fresh(2);

    let first = world.retry_all(filter.clone(), None, fresh.clone()).await;
    let rest = world
        .retry_all(DeliveryFilter { state: DEAD_LETTERS, ..filter.clone() }, first.next, world.fresh(2))
        .await;
    let none = world.retry_all(filter, None, world.fresh(2)).await;

    assert_eq!((first.retried, first.next.is_some()), (2, true));
    assert_eq!(
        (rest, none),
        (RetriedMany { retried: 1, next: None }, RetriedMany { retried: 0, next: None })
    );
    for (dead, fresh) in dead.iter().zip(&fresh) {
        assert_eq!(world.row(*dead).await.resolved_by, Some(*fresh));
        assert_eq!(world.row(*fresh).await.replay_of, Some(*dead));
    }
    assert_eq!(world.row(log).await.resolved_by, None);
    assert_eq!(world.take(owner, "crm", 9).await.len(), 3);
}

pub(super) async fn a_bulk_retry_of_held_ones_makes_them_due(world: World) {
    let owner = world.enter().await;
    let ids = world.pending(&["crm", "crm"]).await;
    let dead = world.pending(&["log"]).await[0];
    for leased in world.take(owner, "crm", 9).await {
        world.settled(leased.id, leased.lease, HELD).await;
    }
    let leased = world.take(owner, "log", 9).await.remove(0);
    world.settled(dead, leased.lease, DEAD).await;
    let held = DeliveryFilter { state: Some(DeliveryState::Held), ..DeliveryFilter::default() };

    let retried = world.retry_all(held, None, world.fresh(9)).await;

    assert_eq!(retried, RetriedMany { retried: 2, next: None });
    let taken: Vec<_> = world.take(owner, "crm", 9).await.into_iter().map(|leased| leased.id).collect();
    assert_eq!((taken, world.row(dead).await.resolved_by), (ids, None));
}

pub(super) async fn a_bulk_retry_has_its_bounds(world: World) {
    let owner = world.enter().await;
    let dead = world.dead_letters(owner, limits::RETRIES_PER_CALL_MAX + 1).await;
    let all = DeliveryFilter::default;

    let nothing = world.retry_all(all(), None, Vec::new()).await;
    let most = world.retry_all(all(), nothing.next, world.fresh(dead.len())).await;
    let last = world.retry_all(all(), most.next, world.fresh(9)).await;
    let delivered = Some(DeliveryState::Finished(End::Delivered));
    let other = world.retry_all(DeliveryFilter { state: delivered, ..all() }, None, world.fresh(9)).await;

    assert_eq!((nothing.retried, nothing.next.is_some()), (0, true));
    assert_eq!(most.retried, limits::RETRIES_PER_CALL_MAX as u64);
    assert_eq!(last, RetriedMany { retried: 1, next: None });
    assert_eq!(other, RetriedMany { retried: 0, next: None });
}

pub(super) async fn of_two_bulk_retries_at_once_each_dead_letter_is_retried_once(world: World) {
    let owner = world.enter().await;
    world.dead_letters(owner, 20).await;
    let all = DeliveryFilter::default;

    let (one, other) = tokio::join!(
        world.retry_all(all(), None, world.fresh(20)),
        world.retry_all(all(), None, world.fresh(20))
    );

    assert_eq!(one.retried + other.retried, 20);
    assert_eq!(world.take(owner, "crm", 99).await.len(), 20);
}

pub(super) async fn old_events_go_with_all_that_they_had(mut world: World) {
    let owner = world.enter().await;
    let dead = world.dead_letters(owner, 3).await;
    let event = world.row(dead[0]).await.event;
    let live = world.dead_letters(owner, 1).await[0];
    let again = world
        .retry_all(
            DeliveryFilter { event: Some(world.row(live).await.event), ..DeliveryFilter::default() },
            None,
            world.fresh(1),
        )
        .await;
    assert_eq!(again.retried, 1);
    let unrouted = world.entry();
    world.accept(owner, vec![unrouted.clone()]).await.unwrap();
    world.clock.advance(Duration::from_secs(3600));
    let young = world.pending(&["log"]).await[0];
    let leased = world.take(owner, "log", 1).await.remove(0);
    world.settled(young, leased.lease, DEAD).await;
    let hour = Duration::from_secs(1800);

    assert_eq!(world.store.forget(scope(), Duration::from_secs(7200), 100).await, Ok(0));
    assert_eq!(world.store.forget(scope(), hour, 100).await, Ok(2), "a live delivery keeps its event");
    assert_eq!(world.store.forget(scope(), hour, 100).await, Ok(0));
    world.reopen().await;

    for id in dead {
        assert_eq!(world.store.delivery(scope(), id).await, Ok(None));
        assert_eq!(world.store.attempts(scope(), id).await, Ok(Vec::new()));
    }
    assert_eq!(world.store.event(scope(), event).await, Ok(None));
    assert_eq!(world.store.event(scope(), unrouted.event.content.id).await, Ok(None));
    assert_eq!(world.row(live).await.state, DeliveryState::Finished(End::DeadLettered));
    assert_eq!(world.row(young).await.state, DeliveryState::Finished(End::DeadLettered));
    let owner = world.enter().await;
    let leased = world.take(owner, "crm", 9).await.remove(0);
    world.settled(leased.id, leased.lease, DELIVERED).await;
    assert_eq!(world.store.forget(scope(), hour, 100).await, Ok(1), "now it has ended");
}

pub(super) async fn forgetting_keeps_to_its_bound_and_gets_on(world: World) {
    let owner = world.enter().await;
    let stuck = world.pending(&["log"]).await[0];
    for _ in 0..10 {
        world.dead_letters(owner, 9).await;
    }
    let retried = world.pending(&["crm"]).await[0];
    let leased = world.take(owner, "crm", 1).await.remove(0);
    world.settled(retried, leased.lease, To::Retry(Duration::ZERO)).await;
    let leased = world.take(owner, "crm", 1).await.remove(0);
    world.settled(retried, leased.lease, DELIVERED).await;
    world.clock.advance(Duration::from_secs(3600));

    let (mut forgotten, mut calls) = (0, 0);
    while forgotten < 11 {
        let some = world.store.forget(scope(), Duration::from_secs(60), 20).await.unwrap();
        assert!(some <= 3, "{some} events of ten rows each");
        (forgotten, calls) = (forgotten + some, calls + 1);
        assert!(calls < 50, "it gets on");
    }

    let events = world.store.events(scope(), EventFilter::default(), None, 99).await.unwrap().rows;
    assert_eq!((events.len(), events[0].id), (1, world.row(stuck).await.event));
}
