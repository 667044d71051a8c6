//! Cases of what is held, and of what is due when the hold ends.

use std::time::Duration;

use hookgate_core::control::{Control, Fact};
use hookgate_core::word::{Actor, Kind, NameId};
use hookgate_ports::{Clock, DeliveryState, To};

use super::World;
use super::make::{name, scope};

fn control(world: &World, kind: Kind, subject: NameId, fact: Fact) -> Control {
    Control {
        scope: scope(),
        kind,
        subject,
        fact,
        reason: "10 failures in a row: \"503\"".into(),
        since: world.clock.now(),
        until: None,
        actor: Actor::System.to_string(),
    }
}

pub(super) async fn a_control_stands_until_it_is_lifted(mut world: World) {
    let crm = name(Kind::Destination, "crm");
    let open = control(&world, Kind::Destination, crm, Fact::Breaker);
    let gone = control(&world, Kind::Destination, crm, Fact::Disabled);
    let later = Control { until: Some(world.clock.now().after(Duration::from_secs(30))), ..open.clone() };

    for hold in [&open, &gone, &later] {
        world.store.hold(hold.clone()).await.unwrap();
    }
    world.reopen().await;

    let lift = async |kind, fact| world.store.lift(scope(), kind, crm, fact).await.unwrap();
    assert_eq!(world.store.controls().await, Ok(vec![later, gone.clone()]), "the later one of a fact counts");
    assert!(lift(Kind::Destination, Fact::Breaker).await);
    assert!(!lift(Kind::Destination, Fact::Breaker).await);
    assert!(!lift(Kind::Route, Fact::Disabled).await);
    assert_eq!(world.store.controls().await, Ok(vec![gone]));
    assert!(lift(Kind::Destination, Fact::Disabled).await);
    assert_eq!(world.store.controls().await, Ok(vec![]));
}

pub(super) async fn the_end_of_a_quarantine_frees_what_its_plugin_held(world: World) {
    let owner = world.enter().await;
    let (broken, other) = (name(Kind::Plugin, "broken"), name(Kind::Plugin, "other"));
    let ids = world.pending(&["crm", "crm", "crm"]).await;
    let waits_for = [Some(broken), Some(other), None];
    for (leased, plugin) in world.take(owner, "crm", 3).await.into_iter().zip(waits_for) {
        world.settled(leased.id, leased.lease, To::Hold { plugin }).await;
    }
    let states = async || {
        let mut states = Vec::new();
        for id in &ids {
            states.push(world.row(*id).await.state);
        }
        states
    };
    let all_held = vec![DeliveryState::Held; 3];

    assert!(!world.store.lift(scope(), Kind::Plugin, broken, Fact::Quarantined).await.unwrap());
    assert_eq!(states().await, all_held, "it was in no quarantine");
    for fact in [Fact::Paused, Fact::Quarantined] {
        world.store.hold(control(&world, Kind::Plugin, broken, fact)).await.unwrap();
    }
    assert!(world.store.lift(scope(), Kind::Plugin, broken, Fact::Paused).await.unwrap());
    assert_eq!(states().await, all_held);
    assert!(world.store.lift(scope(), Kind::Plugin, broken, Fact::Quarantined).await.unwrap());

    assert_eq!(states().await, [DeliveryState::Pending, DeliveryState::Held, DeliveryState::Held]);
    let freed = world.take(owner, "crm", 9).await;
    assert_eq!(
        freed.iter().map(|leased| (leased.id, leased.plugin_tries)).collect::<Vec<_>>(),
        [(ids[0], 1)]
    );
}
