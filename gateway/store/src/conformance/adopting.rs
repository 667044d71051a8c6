//! Cases of entering, and of what dead incarnations held.

use hookgate_core::delivery::{End, Kept, Owner};
use hookgate_core::limits;
use hookgate_core::word::Minter;
use hookgate_ports::{Clock, DeliveryState, Keep, Settled};

use super::World;
use super::make::{DELIVERED, rendered, scope};

pub(super) async fn entering_adopts_and_counts_what_the_dead_held(mut world: World) {
    let dead = world.enter().await;
    let (born, lease) = world.born_taken(dead).await;
    let pending = world.pending(&["crm", "crm"]).await;
    let taken = world.take(dead, "crm", 1).await.remove(0);

    world.reopen().await;
    let seat = world.store.enter().await.unwrap();

    assert_eq!(seat.adopted, 2);
    assert_ne!(seat.owner, dead);
    assert_eq!((seat.owner.number(), seat.owner.incarnation()), (dead.number(), dead.incarnation() + 1));
    assert_eq!(world.settled(born, lease, DELIVERED).await, Settled::LeaseLost);
    let mut again: Vec<_> =
        world.take(seat.owner, "crm", 9).await.into_iter().map(|l| (l.id, l.lost)).collect();
    again.sort();
    assert_eq!(again, [(born, 1), (taken.id, 1), (pending[1], 0)]);
}

pub(super) async fn a_kept_message_spares_the_count(world: World) {
    let mut owner = world.enter().await;
    world.pending(&["crm"]).await;

    for _ in 0..10 {
        let leased = world.take(owner, "crm", 1).await.remove(0);
        let keep = Keep { delivery: leased.id, lease: leased.lease, kept: Kept::Rendered(rendered("kept")) };
        assert_eq!((leased.lost, world.store.keep(keep).await), (0, Ok(Settled::Done)));
        owner = world.enter().await;
    }
}

pub(super) async fn lost_too_often_is_abandoned(world: World) {
    let mut owner = world.enter().await;
    let id = world.pending(&["crm"]).await[0];
    for lost in 0..limits::LOST_ABANDONED {
        let want = hookgate_ports::Want { suspects: lost >= limits::LOST_SUSPECT, ..world.want("crm", 1) };
        assert_eq!(world.store.take(owner, vec![want]).await.unwrap().len(), 1);

        let seat = world.store.enter().await.unwrap();

        let is_last = lost + 1 == limits::LOST_ABANDONED;
        assert_eq!(seat.adopted, if is_last { 0 } else { 1 });
        owner = seat.owner;
    }

    let row = world.row(id).await;
    assert_eq!(
        (row.state, row.reason.as_deref()),
        (DeliveryState::Finished(End::DeadLettered), Some("abandoned"))
    );
    assert_eq!((row.attempts, row.finished_at, row.last), (0, Some(world.clock.now()), None));
    assert_eq!(world.store.attempts(scope(), id).await, Ok(Vec::new()));
}

pub(super) async fn ids_begin_above_those_stored(mut world: World) {
    assert_eq!(world.store.enter().await.unwrap().id_max, 0);
    let greatest = world.pending(&["crm", "log"]).await[1];

    world.reopen().await;

    let id_max = world.store.enter().await.unwrap().id_max;
    assert_eq!(id_max, greatest.0);
    assert!(Minter::new(0, id_max).next(world.clock.now()) > greatest.0);
}

pub(super) async fn the_hash_key_stays(mut world: World) {
    let first = world.store.enter().await.unwrap();

    world.reopen().await;
    let second = world.store.enter().await.unwrap();

    assert_eq!(first.hash_key.expose(), second.hash_key.expose());
    assert_eq!(first.hash_key.expose().len(), 32);
    assert_ne!(first.owner, Owner(0));
}
