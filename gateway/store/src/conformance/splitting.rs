//! Cases of deliveries that become several, and of what they hold.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::delivery::{Birth, End, Kept, Lane, Lease, Message, NewDelivery, Owner};
use hookgate_core::limits;
use hookgate_core::word::{Actor, DeliveryId, Digest, Kind, MessageId};
use hookgate_ports::{DeliveryFilter, DeliveryState, Keep, Settled, StoreError, To};

use super::World;
use super::make::{DEAD, DELIVERED, fields, lane, name, rendered, scope};

/// What a transform made.
fn message(body: Option<Bytes>) -> Kept {
    Kept::Message(Message {
        event_type: "made".into(),
        headers: fields(&[("content-type", "text/plain")]),
        body,
        made_by: vec![Digest::of(b"component")],
    })
}

impl World {
    /// A child for `log` that holds this.
    pub(super) fn child(&self, of: DeliveryId, nth: u32, held: Option<Kept>) -> NewDelivery {
        let id = DeliveryId(self.id());
        let mut child = self.planned(Birth::Pending, &["log"]).deliveries.remove(0);
        child.id = id;
        child.message = MessageId { born: of, path: format!("_{nth}") };
        child.held = held;
        child
    }
}

/// A delivery that was taken.
async fn taken(world: &World) -> (Owner, DeliveryId, Lease) {
    let owner = world.enter().await;
    let id = world.pending(&["crm"]).await[0];
    let leased = world.take(owner, "crm", 1).await.remove(0);
    (owner, id, leased.lease)
}

pub(super) async fn a_split_ends_its_parent_and_bears_its_children(mut world: World) {
    let (_, parent, lease) = taken(&world).await;
    let event = world.row(parent).await.event;
    world.clock.advance(Duration::from_secs(60));
    let held = message(Some(Bytes::from_static(b"made")));
    let children = vec![world.child(parent, 0, Some(held.clone())), world.child(parent, 1, None)];
    let ids: Vec<_> = children.iter().map(|child| child.id).collect();

    assert_eq!(world.settled(parent, lease, To::Split { children }).await, Settled::Done);
    world.reopen().await;

    let row = world.row(parent).await;
    assert_eq!((row.state, row.attempts, row.reason), (DeliveryState::Finished(End::Split), 1, None));
    assert_eq!(world.store.attempts(scope(), parent).await.unwrap().len(), 1);
    let owner = world.enter().await;
    let born = world.take(owner, "log", 9).await;
    assert_eq!(
        born.iter().map(|child| (child.id, child.has_kept)).collect::<Vec<_>>(),
        [(ids[0], true), (ids[1], false)]
    );
    for (nth, child) in born.iter().enumerate() {
        let row = world.row(child.id).await;
        assert_eq!((row.parent, row.event, child.event.id), (Some(parent), event, event));
        assert_eq!(child.message, MessageId { born: parent, path: format!("_{nth}") });
        assert_eq!((child.attempts, child.lost, child.bytes), (0, 0, 7));
    }
    assert_eq!(world.store.kept(ids[0]).await, Ok(Some(held)));
    assert_eq!(world.store.kept(ids[1]).await, Ok(None));
    let of_event = DeliveryFilter { event: Some(event), ..DeliveryFilter::default() };
    let listed = world.store.deliveries(scope(), of_event, None, 9).await.unwrap().rows;
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[1], ids[0], parent]);
}

pub(super) async fn a_late_split_bears_nothing(world: World) {
    let (_, parent, lease) = taken(&world).await;
    let late = Lease { owner: Owner(lease.owner.0 + 1), ..lease };
    let child = world.child(parent, 0, Some(message(None)));
    let id = child.id;

    assert_eq!(world.settled(parent, late, To::Split { children: vec![child] }).await, Settled::LeaseLost);

    assert_eq!(world.store.delivery(scope(), id).await, Ok(None));
    assert_eq!(world.store.kept(id).await, Ok(None));
    assert_eq!(world.row(parent).await.state, DeliveryState::InFlight);
}

pub(super) async fn a_split_is_written_whole_or_not_at_all(world: World) {
    let (_, parent, lease) = taken(&world).await;
    let stored = world.pending(&["crm"]).await[0];
    let first = world.child(parent, 0, Some(message(None)));
    let clash = NewDelivery { id: stored, ..world.child(parent, 1, None) };
    let (id, twice) = (first.id, first.clone());

    for children in [vec![first.clone(), clash], vec![first, twice]] {
        let refused = world.store.settle(world.settle(parent, lease, To::Split { children })).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }

    assert_eq!(world.store.delivery(scope(), id).await, Ok(None));
    assert_eq!(world.row(parent).await.state, DeliveryState::InFlight);
    assert_eq!(world.settled(parent, lease, DELIVERED).await, Settled::Done);
}

pub(super) async fn a_split_into_nothing_or_too_much_is_refused(world: World) {
    let (_, parent, lease) = taken(&world).await;
    let too_many = u32::try_from(limits::SPLIT_MAX).unwrap() + 1;

    for count in [0, too_many] {
        let children = (0..count).map(|nth| world.child(parent, nth, None)).collect();
        let refused = world.store.settle(world.settle(parent, lease, To::Split { children })).await;
        assert!(matches!(&refused, Err(StoreError::Refused(why)) if why.contains("1 to 100")), "{refused:?}");
    }

    let children = (1..too_many).map(|nth| world.child(parent, nth, None)).collect();
    assert_eq!(world.settled(parent, lease, To::Split { children }).await, Settled::Done);
}

pub(super) async fn a_split_larger_than_a_commit_is_written(world: World) {
    let (owner, parent, lease) = taken(&world).await;
    let body = Bytes::from(vec![b'x'; limits::COMMIT_BYTES_MAX / 4]);
    let children = (0..5).map(|nth| world.child(parent, nth, Some(message(Some(body.clone()))))).collect();
    let split = world.settle(parent, lease, To::Split { children });

    let (settled, accepted) =
        tokio::join!(world.store.settle(split), world.accept(owner, vec![world.entry(), world.entry()]));

    assert_eq!((settled, accepted.map(|each| each.len())), (Ok(Settled::Done), Ok(2)));
    let born = world.take(owner, "log", 9).await;
    assert_eq!(born.len(), 5);
    assert_eq!(world.store.kept(born[4].id).await, Ok(Some(message(Some(body)))));
}

pub(super) async fn what_is_not_routed_yet_queues_by_its_route(world: World) {
    let owner = world.enter().await;
    let by_route = Lane { scope: scope(), id: name(Kind::Route, "all") };
    let mut entry = world.planned(Birth::Pending, &["crm"]);
    let planned = &mut entry.deliveries[0];
    (planned.destination, planned.lane) = (None, by_route);
    let id = planned.id;
    world.accept(owner, vec![entry]).await.unwrap();

    assert!(world.take(owner, "crm", 9).await.is_empty());
    let want = hookgate_ports::Want { lane: by_route, ..world.want("crm", 9) };
    let leased = world.store.take(owner, vec![want]).await.unwrap().remove(0);

    assert_eq!((leased.id, leased.destination, leased.lane), (id, None, by_route));
    assert_eq!(world.row(id).await.destination, "");
    let to_crm = Some(name(Kind::Destination, "crm"));
    let filter = DeliveryFilter { destination: to_crm, ..DeliveryFilter::default() };
    assert!(world.store.deliveries(scope(), filter, None, 9).await.unwrap().rows.is_empty());
    let child = world.child(id, 0, None);
    assert_eq!(world.settled(id, leased.lease, To::Split { children: vec![child] }).await, Settled::Done);
    assert_eq!(world.take(owner, "log", 9).await[0].lane, lane("log"));
}

pub(super) async fn what_a_dead_letter_held_goes_on_with_its_retry(world: World) {
    let (owner, parent, lease) = taken(&world).await;
    let held = message(Some(Bytes::from_static(b"made")));
    let children =
        vec![world.child(parent, 0, Some(held.clone())), world.child(parent, 1, Some(held.clone()))];
    world.settled(parent, lease, To::Split { children }).await;
    let born = world.take(owner, "log", 9).await;
    world.settled(born[0].id, born[0].lease, DEAD).await;
    world.settled(born[1].id, born[1].lease, DELIVERED).await;
    assert_eq!(world.store.kept(born[0].id).await, Ok(None), "nobody renders a dead letter");

    let fresh = DeliveryId(world.id());
    assert_eq!(world.store.retry(Actor::System, scope(), born[0].id, fresh).await, Ok(fresh));

    assert_eq!(world.store.kept(fresh).await, Ok(Some(held)));
    assert_eq!(world.store.kept(born[1].id).await, Ok(None));
    let again = world.take(owner, "log", 9).await.remove(0);
    assert_eq!((again.id, again.has_kept, &again.message), (fresh, true, &born[0].message));
    assert_eq!(world.row(fresh).await.parent, Some(parent));
}

pub(super) async fn a_held_message_does_not_spare_the_count(world: World) {
    let (owner, parent, lease) = taken(&world).await;
    let children = vec![world.child(parent, 0, Some(message(None)))];
    world.settled(parent, lease, To::Split { children }).await;
    let child = world.take(owner, "log", 1).await.remove(0);

    let owner = world.enter().await;
    let lost = world.take(owner, "log", 1).await.remove(0);
    let kept = Kept::Rendered(rendered("whole"));
    let keep = Keep { delivery: lost.id, lease: lost.lease, kept: kept.clone() };
    assert_eq!(world.store.keep(keep).await, Ok(Settled::Done));
    let owner = world.enter().await;
    let spared = world.take(owner, "log", 1).await.remove(0);

    assert_eq!((child.lost, lost.lost, spared.lost), (0, 1, 1));
    assert_eq!(world.store.kept(lost.id).await, Ok(Some(kept)));
}

pub(super) async fn an_abandoned_delivery_keeps_what_it_held(world: World) {
    let (mut owner, parent, lease) = taken(&world).await;
    let children = vec![world.child(parent, 0, Some(message(None)))];
    let id = children[0].id;
    world.settled(parent, lease, To::Split { children }).await;
    for lost in 0..limits::LOST_ABANDONED {
        let want = hookgate_ports::Want { suspects: lost >= limits::LOST_SUSPECT, ..world.want("log", 1) };
        assert_eq!(world.store.take(owner, vec![want]).await.unwrap().len(), 1);
        owner = world.enter().await;
    }
    assert_eq!(world.row(id).await.reason.as_deref(), Some("abandoned"));

    let fresh = DeliveryId(world.id());
    world.store.retry(Actor::System, scope(), id, fresh).await.unwrap();

    assert_eq!(world.store.kept(fresh).await, Ok(Some(message(None))));
}

pub(super) async fn a_planned_delivery_has_no_parent_and_holds_nothing(world: World) {
    let refused = async |change: fn(&mut NewDelivery)| {
        let mut entry = world.planned(Birth::Pending, &["crm"]);
        change(&mut entry.deliveries[0]);
        let id = entry.event.content.id;
        let answer = world.accept(Owner(0), vec![world.entry(), entry]).await;
        assert!(matches!(answer, Err(StoreError::Refused(_))), "{answer:?}");
        assert_eq!(world.store.event(scope(), id).await, Ok(None));
    };

    refused(|planned| planned.parent = Some(DeliveryId(1))).await;
    refused(|planned| planned.held = Some(message(None))).await;
    assert_eq!(world.store.due(9).await.unwrap().lanes, []);
}
