//! What is held: by an operator, by a receiver that is gone, by a plugin that keeps breaking.

use std::num::NonZeroU32;
use std::time::Duration;

use hookgate_core::breaker::BreakerPolicy;
use hookgate_core::control::{Control, Fact};
use hookgate_core::delivery::End;
use hookgate_core::limits::QUARANTINE_CRASHES;
use hookgate_core::plugin::CrashKind;
use hookgate_core::topology::{Destination, OnPluginFailure};
use hookgate_core::word::{Actor, Kind, Millis};
use hookgate_ports::doubles::{Memory, Reply, ScriptedGuests, VirtualClock, Wire, crash};
use hookgate_ports::{DeliveryState, Journal, Queue};

use super::house::{House, Plan, id, scope};
use super::plugins::{house, message};

impl House {
    async fn facts(&self) -> Vec<Fact> {
        self.store
            .controls()
            .await
            .expect("the store answers")
            .into_iter()
            .map(|control| control.fact)
            .collect()
    }

    /// Lets everything that can happen now happen.
    async fn settle_down(&self) {
        for _ in 0..500 {
            tokio::task::yield_now().await;
        }
    }

    async fn resume(&self, kind: Kind, name: &str) {
        self.store.resume(Actor::System, scope(), (kind, id(kind, name))).await.expect("the store answers");
        self.engine.wake();
    }
}

#[tokio::test]
async fn what_is_paused_waits_and_resumed_it_goes_in_order() {
    let house = House::build(Plan::to(&["crm", "other"])).await;
    let crm = (Kind::Destination, id(Kind::Destination, "crm"));
    house.store.pause(Actor::System, scope(), crm, "maintenance".into()).await.expect("the store answers");
    house.engine.wake();
    house.settle_down().await;

    for n in 0..3 {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }
    house.wire.until(|traffic| traffic.seen == 3 && traffic.in_flight == 0).await;
    house.settle_down().await;
    assert!(house.wire.sent().iter().all(|request| request.url.host_str() == Some("other.test")));

    house.resume(Kind::Destination, "crm").await;
    house.until_delivered(6).await;
}

#[tokio::test]
async fn what_was_paused_before_a_restart_is_paused_after_it() {
    let clock = VirtualClock::default();
    let store = Memory::new(std::sync::Arc::new(clock.clone()));
    let paused = Control {
        scope: scope(),
        kind: Kind::Destination,
        subject: id(Kind::Destination, "crm"),
        fact: Fact::Paused,
        reason: "maintenance".into(),
        since: Millis(0),
        until: None,
        actor: "test".into(),
    };
    store.hold(paused).await.expect("the store answers");

    let house = House::in_store(Plan::one(), store, clock, ScriptedGuests::new(), Wire::new()).await;
    house.post("1", "{}").await.expect("accepted");
    house.settle_down().await;
    assert!(house.wire.sent().is_empty(), "not even before the first look");

    house.resume(Kind::Destination, "crm").await;
    house.until_delivered(1).await;
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_disabled_until_somebody_resumes_it() {
    let house = House::build(Plan::one()).await;
    house.wire.script("crm.test", [Reply::status(410)]);

    house.post("1", "{}").await.expect("accepted");
    let row = house.until_state(DeliveryState::Finished(End::DeadLettered)).await;
    assert_eq!(row.reason.as_deref(), Some("gone"));
    assert_eq!(house.facts().await, [Fact::Disabled]);
    house.post("2", "{}").await.expect("accepted");
    house.settle_down().await;
    assert_eq!(house.wire.sent().len(), 1, "what comes later is held");

    house.resume(Kind::Destination, "crm").await;
    house.until(|rows| rows[1].state == DeliveryState::Finished(End::Delivered)).await;
}

fn with_breaker(destination: &mut Destination) {
    let failures = NonZeroU32::new(2).expect("2");
    destination.breaker = Some(BreakerPolicy { failures, open: Duration::from_secs(60) });
    destination.concurrency = 1;
}

#[tokio::test]
async fn an_open_breaker_holds_everything_back_and_one_probe_finds_out() {
    let house = House::build(Plan::changed(with_breaker)).await;
    house.wire.always("crm.test", Reply::status(503));
    for n in 0..5 {
        house.post(&n.to_string(), "{}").await.expect("accepted");
    }
    house.wire.seen(2).await;
    house.settle_down().await;
    assert_eq!((house.wire.sent().len(), house.facts().await), (2, vec![Fact::Breaker]));

    house.pass(60);
    house.wire.seen(3).await;
    house.settle_down().await;
    assert_eq!(house.wire.sent().len(), 3, "one probe, which failed");

    house.wire.always("crm.test", Reply::status(200));
    house.pass(60);
    house.until_delivered(5).await;
    assert!(house.facts().await.is_empty());
    let attempts: u32 = house.deliveries().await.iter().map(|row| row.attempts).sum();
    assert_eq!(attempts as usize, house.wire.sent().len(), "waiting used up no attempt");
}

#[tokio::test]
async fn a_plugin_that_keeps_breaking_is_not_run_any_more_until_it_is_repaired() {
    let guests = ScriptedGuests::new();
    let broken = guests.install(b"broken", |_, _| crash(CrashKind::Trap));
    let repaired = guests.install(b"repaired", |_, _| Ok(Ok(vec![message("made")])));
    let house = house(Plan::one().with_stage(broken), &guests).await;

    for n in 0..QUARANTINE_CRASHES + 5 {
        house.post(&n.to_string(), "{}").await.expect("accepted");
        house.settle_down().await;
    }

    house.until(|rows| rows.iter().any(|row| row.state == DeliveryState::Held)).await;
    assert_eq!(house.facts().await, [Fact::Quarantined]);
    assert_eq!(house.guests.count(&broken), QUARANTINE_CRASHES as usize);
    assert!(house.wire.sent().is_empty(), "nothing is ever sent untransformed");

    house.swap(&Plan::one().with_stage(repaired)).await;
    house.pass(60);
    house.until_delivered(QUARANTINE_CRASHES as usize + 5).await;
    assert!(house.facts().await.is_empty());
    assert_eq!(house.guests.count(&broken), QUARANTINE_CRASHES as usize);
}

#[tokio::test]
async fn in_quarantine_the_route_decides_between_hold_and_dead_letter() {
    let guests = ScriptedGuests::new();
    let broken = guests.install(b"broken", |_, _| crash(CrashKind::Trap));
    let plan = Plan { on_plugin_failure: OnPluginFailure::DeadLetter, ..Plan::one().with_stage(broken) };
    let house = house(plan, &guests).await;

    for n in 0..=QUARANTINE_CRASHES {
        house.post(&n.to_string(), "{}").await.expect("accepted");
        house.settle_down().await;
    }

    let rows = house
        .until(|rows| rows.iter().any(|row| row.state == DeliveryState::Finished(End::DeadLettered)))
        .await;
    let dead = rows.iter().find(|row| row.state == DeliveryState::Finished(End::DeadLettered)).expect("one");
    assert_eq!(dead.last.as_ref().map(|last| last.outcome.as_str()), Some("quarantined"));
}
