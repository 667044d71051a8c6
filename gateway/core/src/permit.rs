//! Permits: the right to send one delivery now. Arithmetic only; who waits and who is woken is the engine's.
//!
//! In this order: nothing holds the lane, its breaker lets something pass, its rate has a token, its
//! concurrency, the process and the memory have room. What the process has is shared so that no lane can
//! use it up: a lane may have as much as it leaves free. One lane comes to half of everything, two to a
//! third each, and there is always something left for the next.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::breaker::{Breaker, BreakerPolicy, Change, Passage, Sign};
use crate::delivery::Lane;
use crate::destination::Terms;
use crate::limits;
use crate::rate::{Bucket, Rate};

/// Who may send. Times are since a fixed moment that never steps back.
#[derive(Debug)]
pub struct Permits {
    lanes: HashMap<Lane, LaneUse>,
    held: HashSet<Lane>,
    in_flight: u32,
    /// Births that wait in memory for their turn, over all lanes.
    ahead: u32,
    sends_max: u32,
    bytes_used: usize,
    bytes_max: usize,
    /// A lane would have got more if others had less.
    is_short: bool,
}

#[derive(Debug, Default, Clone, Copy)]
struct LaneUse {
    in_flight: u32,
    /// Births that wait in memory for their turn, their commit included.
    ahead: u32,
    bytes: usize,
    /// Due deliveries wait in the store: new ones queue behind them.
    backlog: bool,
    bucket: Bucket,
    breaker: Breaker,
    /// When its rate or its breaker lets something pass, where that was the reason to refuse.
    passable_at: Option<Duration>,
}

/// What was taken for one request, to be given back when it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Whose.
    pub lane: Lane,
    /// Whether it finds out for its breaker.
    pub is_probe: bool,
    rate: Option<Rate>,
}

/// When a birth may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// As soon as it is stored.
    Now(Grant),
    /// When a request of its lane has ended: the lane's concurrency is in use, and nothing else is in the way.
    /// It waits in memory, and [`Permits::next`] is its permit.
    Next,
    /// It waits in the store like any other.
    Later,
}

/// Permits for a take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved {
    /// How many.
    pub count: u32,
    /// What each of them is.
    pub grant: Grant,
    /// Bytes that are set aside for all of them.
    pub bytes: usize,
}

/// What became of the request of a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// It was sent.
    Sent,
    /// There was none: its token goes back.
    Unused,
}

impl Permits {
    /// Begins with nothing in flight, and room for so many requests and bytes.
    pub fn new(sends_max: u32, bytes_max: usize) -> Permits {
        Permits {
            lanes: HashMap::new(),
            held: HashSet::new(),
            in_flight: 0,
            ahead: 0,
            sends_max,
            bytes_used: 0,
            bytes_max,
            is_short: false,
        }
    }

    /// Takes a permit for a birth, or a place among those that come next: only where nothing older waits, or a
    /// backlog would starve beside new work.
    pub fn try_birth(&mut self, lane: Lane, terms: &Terms, bytes: u32, now: Duration) -> Turn {
        let size = bytes as usize;
        let turn = if self.has_backlog(lane) || !self.fits(lane, size) {
            Turn::Later
        } else if self.is_next(lane, terms, now) {
            let entry = self.lanes.entry(lane).or_default();
            entry.ahead += 1;
            self.ahead += 1;
            Turn::Next
        } else {
            self.admit(lane, terms, 1, now).map_or(Turn::Later, |(_, grant)| Turn::Now(grant))
        };
        match turn {
            Turn::Now(_) | Turn::Next => self.charge(lane, size),
            Turn::Later => self.note_backlog(lane),
        }
        turn
    }

    /// Tells whether a lane's own concurrency is all that keeps a birth from being sent, and few wait for that.
    fn is_next(&self, lane: Lane, terms: &Terms, now: Duration) -> bool {
        let Some(entry) = self.lanes.get(&lane).filter(|_| !self.held.contains(&lane)) else { return false };
        let is_spared = terms.breaker.is_some() && entry.breaker.passage(now) != Passage::Free;
        let is_busy = entry.ahead > 0 || entry.in_flight >= terms.concurrency;
        let has_room = entry.ahead < terms.concurrency.saturating_mul(limits::AHEAD_PER_SEND)
            && self.ahead < self.sends_max;
        is_busy && has_room && terms.rate.is_none() && !is_spared
    }

    /// Takes a permit for a birth that comes next. Its bytes are set aside already.
    pub fn next(&mut self, lane: Lane, terms: &Terms, now: Duration) -> Option<Grant> {
        self.admit(lane, terms, 1, now).map(|(_, grant)| grant)
    }

    /// Gives a place among those that come next back: its turn came, or it waits no longer.
    pub fn leave_line(&mut self, lane: Lane) {
        self.ahead = self.ahead.saturating_sub(1);
        if let Some(entry) = self.lanes.get_mut(&lane) {
            entry.ahead = entry.ahead.saturating_sub(1);
        }
        self.forget_idle(lane);
    }

    /// Takes up to `wanted` permits of a lane, and sets up to `bytes_wanted` bytes aside for them.
    pub fn reserve(
        &mut self,
        lane: Lane,
        terms: &Terms,
        wanted: u32,
        bytes_wanted: usize,
        now: Duration,
    ) -> Option<Reserved> {
        let used = self.lanes.get(&lane).map_or(0, |lane| lane.bytes);
        let share = self.bytes_free().saturating_sub(used).div_ceil(2);
        let bytes = bytes_wanted.min(share);
        self.is_short |= bytes < bytes_wanted;
        if bytes == 0 {
            return None;
        }
        // Who waits in memory is older than what waits in the store.
        let entry = self.lanes.get(&lane).copied().unwrap_or_default();
        let wanted = match entry.ahead {
            0 => wanted,
            ahead => wanted.min(terms.concurrency.saturating_sub(entry.in_flight.saturating_add(ahead))),
        };
        let (count, grant) = self.admit(lane, terms, wanted, now)?;
        self.charge(lane, bytes);
        Some(Reserved { count, grant, bytes })
    }

    /// Takes one permit for a delivery of any size: while it is the lane's only one, it may be as large as
    /// all that is free, or it would never be sent.
    pub fn reserve_large(&mut self, lane: Lane, terms: &Terms, now: Duration) -> Option<Reserved> {
        let bytes = self.bytes_free();
        if bytes == 0 || self.lanes.get(&lane).is_some_and(|lane| lane.in_flight > 0) {
            return None;
        }
        let (count, grant) = self.admit(lane, terms, 1, now)?;
        self.charge(lane, bytes);
        Some(Reserved { count, grant, bytes })
    }

    /// Asks everything but memory, and takes what there is.
    fn admit(&mut self, lane: Lane, terms: &Terms, wanted: u32, now: Duration) -> Option<(u32, Grant)> {
        if self.held.contains(&lane) {
            return None;
        }
        let free = self.sends_max.saturating_sub(self.in_flight);
        let entry = self.lanes.entry(lane).or_default();
        entry.passable_at = None;
        let passage = terms.breaker.map_or(Passage::Free, |_| entry.breaker.passage(now));
        let passing = match passage {
            Passage::Free => wanted,
            Passage::Probe => wanted.min(1),
            Passage::Shut => 0,
        };
        let own = terms.concurrency.saturating_sub(entry.in_flight);
        let share = free.saturating_sub(entry.in_flight).div_ceil(2);
        self.is_short |= share < passing.min(own);
        let room = passing.min(own).min(share);
        let granted = terms.rate.map_or(room, |rate| entry.bucket.take(&rate, now, room));
        if granted == 0 {
            let by_breaker = (passing == 0).then(|| entry.breaker.wait(now)).flatten();
            let by_rate = terms.rate.filter(|_| room > 0).map(|rate| entry.bucket.wait(&rate, now));
            entry.passable_at = by_breaker.or(by_rate).map(|wait| now + wait);
            self.forget_idle(lane);
            return None;
        }
        if passage == Passage::Probe {
            entry.breaker.probe();
        }
        entry.in_flight += granted;
        self.in_flight += granted;
        Some((granted, Grant { lane, is_probe: passage == Passage::Probe, rate: terms.rate }))
    }

    fn fits(&mut self, lane: Lane, bytes: usize) -> bool {
        let (free, used) = (self.bytes_free(), self.lanes.get(&lane).map_or(0, |lane| lane.bytes));
        let fits = used + bytes <= free.saturating_sub(bytes) || used == 0 && bytes <= free;
        self.is_short |= !fits;
        // One that is larger than everything goes alone.
        fits || self.in_flight == 0
    }

    fn charge(&mut self, lane: Lane, bytes: usize) {
        self.bytes_used = self.bytes_used.saturating_add(bytes);
        if let Some(entry) = self.lanes.get_mut(&lane) {
            entry.bytes = entry.bytes.saturating_add(bytes);
        }
    }

    /// Gives a permit back: its request has ended, or was never made.
    pub fn give_back(&mut self, grant: &Grant, bytes: usize, used: Used, now: Duration) {
        if let Some(entry) = self.lanes.get_mut(&grant.lane) {
            entry.in_flight = entry.in_flight.saturating_sub(1);
            if let (Used::Unused, Some(rate)) = (used, &grant.rate) {
                entry.bucket.give_back(rate, 1);
            }
            if grant.is_probe {
                entry.breaker.probe_again(now);
            }
        }
        self.in_flight = self.in_flight.saturating_sub(1);
        self.give_back_bytes(grant.lane, bytes);
    }

    /// Gives bytes back that were set aside and not needed.
    pub fn give_back_bytes(&mut self, lane: Lane, bytes: usize) {
        self.bytes_used = self.bytes_used.saturating_sub(bytes);
        if let Some(entry) = self.lanes.get_mut(&lane) {
            entry.bytes = entry.bytes.saturating_sub(bytes);
        }
        self.forget_idle(lane);
    }

    /// Notes what an attempt says of the lane's receiver.
    pub fn note(&mut self, lane: Lane, policy: &BreakerPolicy, sign: Sign, now: Duration) -> Option<Change> {
        let change = self.lanes.entry(lane).or_default().breaker.note(policy, sign, now);
        self.forget_idle(lane);
        change
    }

    /// Opens a lane's breaker for a time, as it was before this process began.
    pub fn open_breaker(&mut self, lane: Lane, until: Duration) {
        self.lanes.entry(lane).or_default().breaker = Breaker::Open { until };
    }

    /// Closes a lane's breaker: an operator says so.
    pub fn close_breaker(&mut self, lane: Lane) {
        if let Some(entry) = self.lanes.get_mut(&lane).filter(|entry| !entry.breaker.is_new()) {
            entry.breaker = Breaker::default();
            entry.backlog = true;
        }
    }

    /// Holds these lanes and no others. What has a permit is sent; lanes that are not held any more have
    /// something waiting until a look finds otherwise.
    pub fn hold(&mut self, lanes: HashSet<Lane>) {
        let lifted: Vec<Lane> = self.held.difference(&lanes).copied().collect();
        self.held = lanes;
        lifted.into_iter().for_each(|lane| self.note_backlog(lane));
    }

    /// Holds one more lane.
    pub fn hold_also(&mut self, lane: Lane) {
        self.held.insert(lane);
    }

    /// Tells whether a lane is held.
    pub fn is_held(&self, lane: Lane) -> bool {
        self.held.contains(&lane)
    }

    /// Returns how many lanes are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns how many more bytes may wait to be sent.
    pub fn bytes_free(&self) -> usize {
        self.bytes_max.saturating_sub(self.bytes_used)
    }

    /// Returns how many requests are on the wire.
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// Tells, once, whether a lane would have got more if others had less.
    pub fn was_short(&mut self) -> bool {
        std::mem::take(&mut self.is_short)
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

    /// Returns the lanes with a known backlog that nothing holds.
    pub fn backlogged(&self) -> Vec<Lane> {
        let waits = |(lane, entry): &(&Lane, &LaneUse)| entry.backlog && !self.held.contains(lane);
        self.lanes.iter().filter(waits).map(|(lane, _)| *lane).collect()
    }

    /// Returns when the first of the lanes with a backlog is let pass by its rate or its breaker, if that
    /// is what they wait for.
    pub fn passable_at(&self) -> Option<Duration> {
        self.lanes.values().filter(|entry| entry.backlog).filter_map(|entry| entry.passable_at).min()
    }

    /// Forgets rates and breakers that are as good as new, and all of lanes that are not known any more.
    pub fn forget(&mut self, is_known: impl Fn(Lane) -> bool, now: Duration) {
        self.lanes.retain(|lane, entry| {
            let is_new = entry.bucket.is_full(now) && entry.breaker.is_new();
            entry.in_flight > 0
                || entry.ahead > 0
                || entry.bytes > 0
                || is_known(*lane) && (entry.backlog || !is_new)
        });
    }

    /// A lane without anything to remember needs no entry: names come and go with configurations.
    fn forget_idle(&mut self, lane: Lane) {
        let is_idle = |entry: &LaneUse| {
            let is_new = entry.bucket == Bucket::default() && entry.breaker.is_new();
            entry.in_flight == 0 && entry.ahead == 0 && entry.bytes == 0 && !entry.backlog && is_new
        };
        if self.lanes.get(&lane).is_some_and(is_idle) {
            self.lanes.remove(&lane);
        }
    }
}

#[cfg(test)]
#[path = "permit_tests.rs"]
mod tests;
