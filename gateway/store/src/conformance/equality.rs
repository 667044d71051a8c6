//! Every interleaving looks the same from outside, whichever store it runs on.

use std::time::Duration;

use hookgate_core::control::{Control, Fact};
use hookgate_core::delivery::{Birth, Kept, Lease, Leased, Owner};
use hookgate_core::event::Accepted;
use hookgate_core::limits;
use hookgate_core::word::{Actor, DeliveryId, Kind, NameId, Token};
use hookgate_ports::{
    AgainRefused, Clock, DeliveryFilter, DeliveryRow, DeliveryState, Due, EventFilter, EventRow, RetriedMany,
    Settled, StoreError, To, Want,
};
use proptest::prelude::*;

use super::World;
use super::make::{DEAD, DELIVERED, HELD, dedupe, name, rendered, scope};

const DESTINATIONS: [&str; 3] = ["crm", "log", "mail"];

/// A step; numbers choose among what there is at that moment.
#[derive(Debug, Clone)]
enum Step {
    Accept { key: Option<u8>, window_hours: u32, is_taken: bool, destinations: usize },
    Take { destination: usize, count: u32, bytes: usize, suspects: bool },
    Settle { which: usize, to: To },
    Split { which: usize, children: u32 },
    Hold { which: usize, plugin: usize },
    Quarantine { plugin: usize },
    Lift { plugin: usize },
    Keep { which: usize },
    Release { which: usize },
    ReleaseUnknown { noted: usize },
    Enter,
    Leave,
    Retry { which: usize },
    RetryAll { fresh: usize, is_held: bool },
    Forget { minutes: u64 },
    Wait { minutes: u64 },
    Tidy,
}

fn step() -> impl Strategy<Value = Step> {
    let to = prop_oneof![
        3 => Just(DELIVERED),
        1 => Just(DEAD),
        2 => (0u64..90).prop_map(|minutes| To::Retry(Duration::from_secs(minutes * 60))),
        1 => (0u64..3).prop_map(|minutes| To::RetryPlugin(Duration::from_secs(minutes * 60))),
        1 => Just(HELD),
    ];
    prop_oneof![
        4 => (proptest::option::of(0u8..4), 1u32..3, any::<bool>(), 0usize..=3)
            .prop_map(|(key, window_hours, is_taken, destinations)| Step::Accept { key, window_hours, is_taken, destinations }),
        4 => (0usize..3, 0u32..4, 0usize..30, any::<bool>())
            .prop_map(|(destination, count, bytes, suspects)| Step::Take { destination, count, bytes, suspects }),
        5 => (any::<usize>(), to).prop_map(|(which, to)| Step::Settle { which, to }),
        1 => (any::<usize>(), 0u32..4).prop_map(|(which, children)| Step::Split { which, children }),
        1 => (any::<usize>(), 0usize..2).prop_map(|(which, plugin)| Step::Hold { which, plugin }),
        1 => (0usize..2).prop_map(|plugin| Step::Quarantine { plugin }),
        1 => (0usize..2).prop_map(|plugin| Step::Lift { plugin }),
        1 => any::<usize>().prop_map(|which| Step::Keep { which }),
        1 => any::<usize>().prop_map(|which| Step::Release { which }),
        1 => any::<usize>().prop_map(|noted| Step::ReleaseUnknown { noted }),
        2 => Just(Step::Enter),
        1 => Just(Step::Leave),
        1 => any::<usize>().prop_map(|which| Step::Retry { which }),
        1 => (0usize..4, any::<bool>()).prop_map(|(fresh, is_held)| Step::RetryAll { fresh, is_held }),
        1 => (0u64..200).prop_map(|minutes| Step::Forget { minutes }),
        2 => (0u64..100).prop_map(|minutes| Step::Wait { minutes }),
        1 => Just(Step::Tidy),
    ]
}

/// Of a taken delivery its id, its lease and its three counts.
type Gist = (i64, Lease, u32, u32, u32);

/// What a step answered.
#[derive(Debug, PartialEq)]
enum Seen {
    Accepted(Result<Vec<Accepted>, StoreError>),
    Taken(Result<Vec<Gist>, StoreError>),
    Settled(Option<Result<Settled, StoreError>>),
    Released(Result<u64, StoreError>),
    Entered(Owner, u64, i64),
    Retried(Option<Result<i64, AgainRefused>>),
    Lifted(bool),
    RetriedMany(RetriedMany),
    Nothing,
}

/// All that the ports show.
#[derive(Debug, PartialEq)]
struct Sight {
    due: Due,
    deliveries: Vec<DeliveryRow>,
    events: Vec<EventRow>,
    attempts: Vec<usize>,
    kept: Vec<Option<Kept>>,
    controls: Vec<Control>,
}

/// A run on one store: what it holds, or once held.
struct Run {
    world: World,
    owner: Owner,
    leases: Vec<(DeliveryId, Lease)>,
}

impl Run {
    async fn new(world: World) -> Run {
        let owner = world.enter().await;
        Run { world, owner, leases: Vec::new() }
    }

    fn chosen(&self, which: usize) -> Option<(DeliveryId, Lease)> {
        self.leases.get(which.checked_rem(self.leases.len())?).copied()
    }

    async fn step(&mut self, step: &Step) -> Seen {
        let world = &self.world;
        match step {
            Step::Accept { key, window_hours, is_taken, destinations } => {
                let lease = Lease { owner: self.owner, token: world.token() };
                let birth = if *is_taken { Birth::Taken(lease) } else { Birth::Pending };
                let mut entry = world.planned(birth, &DESTINATIONS[..*destinations]);
                entry.event.dedupe = key.and_then(|key| dedupe(key, *window_hours));
                if *is_taken {
                    self.leases.extend(entry.deliveries.iter().map(|delivery| (delivery.id, lease)));
                }
                Seen::Accepted(world.accept(self.owner, vec![entry]).await)
            }
            Step::Take { destination, count, bytes, suspects } => {
                let want = Want {
                    bytes: *bytes,
                    suspects: *suspects,
                    ..world.want(DESTINATIONS[*destination], *count)
                };
                let taken = world.store.take(self.owner, vec![want]).await;
                self.leases.extend(taken.iter().flatten().map(|leased| (leased.id, leased.lease)));
                let gist = |l: Leased| (l.id.0, l.lease, l.attempts, l.plugin_tries, l.lost);
                Seen::Taken(taken.map(|taken| taken.into_iter().map(gist).collect()))
            }
            Step::Settle { which, to } => {
                let Some((id, lease)) = self.chosen(*which) else { return Seen::Settled(None) };
                Seen::Settled(Some(world.store.settle(world.settle(id, lease, to.clone())).await))
            }
            Step::Split { which, children } => {
                let Some((id, lease)) = self.chosen(*which) else { return Seen::Settled(None) };
                let held = |nth: u32| nth.is_multiple_of(2).then(|| Kept::Rendered(rendered("held")));
                let children = (0..*children).map(|nth| world.child(id, nth, held(nth))).collect();
                let settle = world.settle(id, lease, To::Split { children });
                Seen::Settled(Some(world.store.settle(settle).await))
            }
            Step::Hold { which, plugin } => {
                let Some((id, lease)) = self.chosen(*which) else { return Seen::Settled(None) };
                let to = To::Hold { plugin: Some(plugin_name(*plugin)) };
                Seen::Settled(Some(world.store.settle(world.settle(id, lease, to)).await))
            }
            Step::Quarantine { plugin } => {
                world.store.hold(quarantine(world, plugin_name(*plugin))).await.unwrap();
                Seen::Nothing
            }
            Step::Lift { plugin } => {
                let plugin = plugin_name(*plugin);
                let lifted = world.store.lift(scope(), Kind::Plugin, plugin, Fact::Quarantined).await;
                Seen::Lifted(lifted.unwrap())
            }
            Step::Keep { which } => {
                let Some((delivery, lease)) = self.chosen(*which) else { return Seen::Settled(None) };
                Seen::Settled(Some(
                    world
                        .store
                        .keep(hookgate_ports::Keep {
                            delivery,
                            lease,
                            kept: Kept::Rendered(rendered("kept")),
                        })
                        .await,
                ))
            }
            Step::Release { which } => {
                world.store.release(self.chosen(*which).into_iter().collect()).await.unwrap();
                Seen::Nothing
            }
            Step::ReleaseUnknown { noted } => {
                let noted: Vec<Token> =
                    self.chosen(*noted).map(|(_, lease)| lease.token).into_iter().collect();
                Seen::Released(world.store.release_unknown(self.owner, noted, world.token()).await)
            }
            Step::Enter => {
                let seat = world.store.enter().await.unwrap();
                self.owner = seat.owner;
                Seen::Entered(seat.owner, seat.adopted, seat.id_max)
            }
            Step::Leave => {
                world.store.leave(self.owner).await.unwrap();
                Seen::Nothing
            }
            Step::Retry { which } => {
                let Some((id, _)) = self.chosen(*which) else { return Seen::Retried(None) };
                let fresh = DeliveryId(world.id());
                let retried = world.store.retry(Actor::System, scope(), id, fresh).await;
                Seen::Retried(Some(retried.map(|id| id.0)))
            }
            Step::RetryAll { fresh, is_held } => {
                let fresh = (0..*fresh).map(|_| DeliveryId(world.id())).collect();
                let state = is_held.then_some(DeliveryState::Held);
                let filter = DeliveryFilter { state, ..DeliveryFilter::default() };
                let retried = world.store.retry_all(Actor::System, scope(), filter, None, fresh).await;
                Seen::RetriedMany(retried.unwrap())
            }
            Step::Forget { minutes } => {
                let age = Duration::from_secs(minutes * 60);
                Seen::Released(world.store.forget(scope(), age, 1_000_000).await)
            }
            Step::Wait { minutes } => {
                world.clock.advance(Duration::from_secs(minutes * 60));
                Seen::Nothing
            }
            Step::Tidy => {
                world.store.tidy().await.unwrap();
                Seen::Nothing
            }
        }
    }

    async fn sight(&self) -> Sight {
        let store = &self.world.store;
        let deliveries =
            store.deliveries(scope(), DeliveryFilter::default(), None, limits::PAGE_MAX).await.unwrap().rows;
        let (mut attempts, mut kept) = (Vec::new(), Vec::new());
        for row in &deliveries {
            kept.push(store.kept(row.id).await.unwrap());
            attempts.push(store.attempts(scope(), row.id).await.unwrap().len());
        }
        Sight {
            due: store.due(10).await.unwrap(),
            events: store.events(scope(), EventFilter::default(), None, limits::PAGE_MAX).await.unwrap().rows,
            deliveries,
            attempts,
            kept,
            controls: store.controls().await.unwrap(),
        }
    }
}

fn plugin_name(nth: usize) -> NameId {
    name(Kind::Plugin, ["one", "two"][nth])
}

fn quarantine(world: &World, plugin: NameId) -> Control {
    Control {
        scope: scope(),
        kind: Kind::Plugin,
        subject: plugin,
        fact: Fact::Quarantined,
        reason: "it crashed".into(),
        since: world.clock.now(),
        until: None,
        actor: "system".into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_interleaving_looks_the_same_on_every_store(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Run::new(World::memory().await).await;
            let mut store = Run::new(World::sqlite().await).await;
            for (n, step) in steps.iter().enumerate() {
                let (expected, found) = (model.step(step).await, store.step(step).await);
                prop_assert_eq!(expected, found, "step {}: {:?}", n, step);
            }
            prop_assert_eq!(model.sight().await, store.sight().await);
            Ok(())
        })?;
    }
}
