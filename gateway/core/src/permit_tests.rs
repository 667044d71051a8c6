//! Who gets a permit, who does not, and what comes back.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;
use crate::word::{NameId, ScopeId};

const NOW: Duration = Duration::from_secs(1_000);

fn lane(id: i64) -> Lane {
    Lane { scope: ScopeId(1), id: NameId(id) }
}

fn permits() -> Permits {
    Permits::new(100, 1000)
}

fn terms(concurrency: u32) -> Terms {
    Terms { concurrency, rate: None, breaker: None }
}

fn count(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("counted from 1")
}

/// One a second, so many at once.
fn rated(burst: u32) -> Terms {
    let rate = Rate::new(count(1), Duration::from_secs(1)).expect("a rate");
    Terms { rate: Some(rate.with_burst(count(burst))), ..terms(50) }
}

fn policy() -> BreakerPolicy {
    BreakerPolicy { failures: count(2), open: Duration::from_secs(30) }
}

fn broken() -> Terms {
    Terms { breaker: Some(policy()), ..terms(50) }
}

fn turn(permits: &mut Permits, id: i64, at_once: u32) -> Turn {
    permits.try_birth(lane(id), &terms(at_once), 1, NOW)
}

/// The grant of a birth that may be sent now.
fn born_by(permits: &mut Permits, id: i64, terms: &Terms, bytes: u32) -> Option<Grant> {
    match permits.try_birth(lane(id), terms, bytes, NOW) {
        Turn::Now(grant) => Some(grant),
        Turn::Next | Turn::Later => None,
    }
}

fn born(permits: &mut Permits, id: i64, at_once: u32, bytes: u32) -> Option<Grant> {
    born_by(permits, id, &terms(at_once), bytes)
}

fn reserved(permits: &mut Permits, id: i64, terms: &Terms, wanted: u32) -> u32 {
    permits.reserve(lane(id), terms, wanted, 1, NOW).map_or(0, |reserved| {
        permits.give_back_bytes(lane(id), reserved.bytes);
        reserved.count
    })
}

fn end(permits: &mut Permits, grant: &Grant, bytes: usize) {
    permits.give_back(grant, bytes, Used::Sent, NOW);
}

#[test]
fn a_lane_has_no_more_permits_than_its_concurrency() {
    let mut permits = permits();
    let grant = born(&mut permits, 1, 2, 0).expect("free");

    assert_eq!(reserved(&mut permits, 1, &terms(2), 5), 1);
    assert_eq!(reserved(&mut permits, 1, &terms(2), 1), 0);
    assert_eq!(reserved(&mut permits, 2, &terms(2), 1), 1, "another lane is not held up");

    end(&mut permits, &grant, 0);
    assert_eq!(reserved(&mut permits, 1, &terms(2), 5), 1);
}

#[test]
fn no_lane_uses_up_what_the_process_may_send() {
    let mut permits = Permits::new(12, 1000);

    let shares: Vec<u32> = (0..4).map(|id| reserved(&mut permits, id, &terms(99), 99)).collect();

    assert_eq!(shares, [6, 3, 2, 1]);
    assert!(permits.was_short() && !permits.was_short(), "told once");
    assert_eq!(reserved(&mut permits, 0, &terms(99), 1), 0);
}

#[test]
fn no_lane_uses_up_the_memory() {
    let mut permits = Permits::new(100, 100);
    let bytes = |permits: &mut Permits, id, wanted| {
        permits.reserve(lane(id), &terms(9), 1, wanted, NOW).map(|reserved| reserved.bytes)
    };

    assert_eq!(bytes(&mut permits, 1, 100), Some(50));
    assert_eq!(bytes(&mut permits, 1, 100), None, "it has as much as it leaves");
    assert_eq!(bytes(&mut permits, 2, 100), Some(25));
    assert_eq!(bytes(&mut permits, 3, 10), Some(10), "what is wanted, if there is more");
    assert!(born(&mut permits, 4, 9, 7).is_some());
    assert!(born(&mut permits, 4, 9, 5).is_none(), "7 + 5 of 8");
    assert!(permits.was_short());
}

#[test]
fn one_that_is_too_large_goes_alone() {
    let mut permits = Permits::new(100, 100);

    let first = born(&mut permits, 1, 9, 60).expect("a lane's only one may have more than half");
    assert!(born(&mut permits, 2, 9, 60).is_none());
    permits.note_caught_up(lane(2));
    assert_eq!(permits.reserve_large(lane(1), &terms(9), NOW), None, "it is not the lane's only one");
    let large = permits.reserve_large(lane(2), &terms(9), NOW).expect("the lane has nothing on the wire");
    assert_eq!((large.count, large.bytes), (1, 40));
    end(&mut permits, &large.grant, 40);
    end(&mut permits, &first, 60);

    let larger = born(&mut permits, 2, 9, 5000).expect("nothing else is in flight");
    assert!(born(&mut permits, 1, 9, 1).is_none());
    end(&mut permits, &larger, 5000);
    assert_eq!(permits.bytes_free(), 100);
}

#[test]
fn a_birth_queues_behind_a_backlog() {
    let mut permits = permits();
    permits.note_backlog(lane(1));

    assert!(born(&mut permits, 1, 9, 1).is_none());
    assert_eq!(reserved(&mut permits, 1, &terms(9), 1), 1, "a take of the older work goes on");

    permits.note_caught_up(lane(1));
    assert!(born(&mut permits, 1, 9, 1).is_some());
}

#[test]
fn a_birth_whose_lane_is_busy_comes_next_and_a_few_after_it() {
    let mut permits = permits();

    let first = born(&mut permits, 1, 1, 1).expect("free");
    assert_eq!([(); 3].map(|()| turn(&mut permits, 1, 1)), [Turn::Next, Turn::Next, Turn::Later]);
    assert_eq!(permits.bytes_free(), 997, "what waits in memory holds its bytes");
    assert_eq!(permits.next(lane(1), &terms(1), NOW), None, "it is not its turn yet");
    end(&mut permits, &first, 1);

    assert_eq!(reserved(&mut permits, 1, &terms(1), 9), 0, "what waits in the store is younger");
    let second = permits.next(lane(1), &terms(1), NOW).expect("its turn");
    permits.leave_line(lane(1));
    end(&mut permits, &second, 1);
    permits.leave_line(lane(1));
    permits.give_back_bytes(lane(1), 1);
    assert_eq!(turn(&mut permits, 1, 1), Turn::Later, "the one before is still in the store");
    assert_eq!((permits.backlogged(), reserved(&mut permits, 1, &terms(1), 9)), (vec![lane(1)], 1));
}

#[test]
fn a_birth_comes_next_only_where_nothing_but_concurrency_is_in_the_way() {
    let busy = |terms: &Terms, prepare: &dyn Fn(&mut Permits)| {
        let mut permits = permits();
        born_by(&mut permits, 1, &Terms { concurrency: 1, ..*terms }, 0).expect("free");
        prepare(&mut permits);
        permits.try_birth(lane(1), &Terms { concurrency: 1, ..*terms }, 0, NOW)
    };
    let opened = |permits: &mut Permits| permits.open_breaker(lane(1), NOW + Duration::from_secs(1));

    assert_eq!(busy(&terms(1), &|_| ()), Turn::Next);
    assert_eq!(busy(&broken(), &|_| ()), Turn::Next);
    assert_eq!(busy(&rated(5), &|_| ()), Turn::Later);
    assert_eq!(busy(&broken(), &opened), Turn::Later);
    assert_eq!(busy(&terms(1), &|permits| permits.hold_also(lane(1))), Turn::Later);
    assert_eq!(busy(&terms(1), &|permits| permits.note_backlog(lane(1))), Turn::Later);
}

#[test]
fn no_more_come_next_than_the_process_may_send() {
    let mut permits = Permits::new(4, 1000);
    let turns: Vec<Turn> = (0..6).flat_map(|id| [(); 2].map(|()| turn(&mut permits, id, 1))).collect();

    let next = turns.iter().filter(|turn| **turn == Turn::Next).count();

    assert!((1..=4).contains(&next), "{turns:?}");
}

#[test]
fn a_rate_gives_as_many_permits_as_it_has_tokens_and_says_when_to_come_again() {
    let mut permits = permits();
    permits.note_backlog(lane(1));

    assert_eq!(reserved(&mut permits, 1, &rated(3), 9), 3);
    assert_eq!(permits.passable_at(), None, "it got something");
    assert_eq!(reserved(&mut permits, 1, &rated(3), 9), 0);

    assert_eq!(permits.passable_at(), Some(NOW + Duration::from_secs(1)));
    assert_eq!(reserved(&mut permits, 2, &rated(3), 1), 1, "another lane has its own");
}

#[test]
fn a_token_that_was_taken_for_nothing_goes_back() {
    let mut permits = permits();
    let sent = born_by(&mut permits, 1, &rated(2), 0).expect("a token");
    let unsent = born_by(&mut permits, 1, &rated(2), 0).expect("a token");
    permits.give_back(&sent, 0, Used::Sent, NOW);
    permits.give_back(&unsent, 0, Used::Unused, NOW);

    assert_eq!(reserved(&mut permits, 1, &rated(2), 9), 1);
}

#[test]
fn an_open_breaker_lets_one_probe_pass_after_its_pause() {
    let mut permits = permits();
    permits.note_backlog(lane(1));
    assert_eq!(permits.note(lane(1), &policy(), Sign::Failure, NOW), None);
    assert_eq!(permits.note(lane(1), &policy(), Sign::Failure, NOW), Some(Change::Opened));
    assert_eq!(reserved(&mut permits, 1, &broken(), 9), 0);
    assert_eq!(permits.passable_at(), Some(NOW + Duration::from_secs(30)));

    let later = NOW + Duration::from_secs(30);
    let probe = permits.reserve(lane(1), &broken(), 9, 1, later).expect("a probe");
    assert_eq!((probe.count, probe.grant.is_probe), (1, true));
    assert_eq!(permits.reserve(lane(1), &broken(), 9, 1, later), None, "one at a time");
    permits.give_back(&probe.grant, 1, Used::Unused, later);
    let second = permits.reserve(lane(1), &broken(), 9, 1, later).expect("the first one said nothing");

    assert_eq!(permits.note(lane(1), &policy(), Sign::Life, later), Some(Change::Closed));
    permits.give_back(&second.grant, 1, Used::Sent, later);
    assert_eq!(permits.reserve(lane(1), &broken(), 9, 1, later).map(|r| r.count), Some(9));
}

#[test]
fn a_breaker_from_before_a_restart_stays_open_until_its_probe() {
    let mut permits = permits();
    permits.open_breaker(lane(1), NOW + Duration::from_secs(5));

    assert_eq!(reserved(&mut permits, 1, &broken(), 9), 0);
    assert_eq!(reserved(&mut permits, 1, &terms(50), 9), 9, "a configuration without one is not held by it");
}

#[test]
fn what_is_held_gets_no_permit_and_lifted_it_has_a_backlog() {
    let mut permits = permits();
    permits.hold(HashSet::from([lane(1), lane(2)]));

    assert!(born(&mut permits, 1, 9, 0).is_none());
    assert_eq!(reserved(&mut permits, 1, &terms(9), 1), 0);
    assert!(permits.backlogged().is_empty(), "there is no use in looking");
    assert!(born(&mut permits, 3, 9, 0).is_some());

    permits.note_caught_up(lane(1));
    permits.hold(HashSet::from([lane(2)]));
    assert_eq!((permits.backlogged(), permits.is_held(lane(2))), (vec![lane(1)], true));
    assert!(born(&mut permits, 1, 9, 0).is_none(), "what waited comes first");
    permits.hold_also(lane(1));
    assert_eq!((permits.held(), reserved(&mut permits, 1, &terms(9), 1)), (2, 0));
}

#[test]
fn idle_lanes_are_forgotten() {
    let mut permits = permits();

    for id in 0..100 {
        let grant = born(&mut permits, id, 1, 1).expect("free");
        end(&mut permits, &grant, 1);
        assert_eq!(reserved(&mut permits, id, &terms(0), 1), 0);
    }
    assert!(permits.lanes.is_empty());

    assert_eq!(reserved(&mut permits, 1, &rated(1), 1), 1);
    permits.note_backlog(lane(2));
    permits.open_breaker(lane(3), NOW);
    permits.forget(|_| true, NOW);
    assert_eq!(permits.lanes.len(), 3, "what is remembered, waits or is on the wire stays");
    permits.forget(|lane| lane.id == NameId(3), NOW);
    assert_eq!(permits.lanes.len(), 2);
}

proptest! {
    #[test]
    fn what_is_taken_and_given_back_leaves_everything_free(
        births in proptest::collection::vec((0i64..4, 0u32..300), 0..60),
        takes in proptest::collection::vec((0i64..4, 1u32..9, 1usize..400), 0..20),
    ) {
        let mut permits = permits();
        let mut taken: Vec<(Grant, usize)> = Vec::new();
        let mut ahead: Vec<(i64, usize)> = Vec::new();
        for (id, bytes) in births {
            match permits.try_birth(lane(id), &terms(5), bytes, NOW) {
                Turn::Now(grant) => taken.push((grant, bytes as usize)),
                Turn::Next => ahead.push((id, bytes as usize)),
                Turn::Later => {}
            }
        }
        for (id, wanted, bytes) in takes {
            if let Some(reserved) = permits.reserve(lane(id), &terms(7), wanted, bytes, NOW) {
                taken.push((reserved.grant, reserved.bytes));
                taken.extend((1..reserved.count).map(|_| (reserved.grant, 0)));
            }
        }
        prop_assert_eq!(permits.in_flight() as usize, taken.len());

        for (grant, bytes) in taken {
            end(&mut permits, &grant, bytes);
        }
        for (id, bytes) in ahead {
            permits.leave_line(lane(id));
            permits.give_back_bytes(lane(id), bytes);
        }

        prop_assert_eq!(permits.in_flight(), 0);
        prop_assert_eq!(permits.bytes_free(), 1000);
        prop_assert_eq!(permits.ahead, 0);
        prop_assert!(permits.lanes.values().all(|lane| lane.in_flight + lane.ahead == 0 && lane.bytes == 0));
    }

    #[test]
    fn there_is_always_a_permit_for_a_lane_with_nothing_in_flight(
        others in proptest::collection::vec((0i64..10, 1u32..300), 0..40),
    ) {
        // Each lane leaves as much as it has, so 2,048 are halved ten times before the last one is reached.
        let mut permits = Permits::new(2048, usize::MAX);
        for (id, wanted) in others {
            reserved(&mut permits, id, &terms(1024), wanted);
        }

        prop_assert_eq!(reserved(&mut permits, 99, &terms(1), 1), 1);
    }
}
