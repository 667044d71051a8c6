//! Cases of the port of those who look after the store.

use std::time::Duration;

use hookgate_core::delivery::Owner;
use hookgate_core::event::Accepted;
use hookgate_ports::Depth;

use super::World;
use super::make::{DELIVERED, HELD, dedupe};

pub(super) async fn depth_counts_live_deliveries(world: World) {
    let owner = world.enter().await;
    world.pending(&["a", "b", "c", "d", "d"]).await;
    let (held, done) = (world.take(owner, "a", 1).await.remove(0), world.take(owner, "b", 1).await.remove(0));
    world.take(owner, "c", 1).await;
    world.settled(held.id, held.lease, HELD).await;
    world.settled(done.id, done.lease, DELIVERED).await;

    assert_eq!(world.store.depth().await, Ok(Depth { pending: 3, in_flight: 1, held: 1 }));
    assert_eq!(world.store.ping().await, Ok(()));
}

pub(super) async fn tidying_forgets_no_key_within_its_window(world: World) {
    let nobody = Owner(0);
    for key in 0..50 {
        world.accept(nobody, vec![world.keyed(dedupe(key, 3))]).await.unwrap();
    }
    world.clock.advance(Duration::from_secs(3 * 3600));
    world.store.tidy().await.unwrap();

    let within = world.accept(nobody, vec![world.keyed(dedupe(7, 3))]).await.unwrap();
    world.clock.advance(Duration::from_secs(3600));
    world.store.tidy().await.unwrap();
    world.store.tidy().await.unwrap();
    let outside = world.accept(nobody, vec![world.keyed(dedupe(7, 200))]).await.unwrap();

    assert!(matches!(within[0], Accepted::Duplicate { .. }));
    assert_eq!(outside, [Accepted::New], "the key itself is gone, however far one looks");
}
