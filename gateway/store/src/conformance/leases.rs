//! Cases of settling, keeping and giving back.

use std::time::Duration;

use hookgate_core::delivery::{End, Kept, Lease, Owner};
use hookgate_core::word::{DeliveryId, Token};
use hookgate_ports::{Clock, DeliveryState, Due, Keep, Settled, To};

use super::World;
use super::make::{DEAD, DELIVERED, HELD, rendered, scope};

const MINUTE: Duration = Duration::from_secs(60);

/// A delivery that was taken.
async fn taken(world: &World) -> (Owner, DeliveryId, Lease) {
    let owner = world.enter().await;
    world.pending(&["crm"]).await;
    let leased = world.take(owner, "crm", 1).await.remove(0);
    (owner, leased.id, leased.lease)
}

pub(super) async fn a_late_settle_changes_nothing(world: World) {
    let (owner, id, lease) = taken(&world).await;
    world.store.release(vec![(id, lease)]).await.unwrap();
    let now = world.take(owner, "crm", 1).await.remove(0).lease;
    let before = world.row(id).await;

    for to in [DELIVERED, DEAD, To::Retry(MINUTE), To::RetryPlugin(MINUTE), HELD] {
        assert_eq!(world.settled(id, lease, to).await, Settled::LeaseLost);
        let other_owner = Lease { owner: Owner(owner.0 + 1), token: now.token };
        assert_eq!(world.settled(id, other_owner, DELIVERED).await, Settled::LeaseLost);
    }

    assert_eq!(world.row(id).await, before);
    assert_eq!(world.store.attempts(scope(), id).await, Ok(Vec::new()));
    assert_eq!(world.settled(id, now, DELIVERED).await, Settled::Done);
}

pub(super) async fn settling_twice_is_a_lost_lease(world: World) {
    let (_, id, lease) = taken(&world).await;
    let delivered = world.settle(id, lease, DELIVERED);

    let answers = (world.store.settle(delivered.clone()).await, world.store.settle(delivered).await);

    assert_eq!(answers, (Ok(Settled::Done), Ok(Settled::LeaseLost)));
    let (_, id, lease) = taken(&world).await;
    let retried = world.settle(id, lease, To::Retry(MINUTE));
    let answers = (world.store.settle(retried.clone()).await, world.store.settle(retried).await);
    assert_eq!(answers, (Ok(Settled::Done), Ok(Settled::LeaseLost)));
    assert_eq!(world.row(id).await.attempts, 1);
}

pub(super) async fn two_settles_at_once_write_one(world: World) {
    for (first, second) in [(DELIVERED, DEAD), (To::Retry(MINUTE), DELIVERED), (HELD, To::Retry(MINUTE))] {
        let (_, id, lease) = taken(&world).await;

        let answers = tokio::join!(
            world.store.settle(world.settle(id, lease, first)),
            world.store.settle(world.settle(id, lease, second)),
        );

        assert_eq!(answers, (Ok(Settled::Done), Ok(Settled::LeaseLost)));
        assert_eq!(world.store.attempts(scope(), id).await.unwrap().len(), 1);
    }
}

pub(super) async fn a_retry_is_due_later_and_counts(world: World) {
    let (owner, id, lease) = taken(&world).await;

    world.settled(id, lease, To::Retry(MINUTE)).await;

    let row = world.row(id).await;
    assert_eq!(
        (row.state, row.attempts, row.due),
        (DeliveryState::Pending, 1, Some(world.clock.now().after(MINUTE)))
    );
    assert!(world.take(owner, "crm", 1).await.is_empty());
    world.clock.advance(MINUTE);
    let again = world.take(owner, "crm", 1).await.remove(0);
    assert_eq!((again.id, again.attempts), (id, 1));
}

pub(super) async fn a_plugins_crash_counts_no_attempt(world: World) {
    let (owner, id, lease) = taken(&world).await;

    world.settled(id, lease, To::RetryPlugin(Duration::ZERO)).await;
    let once = world.take(owner, "crm", 1).await.remove(0);
    world.settled(id, once.lease, To::RetryPlugin(Duration::ZERO)).await;
    let twice = world.take(owner, "crm", 1).await.remove(0);
    world.settled(id, twice.lease, To::Retry(Duration::ZERO)).await;
    let forgotten = world.take(owner, "crm", 1).await.remove(0);

    let counts = [once, twice, forgotten].map(|leased| (leased.attempts, leased.plugin_tries));
    assert_eq!(counts, [(0, 1), (0, 2), (1, 0)]);
}

pub(super) async fn a_held_delivery_is_never_due(world: World) {
    let (owner, id, lease) = taken(&world).await;

    world.settled(id, lease, HELD).await;
    world.clock.advance(Duration::from_secs(365 * 86_400));

    assert_eq!(world.row(id).await.state, DeliveryState::Held);
    assert_eq!(world.store.due(10).await, Ok(Due::default()));
    assert!(world.take(owner, "crm", 1).await.is_empty());
}

pub(super) async fn a_settled_attempt_forgives_losses(world: World) {
    let (_, id, _) = taken(&world).await;
    let owner = world.enter().await;
    let lost = world.take(owner, "crm", 1).await.remove(0);

    world.settled(id, lost.lease, To::Retry(Duration::ZERO)).await;

    let again = world.take(owner, "crm", 1).await.remove(0);
    assert_eq!((lost.lost, again.lost), (1, 0));
}

pub(super) async fn release_gives_back_uncounted(world: World) {
    let (owner, id, lease) = taken(&world).await;
    world.clock.advance(MINUTE);

    world.store.release(vec![(id, lease)]).await.unwrap();

    assert_eq!(world.row(id).await.due, Some(world.clock.now()));
    let again = world.take(owner, "crm", 1).await.remove(0);
    assert_eq!((again.id, again.attempts, again.lost, again.plugin_tries), (id, 0, 0, 0));
    assert_eq!(world.settled(id, lease, DELIVERED).await, Settled::LeaseLost);
}

pub(super) async fn release_spares_the_leases_of_others(world: World) {
    let (owner, id, lease) = taken(&world).await;
    let others = [Lease { token: Token(1), ..lease }, Lease { owner: Owner(owner.0 + 1), ..lease }];

    world.store.release(others.map(|other| (id, other)).to_vec()).await.unwrap();

    assert_eq!(world.row(id).await.state, DeliveryState::InFlight);
    assert_eq!(world.settled(id, lease, DELIVERED).await, Settled::Done);
}

pub(super) async fn release_unknown_spares_noted_and_younger_tokens(world: World) {
    let owner = world.enter().await;
    world.pending(&["crm", "crm", "crm"]).await;
    let noted = world.take(owner, "crm", 1).await.remove(0);
    let unknown = world.take(owner, "crm", 1).await.remove(0);
    let drawn_before = world.token();
    let younger = world.take(owner, "crm", 1).await.remove(0);

    let released = world.store.release_unknown(owner, vec![noted.lease.token], drawn_before).await;

    assert_eq!(released, Ok(1));
    assert_eq!(world.row(unknown.id).await.state, DeliveryState::Pending);
    for mine in [noted, younger] {
        assert_eq!(world.row(mine.id).await.state, DeliveryState::InFlight);
    }
    assert_eq!(world.store.release_unknown(Owner(owner.0 + 1), Vec::new(), drawn_before).await, Ok(0));
    assert_eq!(world.store.release_unknown(owner, Vec::new(), drawn_before).await, Ok(1));
}

pub(super) async fn what_is_kept_comes_back_while_the_lease_holds(world: World) {
    let (owner, id, lease) = taken(&world).await;
    let late = Keep {
        delivery: id,
        lease: Lease { token: Token(1), ..lease },
        kept: Kept::Rendered(rendered("late")),
    };

    assert_eq!(world.store.keep(late).await, Ok(Settled::LeaseLost));
    assert_eq!(world.store.kept(id).await, Ok(None));
    for body in ["first", "second"] {
        assert_eq!(
            world.store.keep(Keep { delivery: id, lease, kept: Kept::Rendered(rendered(body)) }).await,
            Ok(Settled::Done)
        );
        assert_eq!(world.store.kept(id).await, Ok(Some(Kept::Rendered(rendered(body)))));
    }
    world.settled(id, lease, To::Retry(Duration::ZERO)).await;
    assert_eq!(
        world.store.kept(id).await,
        Ok(Some(Kept::Rendered(rendered("second")))),
        "the next attempt sends the same"
    );
    let again = world.take(owner, "crm", 1).await.remove(0);
    world.settled(id, again.lease, DELIVERED).await;
    assert_eq!(world.store.kept(id).await, Ok(None));
    assert_eq!(world.row(id).await.state, DeliveryState::Finished(End::Delivered));
}

pub(super) async fn leaving_gives_back_uncounted(world: World) {
    let (owner, id, lease) = taken(&world).await;

    world.store.leave(owner).await.unwrap();

    assert_eq!(world.row(id).await.state, DeliveryState::Pending);
    assert_eq!(world.settled(id, lease, DELIVERED).await, Settled::LeaseLost);
    assert!(world.store.take(owner, vec![world.want("crm", 1)]).await.is_err());
    let seat = world.store.enter().await.unwrap();
    assert_eq!((seat.adopted, world.take(seat.owner, "crm", 1).await[0].lost), (0, 0));
}
