//! What the memory store holds, and what its ports do to it. Pure: the time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use hookgate_core::control::{Control, Fact};
use hookgate_core::decide::DeadReason;
use hookgate_core::delivery::{End, Kept, Lane, Lease, Leased, NewDelivery, Owner};
use hookgate_core::event::NewEvent;
use hookgate_core::limits;
use hookgate_core::word::{DeliveryId, Digest, EventId, Kind, MessageId, Millis, NameId, ScopeId};

use super::memory_plugins::{Configured, Registered};
use super::memory_upkeep::TallyKey;
use crate::{AttemptRecord, Due, DueLane, Settle, Settled, StoreError, To, Want};

/// A stored event.
pub(super) struct Event {
    pub(super) new: NewEvent,
    pub(super) deliveries: u64,
    pub(super) duplicates: u64,
}

/// A live delivery.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) id: DeliveryId,
    pub(super) scope: ScopeId,
    pub(super) event: EventId,
    pub(super) route: NameId,
    pub(super) destination: Option<NameId>,
    pub(super) lane: Lane,
    pub(super) recipe: Digest,
    pub(super) message: MessageId,
    pub(super) bytes: u32,
    pub(super) due: Option<Millis>,
    pub(super) attempts: u32,
    pub(super) plugin_tries: u32,
    pub(super) lost: u32,
    pub(super) lease: Option<Lease>,
    /// The plugin that it is held for.
    pub(super) held_for: Option<NameId>,
    pub(super) parent: Option<DeliveryId>,
    pub(super) replay_of: Option<DeliveryId>,
}

/// A finished delivery: the row as it last was, and its end.
pub(super) struct Finished {
    pub(super) row: Live,
    pub(super) end: End,
    pub(super) reason: Option<DeadReason>,
    pub(super) at: Millis,
    pub(super) last: Option<AttemptRecord>,
    pub(super) resolved_by: Option<DeliveryId>,
}

/// Everything.
pub(super) struct State {
    pub(super) hash_key: Vec<u8>,
    pub(super) incarnation: i64,
    pub(super) living: Option<Owner>,
    pub(super) events: BTreeMap<EventId, Event>,
    pub(super) live: BTreeMap<DeliveryId, Live>,
    pub(super) finished: BTreeMap<DeliveryId, Finished>,
    pub(super) attempts: BTreeMap<DeliveryId, Vec<AttemptRecord>>,
    pub(super) kept: BTreeMap<DeliveryId, Kept>,
    pub(super) dedupe: BTreeMap<(i64, DedupeKey), (i64, EventId)>,
    pub(super) window_hours_max: u32,
    pub(super) names: BTreeMap<NameId, (Kind, String)>,
    pub(super) recipes: BTreeMap<Digest, String>,
    pub(super) components: BTreeMap<Digest, Bytes>,
    pub(super) plugins: BTreeMap<(ScopeId, String), Configured>,
    pub(super) registry: BTreeMap<(ScopeId, String), Registered>,
    pub(super) tally: BTreeMap<TallyKey, (u64, u64)>,
    pub(super) revisions: BTreeMap<ScopeId, Digest>,
    pub(super) admin_keys: BTreeMap<ScopeId, Digest>,
    pub(super) controls: BTreeMap<ControlKey, Control>,
}

/// Scope, source and key.
pub(super) type DedupeKey = (ScopeId, NameId, [u8; 16]);

/// Scope, kind, subject and fact, in the order that they are listed in.
pub(super) type ControlKey = (ScopeId, &'static str, NameId, &'static str);

impl State {
    pub(super) fn new(hash_key: Vec<u8>) -> State {
        State {
            hash_key,
            incarnation: 0,
            living: None,
            events: BTreeMap::new(),
            live: BTreeMap::new(),
            finished: BTreeMap::new(),
            attempts: BTreeMap::new(),
            kept: BTreeMap::new(),
            dedupe: BTreeMap::new(),
            window_hours_max: 0,
            names: BTreeMap::new(),
            recipes: BTreeMap::new(),
            components: BTreeMap::new(),
            plugins: BTreeMap::new(),
            registry: BTreeMap::new(),
            tally: BTreeMap::new(),
            revisions: BTreeMap::new(),
            admin_keys: BTreeMap::new(),
            controls: BTreeMap::new(),
        }
    }

    /// Begins a new incarnation and adopts what the others held; returns how many are free again.
    pub(super) fn enter(&mut self, now: Millis) -> (Owner, u64) {
        self.incarnation += 1;
        let owner = Owner::new(0, self.incarnation);
        self.living = Some(owner);
        let lost: Vec<DeliveryId> =
            self.live.values().filter(|live| live.lease.is_some()).map(|live| live.id).collect();
        let mut adopted = 0;
        for id in lost {
            // What is rendered already says nothing of its plugins when it is lost.
            let counted = !matches!(self.kept.get(&id), Some(Kept::Rendered(_)));
            let Some(live) = self.live.get_mut(&id) else { continue };
            if counted && live.lost + 1 >= limits::LOST_ABANDONED {
                self.finish(id, End::DeadLettered, Some(DeadReason::Abandoned), None, now);
                continue;
            }
            live.lost += u32::from(counted);
            live.free(now);
            adopted += 1;
        }
        (owner, adopted)
    }

    /// Frees rows of one owner, uncounted; returns how many.
    pub(super) fn free(&mut self, now: Millis, is_meant: impl Fn(DeliveryId, Lease) -> bool) -> u64 {
        let meant =
            self.live.values_mut().filter(|live| live.lease.is_some_and(|lease| is_meant(live.id, lease)));
        meant.map(|live| live.free(now)).fold(0, |freed, ()| freed + 1)
    }

    pub(super) fn due(&self, lanes_max: usize, now: Millis) -> Due {
        let mut heads: BTreeMap<Lane, Millis> = BTreeMap::new();
        let mut next: Option<Millis> = None;
        for live in self.live.values().filter(|live| live.lease.is_none()) {
            let Some(due) = live.due else { continue };
            if due <= now {
                let head = heads.entry(live.lane).or_insert(due);
                *head = due.min(*head);
            } else {
                next = Some(next.map_or(due, |next| next.min(due)));
            }
        }
        let mut lanes: Vec<DueLane> =
            heads.into_iter().map(|(lane, since)| DueLane { lane, since }).collect();
        lanes.sort_by_key(|lane| (lane.since, lane.lane));
        lanes.truncate(lanes_max);
        Due { lanes, next_in: next.map(|next| next.since(now)) }
    }

    pub(super) fn take(
        &mut self,
        owner: Owner,
        wants: &[Want],
        now: Millis,
    ) -> Result<Vec<Leased>, StoreError> {
        if self.living != Some(owner) {
            return Err(StoreError::Ended);
        }
        let mut taken = Vec::new();
        for want in wants {
            let is_wanted = |live: &&mut Live| {
                let is_suspect = live.lost >= limits::LOST_SUSPECT;
                live.lease.is_none()
                    && live.lane == want.lane
                    && live.due.is_some_and(|due| due <= now)
                    && is_suspect == want.suspects
            };
            let mut wanted: Vec<&mut Live> = self.live.values_mut().filter(is_wanted).collect();
            wanted.sort_by_key(|live| (live.due, live.id));
            let mut bytes = 0;
            for live in wanted.into_iter().take(want.count as usize) {
                bytes += live.bytes as usize;
                if bytes > want.bytes {
                    break;
                }
                live.lease = Some(Lease { owner, token: want.token });
                taken.push((live.due, live.id));
            }
        }
        taken.sort();
        Ok(taken.into_iter().filter_map(|(_, id)| self.leased(id)).collect())
    }

    fn leased(&self, id: DeliveryId) -> Option<Leased> {
        let live = self.live.get(&id)?;
        let event = self.events.get(&live.event)?;
        Some(Leased {
            id,
            lease: live.lease?,
            event: Arc::clone(&event.new.content),
            hops: event.new.hops,
            route: live.route,
            destination: live.destination,
            lane: live.lane,
            recipe: live.recipe,
            message: live.message.clone(),
            attempts: live.attempts,
            plugin_tries: live.plugin_tries,
            lost: live.lost,
            bytes: live.bytes,
            has_kept: self.kept.contains_key(&id),
        })
    }

    /// Returns a live row if this lease holds it.
    pub(super) fn held(&mut self, id: DeliveryId, lease: Lease) -> Option<&mut Live> {
        self.live.get_mut(&id).filter(|live| live.lease == Some(lease))
    }

    pub(super) fn settle(&mut self, settle: Settle, now: Millis) -> Result<Settled, StoreError> {
        let Settle { delivery, lease, attempt, to } = settle;
        to.check()?;
        if self.held(delivery, lease).is_none() {
            return Ok(Settled::LeaseLost);
        }
        if let To::Split { children } = &to {
            let mut ids = BTreeSet::new();
            let is_taken = |child: &&NewDelivery| self.live.contains_key(&child.id) || !ids.insert(child.id);
            if let Some(child) = children.iter().find(is_taken) {
                return Err(StoreError::Refused(format!("{} is stored already", child.id)));
            }
        }
        let Some(live) = self.held(delivery, lease) else { return Ok(Settled::LeaseLost) };
        live.lost = 0;
        match to {
            To::Finished { end, reason } => {
                live.attempts += 1;
                self.finish(delivery, end, reason, Some(attempt), now);
                return Ok(Settled::Done);
            }
            To::Split { children } => {
                live.attempts += 1;
                let parent = live.clone();
                self.finish(delivery, End::Split, None, Some(attempt), now);
                children.into_iter().for_each(|child| self.bear(child, &parent, now));
                return Ok(Settled::Done);
            }
            To::Retry(delay) => {
                live.attempts += 1;
                live.plugin_tries = 0;
                live.due = Some(now.after(delay));
            }
            To::RetryPlugin(delay) => {
                live.plugin_tries += 1;
                live.due = Some(now.after(delay));
            }
            To::Hold { plugin } => {
                live.plugin_tries += 1;
                live.due = None;
                live.held_for = plugin;
            }
        }
        live.lease = None;
        self.attempts.entry(delivery).or_default().push(attempt);
        Ok(Settled::Done)
    }

    /// A child is born under its parent's event.
    fn bear(&mut self, mut child: NewDelivery, parent: &Live, now: Millis) {
        if let Some(held) = child.held.take() {
            self.kept.insert(child.id, held);
        }
        child.event = parent.event;
        let row = Live { parent: Some(parent.id), ..Live::born(child, parent.scope, now) };
        self.live.insert(row.id, row);
    }

    /// Makes deliveries that are held for a plugin due.
    pub(super) fn repair(&mut self, scope: ScopeId, plugin: NameId, now: Millis) {
        let is_held = |live: &&mut Live| live.scope == scope && live.lease.is_none() && live.due.is_none();
        for live in self.live.values_mut().filter(is_held).filter(|live| live.held_for == Some(plugin)) {
            live.due = Some(now);
            live.plugin_tries = live.plugin_tries.min(1);
        }
    }

    pub(super) fn lift(&mut self, key: ControlKey, now: Millis) -> bool {
        let lifted = self.controls.remove(&key).is_some();
        let (scope, _, subject, fact) = key;
        if lifted && fact == Fact::Quarantined.word() {
            self.repair(scope, subject, now);
        }
        lifted
    }

    fn finish(
        &mut self,
        id: DeliveryId,
        end: End,
        reason: Option<DeadReason>,
        last: Option<AttemptRecord>,
        at: Millis,
    ) {
        if let Some(row) = self.live.remove(&id) {
            if end != End::DeadLettered {
                self.kept.remove(&id);
            }
            self.finished.insert(id, Finished { row, end, reason, at, last, resolved_by: None });
        }
    }
}

impl Live {
    pub(super) fn born(new: NewDelivery, scope: ScopeId, now: Millis) -> Live {
        Live {
            id: new.id,
            scope,
            event: new.event,
            route: new.route,
            destination: new.destination,
            lane: Lane { scope, id: new.lane.id },
            recipe: new.recipe,
            message: new.message,
            bytes: new.bytes,
            due: Some(now),
            attempts: 0,
            plugin_tries: 0,
            lost: 0,
            lease: None,
            held_for: None,
            parent: None,
            replay_of: None,
        }
    }

    fn free(&mut self, now: Millis) {
        self.lease = None;
        self.due = Some(now);
    }
}
