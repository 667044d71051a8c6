//! Permits: the right to send one delivery now. Arithmetic only; who waits and who is woken is the engine's.

use std::collections::HashMap;

use crate::delivery::Lane;

/// Who may send: requests on the wire per lane, bytes over all.
#[derive(Debug)]
pub struct Permits {
    lanes: HashMap<Lane, LaneUse>,
    in_flight: u32,
    sends_max: u32,
    bytes_used: usize,
    bytes_max: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct LaneUse {
    in_flight: u32,
    /// Due deliveries wait in the store: new ones queue behind them.
    backlog: bool,
}

impl Permits {
    /// Begins with nothing in flight, and room for so many requests and bytes.
    pub fn new(sends_max: u32, bytes_max: usize) -> Permits {
        Permits { lanes: HashMap::new(), in_flight: 0, sends_max, bytes_used: 0, bytes_max }
    }

    /// Takes a permit for a birth: only where nothing older waits, or a backlog would starve beside new work.
    pub fn try_birth(&mut self, lane: Lane, concurrency: u32, bytes: u32) -> bool {
        let behind = self.lanes.get(&lane).is_some_and(|lane| lane.backlog);
        let fits = bytes as usize <= self.bytes_free() || self.in_flight == 0;
        let taken = !behind && fits && self.reserve(lane, concurrency, 1) == 1;
        if taken {
            self.charge(bytes);
        } else {
            self.note_backlog(lane);
        }
        taken
    }

    /// Takes up to `wanted` permits of a lane, without their bytes, and returns how many it got.
    pub fn reserve(&mut self, lane: Lane, concurrency: u32, wanted: u32) -> u32 {
        let all = self.sends_max.saturating_sub(self.in_flight);
        let entry = self.lanes.entry(lane).or_default();
        let granted = concurrency.saturating_sub(entry.in_flight).min(all).min(wanted);
        entry.in_flight += granted;
        self.in_flight += granted;
        self.forget_idle(lane);
        granted
    }

    /// Counts the bytes of a permit that was reserved.
    pub fn charge(&mut self, bytes: u32) {
        self.bytes_used = self.bytes_used.saturating_add(bytes as usize);
    }

    /// Gives a permit back: its request has ended, or was never made.
    pub fn give_back(&mut self, lane: Lane, bytes: u32) {
        if let Some(entry) = self.lanes.get_mut(&lane) {
            entry.in_flight = entry.in_flight.saturating_sub(1);
        }
        self.in_flight = self.in_flight.saturating_sub(1);
        self.bytes_used = self.bytes_used.saturating_sub(bytes as usize);
        self.forget_idle(lane);
    }

    /// Returns how many more bytes may wait to be sent.
    pub fn bytes_free(&self) -> usize {
        self.bytes_max.saturating_sub(self.bytes_used)
    }

    /// Returns how many requests are on the wire.
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Tells whether due deliveries of the lane are known to wait in the store.
    pub fn has_backlog(&self, lane: Lane) -> bool {
        self.lanes.get(&lane).is_some_and(|lane| lane.backlog)
    }

    /// Notes that due deliveries of the lane wait in the store.
    pub fn note_backlog(&mut self, lane: Lane) {
        self.lanes.entry(lane).or_default().backlog = true;
    }

    /// Notes that a look found no due delivery of the lane left.
    pub fn note_caught_up(&mut self, lane: Lane) {
        if let Some(lane) = self.lanes.get_mut(&lane) {
            lane.backlog = false;
        }
        self.forget_idle(lane);
    }

    /// Returns the lanes with a known backlog.
    pub fn backlogged(&self) -> Vec<Lane> {
        self.lanes.iter().filter(|(_, lane)| lane.backlog).map(|(id, _)| *id).collect()
    }

    /// A lane without requests and backlog needs no entry: names come and go with configurations.
    fn forget_idle(&mut self, lane: Lane) {
        if self.lanes.get(&lane).is_some_and(|lane| lane.in_flight == 0 && !lane.backlog) {
            self.lanes.remove(&lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::word::{NameId, ScopeId};

    fn lane(id: i64) -> Lane {
        Lane { scope: ScopeId(1), id: NameId(id) }
    }

    fn permits() -> Permits {
        Permits::new(100, 1000)
    }

    #[test]
    fn a_lane_has_no_more_permits_than_its_concurrency() {
        let mut permits = permits();

        assert_eq!(permits.reserve(lane(1), 2, 5), 2);
        assert_eq!(permits.reserve(lane(1), 2, 1), 0);
        assert_eq!(permits.reserve(lane(2), 2, 1), 1, "another lane is not held up");

        permits.give_back(lane(1), 0);
        assert_eq!(permits.reserve(lane(1), 2, 5), 1);
    }

    #[test]
    fn all_lanes_together_have_no_more_permits_than_the_process() {
        let mut permits = Permits::new(3, 1000);

        assert_eq!(permits.reserve(lane(1), 9, 2), 2);
        assert_eq!(permits.reserve(lane(2), 9, 9), 1);
        assert!(!permits.try_birth(lane(3), 9, 1));
    }

    #[test]
    fn bytes_are_bounded_over_all_lanes_and_one_too_large_goes_alone() {
        let mut permits = Permits::new(100, 100);

        assert!(permits.try_birth(lane(1), 9, 60));
        assert!(!permits.try_birth(lane(2), 9, 60));
        permits.note_caught_up(lane(2));
        permits.give_back(lane(1), 60);
        assert!(permits.try_birth(lane(2), 9, 5000), "nothing else is in flight");
        assert!(!permits.try_birth(lane(1), 9, 1));
        permits.give_back(lane(2), 5000);
        assert_eq!(permits.bytes_free(), 100);
    }

    #[test]
    fn a_birth_queues_behind_a_backlog() {
        let mut permits = permits();
        permits.note_backlog(lane(1));

        assert!(!permits.try_birth(lane(1), 9, 1));
        assert_eq!(permits.reserve(lane(1), 9, 1), 1, "a take of the older work goes on");

        permits.note_caught_up(lane(1));
        assert!(permits.try_birth(lane(1), 9, 1));
    }

    #[test]
    fn a_birth_without_a_permit_begins_a_backlog() {
        let mut permits = permits();

        assert!(permits.try_birth(lane(1), 1, 1));
        assert!(!permits.try_birth(lane(1), 1, 1));
        permits.give_back(lane(1), 1);

        assert_eq!(permits.backlogged(), [lane(1)]);
        assert!(!permits.try_birth(lane(1), 1, 1), "the one before is still in the store");
    }

    #[test]
    fn idle_lanes_are_forgotten() {
        let mut permits = permits();

        for id in 0..100 {
            assert!(permits.try_birth(lane(id), 1, 1));
            permits.give_back(lane(id), 1);
            assert_eq!(permits.reserve(lane(id), 0, 1), 0);
        }

        assert!(permits.lanes.is_empty());
    }

    proptest! {
        #[test]
        fn what_is_taken_and_given_back_leaves_everything_free(births in proptest::collection::vec((0i64..4, 0u32..300), 0..60)) {
            let mut permits = permits();
            let taken: Vec<_> = births.into_iter().filter(|(id, bytes)| permits.try_birth(lane(*id), 5, *bytes)).collect();
            prop_assert_eq!(permits.in_flight() as usize, taken.len());

            for (id, bytes) in taken {
                permits.give_back(lane(id), bytes);
            }

            prop_assert_eq!(permits.in_flight(), 0);
            prop_assert_eq!(permits.bytes_free(), 1000);
        }
    }
}
