//! Looking for due work: first the permits, then just as many rows. Nothing is taken that cannot be sent now.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hookgate_core::delivery::{Lane, Leased};
use hookgate_core::limits;
use hookgate_core::word::Token;
use hookgate_ports::{StoreError, Want};

use super::{Born, Sending};
use crate::Engine;
use crate::gate::Permit;
use crate::notes::Note;

impl Engine {
    /// Asks the store which lanes have due work, and returns when to ask again at the latest.
    pub(super) async fn discover(&self) -> Duration {
        match self.ports.queue.due(limits::LANES_PER_LOOK_MAX).await {
            Ok(due) => {
                let mut homeless = 0;
                for lane in due.lanes {
                    match self.concurrency(lane.lane) {
                        Some(_) => self.gate.note_backlog(lane.lane),
                        None => homeless += 1,
                    }
                }
                self.metrics.lanes_homeless.set(homeless);
                due.next_in.unwrap_or(limits::LOOK_EVERY)
            }
            Err(error) => {
                self.look_failed(&error);
                limits::LOOK_EVERY
            }
        }
    }

    /// Takes deliveries of the lanes with a known backlog, as many as there are permits, and sends them.
    pub(super) async fn take_backlog(self: &Arc<Engine>, sending: &Sending) {
        let mut reserved: HashMap<Lane, Vec<Permit>> = HashMap::new();
        for lane in self.gate.backlogged() {
            // A lane that no destination of today answers to is homeless: it waits, nothing is lost.
            let Some(concurrency) = self.concurrency(lane) else {
                self.gate.note_caught_up(lane);
                continue;
            };
            let permits = self.gate.reserve(lane, concurrency, limits::TAKE_PER_LANE_MAX as u32);
            if !permits.is_empty() {
                reserved.insert(lane, permits);
            }
        }
        if reserved.is_empty() {
            return;
        }
        let note = self.notes.draw(|| self.mint());
        let wants = self.wants(&reserved, note.token());
        let taken = match self.ports.queue.take(self.seat.owner, wants.clone()).await {
            Ok(taken) => taken,
            Err(error) => return self.look_failed(&error),
        };
        self.note_what_is_left(&wants, &taken);
        self.send_taken(taken, reserved, &note, sending).await;
    }

    /// Shares the free bytes among the lanes. One of them, another each time, may use them all, so that a
    /// body larger than a share is not passed over for ever.
    fn wants(&self, reserved: &HashMap<Lane, Vec<Permit>>, token: Token) -> Vec<Want> {
        let free = self.gate.bytes_free();
        let share = free / reserved.len().max(1);
        let favoured = (self.chance() * reserved.len() as f64) as usize;
        let want = |(nth, (lane, permits)): (usize, (&Lane, &Vec<Permit>))| Want {
            lane: *lane,
            count: u32::try_from(permits.len()).unwrap_or(u32::MAX),
            bytes: if nth == favoured { free } else { share },
            token,
            suspects: false,
        };
        reserved.iter().enumerate().map(want).collect()
    }

    /// A lane that gave fewer deliveries than it had permits for has no more that are due, unless it
    /// was their size: then it is looked at again when bytes are free.
    fn note_what_is_left(&self, wants: &[Want], taken: &[Leased]) {
        for want in wants {
            let of_lane = || taken.iter().filter(|leased| leased.lane == want.lane);
            let count = of_lane().count();
            let bytes: usize = of_lane().map(|leased| leased.bytes as usize).sum();
            let by_size =
                bytes.saturating_add(limits::BODY_BYTES_MAX) > want.bytes && count < want.count as usize;
            if count < want.count as usize && !(by_size && count > 0) {
                self.gate.note_caught_up(want.lane);
            }
        }
    }

    async fn send_taken(
        self: &Arc<Engine>,
        taken: Vec<Leased>,
        mut reserved: HashMap<Lane, Vec<Permit>>,
        note: &Note,
        sending: &Sending,
    ) {
        let mut unsendable = Vec::new();
        let mut sending = sending.lock().await;
        for leased in taken {
            match reserved.get_mut(&leased.lane).and_then(Vec::pop) {
                Some(permit) => {
                    let permit = permit.charge(leased.bytes);
                    self.send(Born { leased, permit, note: note.clone() }, &mut sending);
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
            let Some(concurrency) = self.concurrency(lane) else { continue };
            let Some(permit) = self.gate.reserve(lane, concurrency, 1).pop() else { continue };
            let note = self.notes.draw(|| self.mint());
            let want =
                Want { lane, count: 1, bytes: limits::BODY_BYTES_MAX, token: note.token(), suspects: true };
            match self.ports.queue.take(self.seat.owner, vec![want]).await {
                Ok(taken) => {
                    let reserved = HashMap::from([(lane, vec![permit])]);
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

    /// Returns how many requests today's destination of a lane may have on the wire.
    fn concurrency(&self, lane: Lane) -> Option<u32> {
        self.current.of(lane.scope).destination(lane.id).map(|destination| destination.concurrency)
    }

    fn look_failed(&self, error: &StoreError) {
        self.unknown.store(true, Ordering::Relaxed);
        tracing::warn!(%error, "looking for due deliveries failed; trying again within a second");
    }
}
