//! What accepting does to the memory store, dedupe included.

use std::collections::{BTreeMap, BTreeSet};

use hookgate_core::delivery::{Birth, Owner};
use hookgate_core::event::{Accepted, Dedupe, NewEvent};
use hookgate_core::word::{EventId, Millis};

use super::memory_state::{DedupeKey, Event, Live, State};
use crate::{Accept, Entry, StoreError};

impl State {
    /// Stores a unit whole or not at all.
    pub(super) fn accept(&mut self, unit: Accept, now: Millis) -> Result<Vec<Accepted>, StoreError> {
        unit.check()?;
        let mut accepted = Vec::with_capacity(unit.entries.len());
        let mut keys = BTreeMap::new();
        let (mut events, mut deliveries) = (BTreeSet::new(), BTreeSet::new());
        for entry in &unit.entries {
            let answer = self.look(&entry.event, &keys, now);
            if answer == Accepted::New {
                let id = entry.event.content.id;
                let is_new = events.insert(id) && !self.events.contains_key(&id);
                let are_new = entry
                    .deliveries
                    .iter()
                    .all(|d| deliveries.insert(d.id) && !self.live.contains_key(&d.id));
                if !is_new || !are_new {
                    return Err(StoreError::Refused(format!("{id} or a delivery of it is stored already")));
                }
                if let Some(dedupe) = entry.event.dedupe {
                    keys.insert(key(&entry.event, &dedupe), (dedupe.fingerprint, id));
                }
            }
            accepted.push(answer);
        }
        for (entry, answer) in unit.entries.into_iter().zip(&accepted) {
            match answer {
                Accepted::New => self.store(entry, unit.owner, now),
                Accepted::Duplicate { of, .. } => {
                    if let Some(first) = self.events.get_mut(of) {
                        first.duplicates += 1;
                    }
                }
            }
        }
        Ok(accepted)
    }

    /// Looks for an event's key among those of this unit and those stored within its window.
    fn look(&self, event: &NewEvent, keys: &BTreeMap<DedupeKey, (i64, EventId)>, now: Millis) -> Accepted {
        let Some(dedupe) = event.dedupe else { return Accepted::New };
        let key = key(event, &dedupe);
        let since = hour(now) - i64::from(dedupe.window_hours);
        let stored = || {
            self.dedupe
                .iter()
                .rev()
                .find(|((bucket, k), _)| *bucket >= since && *k == key)
                .map(|(_, first)| first)
        };
        match keys.get(&key).or_else(stored) {
            Some((fingerprint, of)) => {
                Accepted::Duplicate { of: *of, same_body: *fingerprint == dedupe.fingerprint }
            }
            None => Accepted::New,
        }
    }

    fn store(&mut self, entry: Entry, owner: Owner, now: Millis) {
        let Entry { event, deliveries } = entry;
        if let Some(dedupe) = event.dedupe {
            self.window_hours_max = self.window_hours_max.max(dedupe.window_hours);
            self.dedupe.insert((hour(now), key(&event, &dedupe)), (dedupe.fingerprint, event.content.id));
        }
        let scope = event.scope;
        let count = u64::try_from(deliveries.len()).unwrap_or(u64::MAX);
        self.events.insert(event.content.id, Event { new: event, deliveries: count, duplicates: 0 });
        for new in deliveries {
            let lease = match new.birth {
                Birth::Taken(lease) if self.living == Some(owner) => Some(lease),
                Birth::Taken(_) | Birth::Pending => None,
            };
            self.live.insert(new.id, Live { lease, ..Live::born(new, scope, now) });
        }
    }

    /// Forgets dedupe keys older than the longest window.
    pub(super) fn forget_keys(&mut self, now: Millis) {
        let kept = hour(now) - i64::from(self.window_hours_max);
        self.dedupe.retain(|(bucket, _), _| *bucket >= kept);
    }
}

fn key(event: &NewEvent, dedupe: &Dedupe) -> DedupeKey {
    (event.scope, event.source, dedupe.key)
}

fn hour(now: Millis) -> i64 {
    now.0.div_euclid(3_600_000)
}
