//! Slots: how many guests may run at once, shared so that no component can use them up. A component may have as
//! many as it leaves free: one comes to half of them, two to a third each, and there is one left for the next.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hookgate_core::word::Digest;
use tokio::sync::oneshot;

/// Gives out slots. Cheap to clone; every clone gives out the same ones.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Mutex<State>>);

struct State {
    free: u32,
    shares: HashMap<Digest, Share>,
}

/// What one component has, and who waits for more of it. One without either has no entry.
#[derive(Default)]
struct Share {
    used: u32,
    waiting: VecDeque<oneshot::Sender<Slot>>,
}

/// A slot. Free again when dropped: when the instance is gone.
pub(crate) struct Slot {
    slots: Slots,
    component: Digest,
}

impl Slots {
    /// All of them are free.
    pub(crate) fn new(count: u32) -> Slots {
        Slots(Arc::new(Mutex::new(State { free: count, shares: HashMap::new() })))
    }

    /// Waits for a slot; who asked first for a component gets its next one.
    ///
    /// Cancel-safe: one that is handed over while nobody waits for it any more goes to the next.
    pub(crate) async fn take(&self, component: Digest) -> Slot {
        let next = {
            let mut state = self.state();
            let (free, share) = (state.free, state.shares.entry(component).or_default());
            if share.waiting.is_empty() && share.used < free {
                share.used += 1;
                state.free -= 1;
                return Slot { slots: self.clone(), component };
            }
            let (hand, next) = oneshot::channel();
            share.waiting.push_back(hand);
            next
        };
        // Whoever holds a slot hands it on; as long as somebody waits, somebody holds one.
        match next.await {
            Ok(slot) => slot,
            Err(_) => unreachable!("a line is left by being called, or by dropping this future"),
        }
    }

    fn give_back(&self, component: Digest) {
        {
            let mut state = self.state();
            state.free += 1;
            if let Some(share) = state.shares.get_mut(&component) {
                share.used -= 1;
            }
        }
        while let Some((hand, slot)) = self.next() {
            // Who waits no longer takes none: it goes back, and to the next.
            drop(hand.send(slot));
        }
    }

    /// Finds who is next: of the components whose share has room the one that has least.
    fn next(&self) -> Option<(oneshot::Sender<Slot>, Slot)> {
        let mut state = self.state();
        let free = state.free;
        let has_room = |(_, share): &(&Digest, &mut Share)| share.used < free && !share.waiting.is_empty();
        state.shares.retain(|_, share| {
            while share.waiting.front().is_some_and(oneshot::Sender::is_closed) {
                share.waiting.pop_front();
            }
            share.used > 0 || !share.waiting.is_empty()
        });
        let (component, share) =
            state.shares.iter_mut().filter(has_room).min_by_key(|(_, share)| share.used)?;
        let (component, hand) = (*component, share.waiting.pop_front()?);
        share.used += 1;
        state.free -= 1;
        Some((hand, Slot { slots: self.clone(), component }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counts are whole after every statement, so a panic elsewhere does not spoil them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.give_back(self.component);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn component(name: &str) -> Digest {
        Digest::of(name.as_bytes())
    }

    /// How many slots are free, and how many components are known.
    fn counts(slots: &Slots) -> (u32, usize) {
        let state = slots.state();
        (state.free, state.shares.len())
    }

    type Taking<'s> = Pin<Box<dyn Future<Output = Slot> + 's>>;

    fn ready(taking: &mut Taking<'_>) -> Option<Slot> {
        match taking.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(slot) => Some(slot),
            Poll::Pending => None,
        }
    }

    /// Takes until it would wait, and returns what was got and the one that waits.
    fn take_all<'s>(slots: &'s Slots, name: &str) -> (Vec<Slot>, Taking<'s>) {
        let mut taken = Vec::new();
        loop {
            let mut next: Taking<'_> = Box::pin(slots.take(component(name)));
            match ready(&mut next) {
                Some(slot) => taken.push(slot),
                None => return (taken, next),
            }
        }
    }

    #[test]
    fn a_component_has_as_many_as_it_leaves_free() {
        let slots = Slots::new(8);

        let (first, _one) = take_all(&slots, "one");
        let (second, _two) = take_all(&slots, "two");
        let (third, _three) = take_all(&slots, "three");

        assert_eq!((first.len(), second.len(), third.len()), (4, 2, 1));
        assert_eq!(slots.state().free, 1);
        assert!(ready(&mut (Box::pin(slots.take(component("four"))) as Taking<'_>)).is_some());
    }

    #[test]
    fn what_comes_free_goes_to_the_component_that_has_least() {
        let slots = Slots::new(8);
        let (mut many, mut waits_for_many) = take_all(&slots, "many");
        let (few, mut waits_for_few) = take_all(&slots, "few");
        assert_eq!((many.len(), few.len()), (4, 2));

        many.pop();
        let got = ready(&mut waits_for_few);
        assert!(got.is_some() && ready(&mut waits_for_many).is_none());

        drop((few, got));
        assert!(ready(&mut waits_for_many).is_some());
    }

    #[test]
    fn who_waits_no_longer_is_passed_over_and_nothing_is_left_behind() {
        let slots = Slots::new(2);
        let (taken, waits) = take_all(&slots, "one");
        let mut behind: Taking<'_> = Box::pin(slots.take(component("one")));
        assert!(ready(&mut behind).is_none());

        drop(waits);
        drop(taken);

        let slot = ready(&mut behind).expect("its turn");
        assert_eq!(counts(&slots), (1, 1));
        drop(slot);
        assert_eq!(counts(&slots), (2, 0));
    }
}
