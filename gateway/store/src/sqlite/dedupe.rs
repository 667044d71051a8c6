//! Which hours hold dedupe keys, and which keys are surely in none of them.
//!
//! A key is looked for in every bucket of its window: one look into the index each, 25 for a day. Most
//! keys are new, so each bucket that was begun by this process has a Bloom filter, and a key that no
//! filter knows is written without a look. A bucket without a filter, such as those found at start, is
//! always looked into: the filter decides about work, never about an answer.

use std::collections::BTreeMap;

use hookgate_core::word::{Millis, NameId};

/// Hours since 1970, by the store's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hour(pub(super) i64);

/// The hours that hold keys.
#[derive(Debug)]
pub(super) struct Buckets {
    hour: Hour,
    filters: BTreeMap<Hour, Option<Filter>>,
}

/// Memory that all filters together may take: 13 million keys, or 24 hours at 155 keys a second.
const FILTER_BYTES_MAX: usize = 24 << 20;

/// Bits per key: with [`PROBES`] one of 1,700 new keys is looked for in vain, per bucket.
const BITS_PER_KEY: usize = 16;
const PROBES: u64 = 8;

/// The first layer's keys; each further one doubles them.
const LAYER_KEYS: usize = 4096;

/// A Bloom filter that grows by layers.
#[derive(Debug, Default)]
struct Filter {
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    bits: Vec<u64>,
    room: usize,
}

impl Hour {
    pub(super) fn of(now: Millis) -> Hour {
        Hour(now.0.div_euclid(3_600_000))
    }

    pub(super) fn before(self, hours: u32) -> Hour {
        Hour(self.0 - i64::from(hours))
    }
}

impl Buckets {
    /// Begins with the hours that the database has.
    pub(super) fn new(stored: impl IntoIterator<Item = Hour>, now: Millis) -> Buckets {
        let filters = stored.into_iter().map(|hour| (hour, None)).collect();
        let mut buckets = Buckets { hour: Hour::of(now), filters };
        buckets.turn(now);
        buckets
    }

    /// Moves on to the hour of `now`, which may lie before the last one.
    pub(super) fn turn(&mut self, now: Millis) {
        self.hour = Hour::of(now);
        self.filters.entry(self.hour).or_insert_with(|| Some(Filter::default()));
    }

    /// Takes the hours that the database has left.
    pub(super) fn retain(&mut self, stored: &[Hour]) {
        let present = self.hour;
        self.filters.retain(|hour, _| *hour == present || stored.contains(hour));
    }

    /// Returns the present hour: new keys are written there.
    pub(super) fn hour(&self) -> Hour {
        self.hour
    }

    /// Returns all hours as a JSON array.
    pub(super) fn json(&self) -> String {
        let hours: Vec<String> = self.filters.keys().map(|hour| hour.0.to_string()).collect();
        format!("[{}]", hours.join(","))
    }

    /// Tells whether a key may stand in a bucket from `since` on.
    pub(super) fn may_hold(&self, since: Hour, source: NameId, key: &[u8; 16]) -> bool {
        let hash = Hash::of(source, key);
        self.filters
            .range(since..)
            .any(|(_, filter)| filter.as_ref().is_none_or(|filter| filter.may_hold(hash)))
    }

    /// Notes keys that were written into the present hour.
    pub(super) fn wrote<'a>(&mut self, keys: impl IntoIterator<Item = (NameId, &'a [u8; 16])>) {
        let mut used: usize = self.filters.values().flatten().map(Filter::bytes).sum();
        let Some(Some(filter)) = self.filters.get_mut(&self.hour) else { return };
        for (source, key) in keys {
            used += filter.add(Hash::of(source, key));
        }
        if used > FILTER_BYTES_MAX {
            self.forget_one_filter();
        }
    }

    /// The oldest one guards the keys that are the least likely to come again.
    fn forget_one_filter(&mut self) {
        if let Some(oldest) = self.filters.values_mut().find(|filter| filter.is_some()) {
            *oldest = None;
        }
    }
}

/// Two halves of a key. Keys are HMACs, so their bits are as good as any hash of them.
#[derive(Debug, Clone, Copy)]
struct Hash(u64, u64);

impl Hash {
    fn of(source: NameId, key: &[u8; 16]) -> Hash {
        let key = u128::from_be_bytes(*key);
        let half = |half: u128| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0);
        Hash(half(key) ^ source.0.cast_unsigned(), half(key >> 64) | 1)
    }

    /// Places in a layer of `bits` bits, a power of two (Kirsch and Mitzenmacher, 2006).
    fn places(self, bits: usize) -> impl Iterator<Item = (usize, u64)> {
        (0..PROBES).map(move |probe| {
            let place = self.0.wrapping_add(self.1.wrapping_mul(probe)) as usize & (bits - 1);
            (place / 64, 1 << (place % 64))
        })
    }
}

impl Filter {
    fn may_hold(&self, hash: Hash) -> bool {
        self.layers
            .iter()
            .any(|layer| hash.places(layer.bits.len() * 64).all(|(word, bit)| layer.bits[word] & bit != 0))
    }

    /// Adds a key; returns by how many bytes the filter grew.
    fn add(&mut self, hash: Hash) -> usize {
        let mut grown = 0;
        if self.layers.last().is_none_or(|layer| layer.room == 0) {
            let room = LAYER_KEYS << self.layers.len();
            let bits = vec![0; room * BITS_PER_KEY / 64];
            grown = bits.len() * 8;
            self.layers.push(Layer { bits, room });
        }
        if let Some(layer) = self.layers.last_mut() {
            layer.room -= 1;
            for (word, bit) in hash.places(layer.bits.len() * 64) {
                layer.bits[word] |= bit;
            }
        }
        grown
    }

    fn bytes(&self) -> usize {
        self.layers.iter().map(|layer| layer.bits.len() * 8).sum()
    }
}

#[cfg(test)]
#[path = "dedupe_tests.rs"]
mod tests;
