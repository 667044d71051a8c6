//! Looking for due work: first the permits, then just as many rows. Nothing is taken that cannot be sent now.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hookgate_core::delivery::{Lane, Leased};
use hookgate_core::destination::Terms;
use hookgate_core::{fair, limits};
use hookgate_ports::{StoreError, Want};

use super::{Born, Sending};
use crate::Engine;
use crate::gate::{Place, Reserve};
use crate::notes::Note;

/// What one look remembers for the next.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// How many there were: each begins with another lane.
    turn: usize,
    /// Lanes that the store named, of which nothing was taken since.
    named: HashSet<Lane>,
    /// Of those the ones that gave nothing for a share of the bytes: what is due there is large.
    large: HashSet<Lane>,
}

impl Engine {
    /// Asks the store what is held and which lanes have due work, and returns when to ask again at the latest.
    pub(super) async fn discover(&self, looks: &mut Looks) -> Duration {
        self.ask_controls().await;
        self.gate.forget(|lane| self.terms(lane).is_some());
        // Held lanes are named like others, and must not keep others from being named.
        let lanes_max = limits::LANES_PER_LOOK_MAX.saturating_add(self.gate.held());
        match self.ports.queue.due(lanes_max).await {
            Ok(due) => {
                let (known, homeless): (Vec<Lane>, Vec<Lane>) =
                    due.lanes.iter().map(|due| due.lane).partition(|lane| self.terms(*lane).is_some());
                known.iter().for_each(|lane| self.gate.note_backlog(*lane));
                looks.named = known.into_iter().collect();
                looks.large.retain(|lane| looks.named.contains(lane));
                self.metrics.lanes_homeless.set(i64::try_from(homeless.len()).unwrap_or(i64::MAX));
                due.next_in.unwrap_or(limits::LOOK_EVERY)
            }
            Err(error) => {
                self.look_failed(&error);
                limits::LOOK_EVERY
            }
        }
    }

    /// Takes deliveries of the lanes with a known backlog, as many as there are permits, and sends them.
    pub(super) async fn take_backlog(self: &Arc<Engine>, looks: &mut Looks, sending: &Sending) {
        let reserved = self.reserve_backlog(looks);
        if reserved.is_empty() {
            return;
        }
        let note = self.notes.draw(|| self.mint());
        let want = |(lane, reserve): (&Lane, &Reserve)| Want {
            lane: *lane,
            count: reserve.count(),
            bytes: reserve.bytes(),
            token: note.token(),
            suspects: false,
        };
        let wants: Vec<Want> = reserved.iter().map(want).collect();
        let taken = match self.ports.queue.take(self.seat.owner, wants.clone()).await {
            Ok(taken) => taken,
            Err(error) => return self.look_failed(&error),
        };
        self.note_what_is_left(&wants, &taken, looks);
        self.send_taken(taken, reserved, &note, sending).await;
    }

    /// Gets permits for the lanes with a known backlog, in an order that is fair, each with its share of the
    /// free bytes; at the end one lane, if it has need of it, with all that is left of them.
    fn reserve_backlog(&self, looks: &mut Looks) -> HashMap<Lane, Reserve> {
        let lanes = fair::order(self.gate.backlogged(), looks.turn);
        looks.turn = looks.turn.wrapping_add(1);
        let share = self.gate.bytes_free() / lanes.len().max(1);
        let mut reserved = HashMap::new();
        let mut large = None;
        for lane in lanes {
            // A lane that no destination of today answers to is homeless: it waits, nothing is lost.
            let Some(terms) = self.terms(lane) else {
                self.gate.note_caught_up(lane);
                continue;
            };
            if looks.large.contains(&lane) {
                large = large.or(Some((lane, terms)));
                continue;
            }
            let wanted = limits::TAKE_PER_LANE_MAX as u32;
            reserved.extend(self.gate.reserve(lane, &terms, wanted, share).map(|reserve| (lane, reserve)));
        }
        if let Some((lane, terms)) = large {
            reserved.extend(self.gate.reserve_large(lane, &terms).map(|reserve| (lane, reserve)));
        }
        reserved
    }

    /// A lane that gave fewer deliveries than it had permits for has no more that are due, unless their size
    /// was the reason: what the store had named and then did not give is larger than a share of the bytes.
    fn note_what_is_left(&self, wants: &[Want], taken: &[Leased], looks: &mut Looks) {
        for want in wants {
            let of_lane = || taken.iter().filter(|leased| leased.lane == want.lane);
            let count = of_lane().count();
            let bytes: usize = of_lane().map(|leased| leased.bytes as usize).sum();
            let was_large = looks.large.remove(&want.lane);
            let was_named = looks.named.remove(&want.lane);
            if count == 0 && was_named && !was_large {
                looks.named.insert(want.lane);
                looks.large.insert(want.lane);
                self.gate.look_now();
            } else if count == 0 || count < want.count as usize && bytes <= want.bytes / 2 {
                self.gate.note_caught_up(want.lane);
            }
        }
    }

    async fn send_taken(
        self: &Arc<Engine>,
        taken: Vec<Leased>,
        mut reserved: HashMap<Lane, Reserve>,
        note: &Note,
        sending: &Sending,
    ) {
        let mut unsendable = Vec::new();
        let mut sending = sending.lock().await;
        for leased in taken {
            match reserved.get_mut(&leased.lane).and_then(|reserve| reserve.permit(leased.bytes)) {
                Some(permit) => {
                    let place = Place::Now(permit);
                    self.send(Born { leased, place, note: note.clone() }, &mut sending);
                }
                None => unsendable.push((leased.id, leased.lease)),
            }
        }
        drop(sending);
        if !unsendable.is_empty()
            && let Err(error) = self.ports.queue.release(unsendable).await
        {
            self.look_failed(&error);
        }
    }

    /// Takes one delivery that nodes died with, after this process has proved that it lives, and no second
    /// one before the first is rendered: should it kill this process too, it was alone.
    pub(super) async fn take_a_suspect(self: &Arc<Engine>, sending: &Sending) {
        let lived = self.ports.clock.monotonic().saturating_sub(self.entered_at);
        if lived < limits::SUSPECT_AFTER || self.suspect_in_hand.load(Ordering::Relaxed) {
            return;
        }
        for lane in self.gate.backlogged() {
            let Some(terms) = self.terms(lane) else { continue };
            let any_size = self.gate.reserve_large(lane, &terms);
            let Some(reserve) =
                any_size.or_else(|| self.gate.reserve(lane, &terms, 1, limits::BODY_BYTES_MAX))
            else {
                continue;
            };
            let note = self.notes.draw(|| self.mint());
            let want = Want { lane, count: 1, bytes: reserve.bytes(), token: note.token(), suspects: true };
            match self.ports.queue.take(self.seat.owner, vec![want]).await {
                Ok(taken) => {
                    let reserved = HashMap::from([(lane, reserve)]);
                    let found = !taken.is_empty();
                    self.suspect_in_hand.store(found, Ordering::Relaxed);
                    self.send_taken(taken, reserved, &note, sending).await;
                    if found {
                        return;
                    }
                }
                Err(error) => return self.look_failed(&error),
            }
        }
    }

    /// Returns what today's configuration allows a lane: a destination's terms, or those of a route until it
    /// splits. None: neither is configured.
    pub(crate) fn terms(&self, lane: Lane) -> Option<Terms> {
        self.current.of(lane.scope).terms(lane.id)
    }

    fn look_failed(&self, error: &StoreError) {
        self.unknown.store(true, Ordering::Relaxed);
        tracing::warn!(%error, "looking for due deliveries failed; trying again within a second");
    }
}
