//! Ids: time-ordered 63-bit integers inside, a prefix and base32 outside.
//!
//! 41 bits of milliseconds since 2025-01-01, 10 of node number, 12 of count: an index on them
//! grows at its end, and no two nodes draw the same one. Users treat them as opaque.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

use thiserror::Error;

use super::time::Millis;

/// 2025-01-01T00:00:00Z: 41 bits of milliseconds from here last until 2094.
const EPOCH_MILLIS: i64 = 1_735_689_600_000;
const NODE_BITS: u32 = 10;
const COUNT_BITS: u32 = 12;

/// Crockford's base32 in lower case, without i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 13 digits of 5 bits hold 63.
const DIGITS: usize = 13;

/// Why a text is no id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected an id such as {prefix}_0123456789abc, found {found:?}")]
pub struct IdError {
    prefix: &'static str,
    found: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map($name)
                    .ok_or_else(|| IdError { prefix: $prefix, found: text.chars().take(40).collect() })
            }
        }
    };
}

id!(
    /// One accepted, immutable message.
    EventId, "evt"
);
id!(
    /// One event for one destination by one route.
    DeliveryId, "del"
);
id!(
    /// One try of a delivery.
    AttemptId, "att"
);
id!(
    /// One request on the wire; it may carry the attempts of many deliveries.
    SendId, "snd"
);

/// What the receiver sees as `webhook-id` and dedupes by: `msg_…`, of a Split child `msg_…_0`.
///
/// The integer is that of the delivery it was born with; retries and replays keep it. It has no
/// dot: Standard Webhooks 1.0 joins it to the signed content by one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId {
    /// The delivery that the message was born with.
    pub born: DeliveryId,
    /// The way through Splits, such as `0` or `2_1`; empty without one.
    pub path: String,
}

impl MessageId {
    /// Returns the message id of a delivery that is planned, not split off.
    pub fn of(born: DeliveryId) -> MessageId {
        MessageId { born, path: String::new() }
    }

    /// Returns the message id of the `nth` delivery that this one's splits into, counted from 0.
    pub fn child(&self, nth: usize) -> MessageId {
        let path = if self.path.is_empty() { nth.to_string() } else { format!("{}_{nth}", self.path) };
        MessageId { born: self.born, path }
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "msg_{}", encode(self.born.0))?;
        if self.path.is_empty() { Ok(()) } else { write!(f, "_{}", self.path) }
    }
}

/// Proves that a lease is the one that was drawn: every birth and take has a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(pub i64);

/// Draws ids for one node. Every id is greater than all it drew before, whatever the clock does.
#[derive(Debug)]
pub struct Minter {
    node: i64,
    last: AtomicI64,
}

/// Returns the smallest id that is drawn at this time: what was born before it has a smaller one.
pub fn first_id(at: Millis) -> i64 {
    let millis = at.0.saturating_sub(EPOCH_MILLIS).clamp(0, i64::MAX >> (NODE_BITS + COUNT_BITS));
    millis << (NODE_BITS + COUNT_BITS)
}

impl Minter {
    /// Nodes are numbered from 0 to this.
    pub const NODE_MAX: u16 = (1 << NODE_BITS) - 1;

    /// Starts above `stored_max`, the greatest id that the store holds.
    ///
    /// # Panics
    /// Never: a node number above [`Minter::NODE_MAX`] is cut to its lowest bits.
    pub fn new(node: u16, stored_max: i64) -> Minter {
        Minter { node: i64::from(node & Minter::NODE_MAX), last: AtomicI64::new(stored_max) }
    }

    /// Returns a new id for something that happens at `now`.
    pub fn next(&self, now: Millis) -> i64 {
        let floor = pack(now.0.saturating_sub(EPOCH_MILLIS).max(0), self.node, 0);
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let next = if floor > last { floor } else { self.following(last) };
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return next,
                Err(newer) => last = newer,
            }
        }
    }

    /// The least id of this node above `last`: the count goes on, or the next millisecond begins.
    fn following(&self, last: i64) -> i64 {
        let millis = last >> (NODE_BITS + COUNT_BITS);
        let count = last & ((1 << COUNT_BITS) - 1);
        let in_this_millisecond = pack(millis, self.node, count + 1);
        if count + 1 < (1 << COUNT_BITS) && in_this_millisecond > last {
            in_this_millisecond
        } else {
            pack(millis + 1, self.node, 0)
        }
    }
}

fn pack(millis: i64, node: i64, count: i64) -> i64 {
    (millis << (NODE_BITS + COUNT_BITS) | node << COUNT_BITS | count) & i64::MAX
}

fn encode(id: i64) -> String {
    let mut digits = [0; DIGITS];
    let mut rest = id as u64;
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    digits.iter().map(|digit| *digit as char).collect()
}

fn decode(text: &str) -> Option<i64> {
    if text.len() != DIGITS {
        return None;
    }
    let mut id: u128 = 0;
    for c in text.bytes() {
        let digit = ALPHABET.iter().position(|a| *a == c.to_ascii_lowercase())?;
        id = id << 5 | digit as u128;
    }
    i64::try_from(id).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Millis = Millis(1_795_000_000_000);

    #[test]
    fn an_id_reads_as_its_prefix_and_thirteen_digits() {
        assert_eq!(EventId(0).to_string(), "evt_0000000000000");
        assert_eq!(DeliveryId(i64::MAX).to_string(), "del_7zzzzzzzzzzzz");
        assert_eq!(MessageId::of(DeliveryId(32)).to_string(), "msg_0000000000010");
        assert_eq!(
            MessageId { born: DeliveryId(1), path: "0_2".into() }.to_string(),
            "msg_0000000000001_0_2"
        );
    }

    #[test]
    fn what_is_no_id_of_that_kind_is_refused() {
        for text in [
            "",
            "evt_",
            "del_0000000000000",
            "evt_000000000000",
            "evt_00000000000000",
            "evt_000000000000u",
            "evt_zzzzzzzzzzzzz",
            "evt_000000000000é",
        ] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
        let said = "x".parse::<EventId>().expect_err("not an id").to_string();
        assert_eq!(said, "expected an id such as evt_0123456789abc, found \"x\"");
    }

    #[test]
    fn ids_grow_while_the_clock_stands_or_steps_back() {
        let minter = Minter::new(3, 0);
        let mut last = 0;

        for step in 0..10_000 {
            let id = minter.next(Millis(NOW.0 - step));

            assert!(id > last);
            assert_eq!(id >> COUNT_BITS & 1023, 3);
            last = id;
        }
    }

    #[test]
    fn a_new_minter_starts_above_what_is_stored() {
        let from_the_future = pack(NOW.0 - EPOCH_MILLIS + 60_000, 9, 77);

        let id = Minter::new(2, from_the_future).next(NOW);

        assert!(id > from_the_future);
        assert_eq!(id >> COUNT_BITS & 1023, 2);
    }

    proptest! {
        #[test]
        fn every_id_comes_back_from_its_text(id in 0..=i64::MAX) {
            prop_assert_eq!(EventId(id).to_string().parse::<EventId>(), Ok(EventId(id)));
        }

        #[test]
        fn texts_sort_as_ids_do(a in 0..=i64::MAX, b in 0..=i64::MAX) {
            prop_assert_eq!(a.cmp(&b), EventId(a).to_string().cmp(&EventId(b).to_string()));
        }

        #[test]
        fn two_nodes_never_draw_the_same(now in 0..4_000_000_000_000i64, stored in 0..i64::MAX / 4) {
            let (a, b) = (Minter::new(1, stored), Minter::new(2, stored));
            let drawn: Vec<i64> = (0..50).flat_map(|_| [a.next(Millis(now)), b.next(Millis(now))]).collect();
            let distinct: std::collections::HashSet<_> = drawn.iter().collect();
            prop_assert_eq!(distinct.len(), drawn.len());
        }
    }
}
