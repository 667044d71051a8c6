//! Cases of what is due, and of taking it.

use std::time::Duration;

use hookgate_core::delivery::{Birth, Lease, Owner};
use hookgate_core::limits;
use hookgate_core::recipe::Recipe;
use hookgate_core::word::{Digest, Kind};
use hookgate_ports::{Applied, Clock, Due, DueLane, StoreError, To, Want};

use super::World;
use super::make::{lane, name, scope, slug};

const MINUTE: Duration = Duration::from_secs(60);

pub(super) async fn births_taken_are_not_due(world: World) {
    let owner = world.enter().await;

    let (id, lease) = world.born_taken(owner).await;

    assert_eq!(world.store.due(10).await, Ok(Due::default()));
    assert!(world.take(owner, "crm", 10).await.is_empty());
    assert_eq!(world.settled(id, lease, super::make::DELIVERED).await, hookgate_ports::Settled::Done);
}

pub(super) async fn a_pending_birth_is_due_at_once(world: World) {
    world.pending(&["crm"]).await;

    let due = world.store.due(10).await.unwrap();

    assert_eq!(
        due,
        Due { lanes: vec![DueLane { lane: lane("crm"), since: world.clock.now() }], next_in: None }
    );
}

pub(super) async fn take_gives_all_that_rendering_needs(world: World) {
    let owner = world.enter().await;
    world.store.apply(hookgate_core::word::Actor::System, applied()).await.unwrap();
    let entry = world.planned(Birth::Pending, &["crm"]);
    let (event, planned) = (entry.event.clone(), entry.deliveries[0].clone());
    world.accept(owner, vec![entry]).await.unwrap();
    let want = world.want("crm", 1);

    let taken = world.store.take(owner, vec![want]).await.unwrap().remove(0);

    let content = &taken.event;
    assert_eq!((taken.id, taken.lease), (planned.id, Lease { owner, token: want.token }));
    assert_eq!(
        (taken.route, taken.destination, taken.lane),
        (planned.route, planned.destination, planned.lane)
    );
    assert_eq!(
        (taken.recipe, &taken.message, taken.bytes),
        (planned.recipe, &planned.message, planned.bytes)
    );
    assert_eq!((taken.attempts, taken.plugin_tries, taken.lost, taken.hops), (0, 0, 0, event.hops));
    assert_eq!((&*content.source, &*content.event_type), ("github", "push"));
    assert_eq!(
        (content.id, &content.subject, &content.order_key),
        (event.content.id, &event.content.subject, &None)
    );
    assert_eq!(
        (content.received_at, &content.headers, &content.body),
        (event.content.received_at, &event.content.headers, &event.content.body)
    );
}

fn applied() -> Applied {
    Applied {
        scope: scope(),
        revision: Digest::of(b"revision"),
        text: "version = 1".into(),
        names: vec![(name(Kind::Source, "github"), Kind::Source, slug("github"))],
        recipes: vec![(Recipe::default().digest(), Recipe::default().to_json())],
        components: Vec::new(),
    }
}

pub(super) async fn take_gives_the_longest_due_first(world: World) {
    let owner = world.enter().await;
    let first = world.pending(&["crm"]).await;
    world.clock.advance(MINUTE);
    let second = world.pending(&["crm"]).await;
    let held = world.take(owner, "crm", 1).await.remove(0);
    world.clock.advance(MINUTE);
    world.settled(held.id, held.lease, To::Retry(Duration::ZERO)).await;
    world.clock.advance(MINUTE);
    let third = world.pending(&["crm"]).await;

    let taken: Vec<_> = world.take(owner, "crm", 10).await.into_iter().map(|leased| leased.id).collect();

    assert_eq!(taken, [second, first, third].concat());
}

pub(super) async fn take_keeps_to_its_count(world: World) {
    let owner = world.enter().await;
    world.pending(&["crm", "crm", "crm"]).await;

    let counts = (
        world.take(owner, "crm", 0).await.len(),
        world.take(owner, "crm", 2).await.len(),
        world.take(owner, "crm", 2).await.len(),
    );

    assert_eq!(counts, (0, 2, 1));
}

pub(super) async fn take_keeps_to_its_bytes(world: World) {
    let owner = world.enter().await;
    // Each has 7 bytes.
    world.pending(&["crm", "crm", "crm", "crm"]).await;

    let mut counts = Vec::new();
    for bytes in [6, 14, 20] {
        let want = Want { bytes, ..world.want("crm", 10) };
        counts.push(world.store.take(owner, vec![want]).await.unwrap().len());
    }

    assert_eq!(counts, [0, 2, 2]);
}

pub(super) async fn take_keeps_to_its_lane(world: World) {
    let owner = world.enter().await;
    let ids = world.pending(&["crm", "log", "crm"]).await;
    let (crm, log) = (world.want("crm", 1), world.want("log", 5));

    let taken = world.store.take(owner, vec![crm, log, world.want("nobody", 5)]).await.unwrap();

    let taken: Vec<_> = taken.into_iter().map(|leased| (leased.id, leased.lease.token)).collect();
    assert_eq!(taken, [(ids[0], crm.token), (ids[1], log.token)]);
}

pub(super) async fn take_tells_suspects_from_others(world: World) {
    let lost = world.pending(&["crm"]).await[0];
    let mut owner = world.enter().await;
    for _ in 0..limits::LOST_SUSPECT {
        assert_eq!(world.take(owner, "crm", 1).await[0].id, lost);
        owner = world.enter().await;
    }
    let other = world.pending(&["crm"]).await[0];

    let others = world.take(owner, "crm", 9).await;
    let suspects =
        world.store.take(owner, vec![Want { suspects: true, ..world.want("crm", 9) }]).await.unwrap();

    assert_eq!(others.iter().map(|leased| (leased.id, leased.lost)).collect::<Vec<_>>(), [(other, 0)]);
    assert_eq!(
        suspects.iter().map(|leased| (leased.id, leased.lost)).collect::<Vec<_>>(),
        [(lost, limits::LOST_SUSPECT)]
    );
}

pub(super) async fn a_dead_incarnation_takes_nothing(world: World) {
    world.pending(&["crm"]).await;
    let dead = world.enter().await;
    let owner = world.enter().await;

    let answers = (
        world.store.take(dead, vec![world.want("crm", 1)]).await.map(|taken| taken.len()),
        world.store.take(Owner(99), vec![world.want("crm", 1)]).await.map(|taken| taken.len()),
        world.store.take(owner, vec![world.want("crm", 1)]).await.map(|taken| taken.len()),
    );

    assert_eq!(answers, (Err(StoreError::Ended), Err(StoreError::Ended), Ok(1)));
}

pub(super) async fn lanes_come_longest_due_first_and_no_more_than_wanted(world: World) {
    let names: Vec<String> = (0..20).map(|n| format!("d{n}")).collect();
    let mut expected = Vec::new();
    for name in &names {
        world.pending(&[name, name]).await;
        expected.push(DueLane { lane: lane(name), since: world.clock.now() });
        world.clock.advance(MINUTE);
    }

    let (all, some) = (world.store.due(100).await.unwrap(), world.store.due(3).await.unwrap());

    assert_eq!(all.lanes, expected);
    assert_eq!(some.lanes, expected[..3]);
}

pub(super) async fn what_is_due_later_says_when(world: World) {
    let owner = world.enter().await;
    world.pending(&["crm", "log", "log"]).await;
    for (destination, delay) in [("crm", 90), ("log", 30)] {
        let leased = world.take(owner, destination, 1).await.remove(0);
        world.settled(leased.id, leased.lease, To::Retry(Duration::from_secs(delay))).await;
    }

    let due = world.store.due(10).await.unwrap();

    let lanes: Vec<_> = due.lanes.iter().map(|due| due.lane).collect();
    assert_eq!((lanes, due.next_in), (vec![lane("log")], Some(Duration::from_secs(30))));
}
