//! The memory store as a queue.

use std::collections::BTreeSet;

use bytes::Bytes;
use hookgate_core::control::{Control, Fact};
use hookgate_core::delivery::{Kept, Lease, Leased, Owner};
use hookgate_core::recipe::Recipe;
use hookgate_core::word::{DeliveryId, Digest, Kind, NameId, ScopeId, Secret, Token};

use super::memory::{Call, Memory};
use crate::{Due, Fut, Keep, Queue, Seat, Settle, Settled, StoreError, Want};

impl Queue for Memory {
    fn enter(&self) -> Fut<'_, Result<Seat, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move {
            let mut state = self.state();
            let (owner, adopted) = state.enter(now);
            let events = state.events.keys().map(|id| id.0);
            let attempts = state.attempts.values().flatten().map(|attempt| attempt.id.0);
            let deliveries = state.live.keys().chain(state.finished.keys()).map(|id| id.0);
            let id_max = events.chain(attempts).chain(deliveries).max().unwrap_or(0);
            Ok(Seat { owner, id_max, hash_key: Secret::new(state.hash_key.clone()), adopted })
        })
    }

    fn due(&self, lanes_max: usize) -> Fut<'_, Result<Due, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { self.call(Call::Due, |state| Ok(state.due(lanes_max, now))) })
    }

    fn take(&self, owner: Owner, wants: Vec<Want>) -> Fut<'_, Result<Vec<Leased>, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { self.call(Call::Take, |state| state.take(owner, &wants, now)) })
    }

    fn keep(&self, keep: Keep) -> Fut<'_, Result<Settled, StoreError>> {
        Box::pin(async move {
            self.call(Call::Keep, |state| {
                if state.held(keep.delivery, keep.lease).is_none() {
                    return Ok(Settled::LeaseLost);
                }
                state.kept.insert(keep.delivery, keep.kept);
                Ok(Settled::Done)
            })
        })
    }

    fn kept(&self, delivery: DeliveryId) -> Fut<'_, Result<Option<Kept>, StoreError>> {
        Box::pin(async move {
            let state = self.state();
            Ok(state.kept.get(&delivery).filter(|_| state.live.contains_key(&delivery)).cloned())
        })
    }

    fn settle(&self, settle: Settle) -> Fut<'_, Result<Settled, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { self.call(Call::Settle, |state| state.settle(settle, now)) })
    }

    fn release(&self, leases: Vec<(DeliveryId, Lease)>) -> Fut<'_, Result<(), StoreError>> {
        let now = self.clock().now();
        Box::pin(async move {
            self.call(Call::Release, |state| {
                state.free(now, |id, lease| leases.contains(&(id, lease)));
                Ok(())
            })
        })
    }

    fn release_unknown(
        &self,
        owner: Owner,
        noted: Vec<Token>,
        drawn_before: Token,
    ) -> Fut<'_, Result<u64, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move {
            let noted: BTreeSet<i64> = noted.into_iter().map(|token| token.0).collect();
            let is_unknown = |lease: Lease| {
                lease.owner == owner && lease.token.0 < drawn_before.0 && !noted.contains(&lease.token.0)
            };
            Ok(self.state().free(now, |_, lease| is_unknown(lease)))
        })
    }

    fn leave(&self, owner: Owner) -> Fut<'_, Result<(), StoreError>> {
        let now = self.clock().now();
        Box::pin(async move {
            let mut state = self.state();
            state.free(now, |_, lease| lease.owner == owner);
            state.living = state.living.filter(|living| *living != owner);
            Ok(())
        })
    }

    fn controls(&self) -> Fut<'_, Result<Vec<Control>, StoreError>> {
        Box::pin(async move { Ok(self.state().controls.values().cloned().collect()) })
    }

    fn hold(&self, control: Control) -> Fut<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let key = (control.scope, control.kind.word(), control.subject, control.fact.word());
            self.state().controls.insert(key, control);
            Ok(())
        })
    }

    fn lift(
        &self,
        scope: ScopeId,
        kind: Kind,
        subject: NameId,
        fact: Fact,
    ) -> Fut<'_, Result<bool, StoreError>> {
        let now = self.clock().now();
        Box::pin(async move { Ok(self.state().lift((scope, kind.word(), subject, fact.word()), now)) })
    }

    fn recipe(&self, digest: Digest) -> Fut<'_, Result<Option<Recipe>, StoreError>> {
        Box::pin(async move {
            let Some(json) = self.state().recipes.get(&digest).cloned() else { return Ok(None) };
            Recipe::from_json(&json)
                .map(Some)
                .map_err(|error| StoreError::Down(format!("recipe {digest}: {error}")))
        })
    }

    fn component(&self, digest: Digest) -> Fut<'_, Result<Option<Bytes>, StoreError>> {
        Box::pin(async move { Ok(self.state().components.get(&digest).cloned()) })
    }
}
