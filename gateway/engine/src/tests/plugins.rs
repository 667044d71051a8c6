//! Plugins that work, that say no, and that break.

use bytes::Bytes;
use hookgate_core::delivery::End;
use hookgate_core::plugin::{CrashKind, GuestMessage, Stop};
use hookgate_core::topology::OnPluginFailure;
use hookgate_core::word::{Digest, Headers};
use hookgate_ports::DeliveryState;
use hookgate_ports::doubles::{Memory, Reply, ScriptedGuests, VirtualClock, Wire, crash};

use super::house::{House, Plan};

pub(super) fn message(body: &'static str) -> GuestMessage {
    GuestMessage {
        event_type: None,
        headers: Headers::new(),
        body: Some(Bytes::from_static(body.as_bytes())),
    }
}

pub(super) async fn house(plan: Plan, guests: &ScriptedGuests) -> House {
    let clock = VirtualClock::default();
    let store = Memory::new(std::sync::Arc::new(clock.clone()));
    House::in_store(plan, store, clock, guests.clone(), Wire::new()).await
}

#[tokio::test]
async fn what_a_transform_makes_is_sent_and_its_digest_is_kept_with_the_attempt() {
    let guests = ScriptedGuests::new();
    let digest = guests
        .install(b"v1", |_, event| Ok(Ok(vec![message(if event.body == "{}" { "made" } else { "?" })])));
    let house = house(Plan::one().with_stage(digest), &guests).await;

    house.post("1", "{}").await.expect("accepted");

    let row = house.until_state(DeliveryState::Finished(End::Delivered)).await;
    assert_eq!(house.wire.sent()[0].body, "made");
    let attempts = hookgate_ports::Journal::attempts(&house.store, super::house::scope(), row.id).await;
    assert_eq!(attempts.expect("the store answers")[0].made_by, [digest]);
}

#[tokio::test]
async fn a_plugin_that_says_no_is_obeyed_and_nothing_is_sent() {
    let guests = ScriptedGuests::new();
    let declines = guests.install(b"declines", |_, _| Ok(Err(Stop::Declined("no".into()))));
    let skips = guests.install(b"skips", |_, _| Ok(Err(Stop::Skip("draft".into()))));
    let empty = guests.install(b"empty", |_, _| Ok(Ok(vec![])));

    for (digest, end, reason) in [
        (declines, End::DeadLettered, Some("declined")),
        (skips, End::Skipped, None),
        (empty, End::Skipped, None),
    ] {
        let house = house(Plan::one().with_stage(digest), &guests).await;
        house.post("1", "{}").await.expect("accepted");

        let row = house.until_state(DeliveryState::Finished(end)).await;
        assert_eq!(row.reason.as_deref(), reason);
        assert!(house.wire.sent().is_empty());
    }
}

/// Lets the plugin's own short retry pass: it is tried at once and after 1, 5 and 30 s.
async fn break_to_the_end(house: &House, digest: &Digest) {
    for (calls, delay) in [(1, 1), (2, 5), (3, 30)] {
        house.guests.called(calls).await;
        house.until(|rows| rows[0].state == DeliveryState::Pending).await;
        house.pass(delay);
    }
    house.guests.called(4).await;
    assert_eq!(house.guests.count(digest), 4);
}

#[tokio::test]
async fn a_plugin_that_keeps_breaking_holds_its_delivery_and_repaired_it_goes_on() {
    let guests = ScriptedGuests::new();
    let broken = guests.install(b"broken", |_, _| crash(CrashKind::Trap));
    let repaired = guests.install(b"repaired", |_, _| Ok(Ok(vec![message("made")])));
    let house = house(Plan::one().with_stage(broken), &guests).await;

    house.post("1", "{}").await.expect("accepted");
    break_to_the_end(&house, &broken).await;
    let row = house.until_state(DeliveryState::Held).await;
    assert_eq!(row.attempts, 0, "the destination was never reached for");
    assert!(house.wire.sent().is_empty(), "nothing is ever sent untransformed");

    house.swap(&Plan::one().with_stage(repaired)).await;
    let fresh = hookgate_core::word::DeliveryId(house.engine.mint());
    let actor = hookgate_core::word::Actor::System;
    let pending =
        hookgate_ports::Journal::retry(&house.store, actor, super::house::scope(), row.id, fresh).await;
    assert_eq!(pending, Ok(row.id));
    house.engine.wake();

    house.until_state(DeliveryState::Finished(End::Delivered)).await;
    assert_eq!(house.wire.sent()[0].body, "made");
}

#[tokio::test]
async fn where_the_route_wants_it_a_breaking_plugin_dead_letters() {
    let guests = ScriptedGuests::new();
    let broken = guests.install(b"broken", |_, _| crash(CrashKind::Deadline));
    let plan = Plan { on_plugin_failure: OnPluginFailure::DeadLetter, ..Plan::one().with_stage(broken) };
    let house = house(plan, &guests).await;

    house.post("1", "{}").await.expect("accepted");
    break_to_the_end(&house, &broken).await;

    let row = house.until_state(DeliveryState::Finished(End::DeadLettered)).await;
    assert_eq!(row.reason.as_deref(), Some("plugin_failed"));
}

#[tokio::test]
async fn a_plugin_that_is_nowhere_fails_closed() {
    let guests = ScriptedGuests::new();
    let house = house(Plan::one().with_stage(Digest::of(b"never stored")), &guests).await;

    house.post("1", "{}").await.expect("accepted");

    let rows = house.until(|rows| rows[0].last.is_some()).await;
    assert_eq!(rows[0].last.as_ref().map(|last| last.outcome.as_str()), Some("crashed_incompatible"));
    assert!(house.wire.sent().is_empty());
}

#[tokio::test]
async fn a_plugin_that_hangs_holds_up_only_its_own_delivery() {
    let guests = ScriptedGuests::new();
    let hangs = guests.install(b"hangs", |_, _| Ok(Ok(vec![message("late")])));
    let house = house(Plan::one().with_stage(hangs), &guests).await;
    house.guests.hold(&hangs);
    house.post("1", "{}").await.expect("accepted");
    house.guests.called(1).await;

    house.swap(&Plan { destinations: vec![("other", 1, vec![])], ..Plan::default() }).await;
    house.wire.script("other.test", [Reply::status(200)]);
    house.post("2", "{}").await.expect("accepted");

    house.wire.seen(1).await;
    house.guests.release(&hangs);
    house.wire.seen(2).await;
}
