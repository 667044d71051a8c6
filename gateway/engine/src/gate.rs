//! The gate: who may send now, and who is woken when that changes. The arithmetic is core's.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hookgate_core::breaker::{BreakerPolicy, Change, Sign};
use hookgate_core::delivery::Lane;
use hookgate_core::destination::Terms;
use hookgate_core::limits;
use hookgate_core::permit::{Grant, Permits, Reserved, Turn, Used};
use hookgate_ports::Clock;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// Gives out permits. Cheap to clone; every clone is the same gate.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    permits: Mutex<Permits>,
    /// Births whose turn comes when a request of their lane has ended, the first one first.
    lines: Mutex<HashMap<Lane, VecDeque<Waiting>>>,
    clock: Arc<dyn Clock>,
    look: Notify,
    discover: AtomicBool,
}

/// The right to send one delivery. Given back when dropped: when its request has ended.
pub(crate) struct Permit {
    gate: Gate,
    grant: Grant,
    bytes: usize,
    used: Used,
}

/// A birth's way to its permit.
pub(crate) enum Place {
    /// It has it.
    Now(Permit),
    /// It comes next.
    Next(Ahead),
}

/// A place among those that come next, and the bytes of its delivery. Given back when dropped.
pub(crate) struct Ahead {
    gate: Gate,
    lane: Lane,
    terms: Terms,
    bytes: usize,
}

/// Somebody who waits for a permit.
struct Waiting {
    terms: Terms,
    hand: oneshot::Sender<Permit>,
}

/// Permits of one lane for a take, and the bytes that are set aside for them. What is left of either is
/// given back when dropped.
pub(crate) struct Reserve {
    gate: Gate,
    lane: Lane,
    permits: Vec<Permit>,
    bytes: usize,
}

impl Gate {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Gate {
        let permits = Permits::new(limits::SENDS_MAX, limits::SEND_BYTES);
        Gate(Arc::new(Inner {
            permits: Mutex::new(permits),
            lines: Mutex::default(),
            clock,
            look: Notify::new(),
            discover: AtomicBool::new(true),
        }))
    }

    /// Takes a permit for a birth, or a place among those that come next, or notes that the delivery will wait
    /// in the store.
    pub(crate) fn try_birth(&self, lane: Lane, terms: &Terms, bytes: u32) -> Option<Place> {
        let turn = self.permits().try_birth(lane, terms, bytes, self.now());
        let (gate, bytes) = (self.clone(), bytes as usize);
        match turn {
            Turn::Now(grant) => Some(Place::Now(Permit { gate, grant, bytes, used: Used::Unused })),
            Turn::Next => Some(Place::Next(Ahead { gate, lane, terms: *terms, bytes })),
            Turn::Later => None,
        }
    }

    /// Waits for a birth's turn. None: it did not come within [`limits::TURN_WAIT`], and the delivery waits in
    /// the store from now on.
    pub(crate) async fn turn(&self, place: Place) -> Option<Permit> {
        let mut ahead = match place {
            Place::Now(permit) => return Some(permit),
            Place::Next(ahead) => ahead,
        };
        let (hand, turn) = oneshot::channel();
        let waiting = Waiting { terms: ahead.terms, hand };
        self.lines().entry(ahead.lane).or_default().push_back(waiting);
        self.call_next(ahead.lane);
        let mut permit = timeout(limits::TURN_WAIT, turn).await.ok()?.ok()?;
        permit.bytes = std::mem::take(&mut ahead.bytes);
        Some(permit)
    }

    /// Hands permits to those of a lane who come next, as long as there are any.
    fn call_next(&self, lane: Lane) {
        while let Some((hand, permit)) = self.next(lane) {
            // Who waits no longer takes none: it goes back, and to the next.
            drop(hand.send(permit));
        }
    }

    fn next(&self, lane: Lane) -> Option<(oneshot::Sender<Permit>, Permit)> {
        let mut lines = self.lines();
        let line = lines.get_mut(&lane)?;
        while line.front().is_some_and(|waiting| waiting.hand.is_closed()) {
            line.pop_front();
        }
        let Some(first) = line.front() else {
            lines.remove(&lane);
            return None;
        };
        let grant = self.permits().next(lane, &first.terms, self.now())?;
        let hand = line.pop_front()?.hand;
        Some((hand, Permit { gate: self.clone(), grant, bytes: 0, used: Used::Unused }))
    }

    /// Takes up to `wanted` permits, and sets up to `bytes` bytes aside for them.
    pub(crate) fn reserve(&self, lane: Lane, terms: &Terms, wanted: u32, bytes: usize) -> Option<Reserve> {
        let reserved = self.permits().reserve(lane, terms, wanted, bytes, self.now());
        reserved.map(|reserved| self.reserve_of(&reserved))
    }

    /// Takes a permit for a delivery of any size, if the lane has none on the wire.
    pub(crate) fn reserve_large(&self, lane: Lane, terms: &Terms) -> Option<Reserve> {
        let reserved = self.permits().reserve_large(lane, terms, self.now());
        reserved.map(|reserved| self.reserve_of(&reserved))
    }

    fn reserve_of(&self, reserved: &Reserved) -> Reserve {
        let permit = |_| Permit { gate: self.clone(), grant: reserved.grant, bytes: 0, used: Used::Unused };
        let permits = (0..reserved.count).map(permit).collect();
        Reserve { gate: self.clone(), lane: reserved.grant.lane, permits, bytes: reserved.bytes }
    }

    /// Notes what an attempt says of a receiver.
    pub(crate) fn note_sign(&self, lane: Lane, policy: &BreakerPolicy, sign: Sign) -> Option<Change> {
        let change = self.permits().note(lane, policy, sign, self.now());
        if change == Some(Change::Closed) {
            self.look_now();
        }
        change
    }

    /// Opens a breaker for a time, as it was before this process began.
    pub(crate) fn open_breaker(&self, lane: Lane, pause: Duration) {
        self.permits().open_breaker(lane, self.now() + pause);
    }

    /// Closes a breaker: an operator says so.
    pub(crate) fn close_breaker(&self, lane: Lane) {
        self.permits().close_breaker(lane);
    }

    /// Holds these lanes and no others.
    pub(crate) fn hold(&self, lanes: HashSet<Lane>) {
        self.permits().hold(lanes);
    }

    /// Holds one more lane, until a control is asked for that says otherwise.
    pub(crate) fn hold_also(&self, lane: Lane) {
        self.permits().hold_also(lane);
    }

    /// Returns how many lanes are held.
    pub(crate) fn held(&self) -> usize {
        self.permits().held()
    }

    /// Forgets what lanes were like whose destination is not known any more.
    pub(crate) fn forget(&self, is_known: impl Fn(Lane) -> bool) {
        self.permits().forget(is_known, self.now());
    }

    /// Notes that due deliveries of the lane wait in the store, and looks for them.
    pub(crate) fn note_backlog(&self, lane: Lane) {
        self.permits().note_backlog(lane);
        self.look_now();
    }

    /// Notes that a look found no due delivery of the lane left.
    pub(crate) fn note_caught_up(&self, lane: Lane) {
        self.permits().note_caught_up(lane);
    }

    /// Returns the lanes with a known backlog that nothing holds.
    pub(crate) fn backlogged(&self) -> Vec<Lane> {
        self.permits().backlogged()
    }

    /// Returns how long until a rate or a breaker lets something pass that waits, if that is what it waits for.
    pub(crate) fn passable_in(&self) -> Option<Duration> {
        self.permits().passable_at().map(|at| at.saturating_sub(self.now()))
    }

    /// Returns how many more bytes may wait to be sent.
    pub(crate) fn bytes_free(&self) -> usize {
        self.permits().bytes_free()
    }

    /// Wakes whoever looks for due work.
    pub(crate) fn look_now(&self) {
        self.0.look.notify_one();
    }

    /// Wakes them to ask the store anew which lanes have due work, and what is held.
    pub(crate) fn discover_now(&self) {
        self.0.discover.store(true, Ordering::Relaxed);
        self.look_now();
    }

    /// Tells, once, whether somebody asked for that.
    pub(crate) fn must_discover(&self) -> bool {
        self.0.discover.swap(false, Ordering::Relaxed)
    }

    /// Waits until somebody says that there is something to look for.
    pub(crate) async fn woken(&self) {
        self.0.look.notified().await;
    }

    fn now(&self) -> Duration {
        self.0.clock.monotonic()
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<Lane, VecDeque<Waiting>>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn permits(&self) -> MutexGuard<'_, Permits> {
        // Permits are whole after every statement, so a panic elsewhere does not spoil them.
        self.0.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Notes that its request goes out: the rate's token is spent.
    pub(crate) fn spend(&mut self) {
        self.used = Used::Sent;
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let (bytes_were_short, waited_for) = {
            let mut permits = self.gate.permits();
            let bytes_were_short = permits.bytes_free() < limits::BODY_BYTES_MAX;
            permits.give_back(&self.grant, self.bytes, self.used, self.gate.now());
            (bytes_were_short, permits.was_short() || permits.has_backlog(self.grant.lane))
        };
        self.gate.call_next(self.grant.lane);
        if bytes_were_short {
            // Any lane may have a delivery that was too large until now.
            self.gate.discover_now();
        } else if waited_for {
            self.gate.look_now();
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let mut permits = self.gate.permits();
        permits.give_back_bytes(self.lane, self.bytes);
        permits.leave_line(self.lane);
    }
}

impl Reserve {
    /// Returns how many permits there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.permits.len()).unwrap_or(u32::MAX)
    }

    /// Returns how many bytes are set aside.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes one of the permits, for a delivery of so many bytes.
    pub(crate) fn permit(&mut self, bytes: u32) -> Option<Permit> {
        let mut permit = self.permits.pop()?;
        permit.bytes = (bytes as usize).min(self.bytes);
        self.bytes -= permit.bytes;
        Some(permit)
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        self.gate.permits().give_back_bytes(self.lane, self.bytes);
    }
}
