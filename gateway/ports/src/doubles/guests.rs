//! Plugins without WebAssembly: each digest is a closure, which a test may hold up, count and look into.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hookgate_core::plugin::{
    Call, Crash, CrashKind, Facts, GuestEvent, GuestMessage, Refused, Role, Transformed,
};
use hookgate_core::word::{Digest, Headers};
use tokio::sync::watch;

use crate::{Fut, Guests};

/// A [`Guests`] that runs closures. Clones are the same guests.
///
/// A component is any bytes that [`ScriptedGuests::provide`] or [`ScriptedGuests::install`] named;
/// every other one is refused as no component.
#[derive(Clone, Default)]
pub struct ScriptedGuests(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    calls: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    plugins: HashMap<Digest, Plugin>,
    refused: HashMap<Digest, Refused>,
    calls: Vec<(Call, GuestEvent)>,
    loads: usize,
}

type Transform = Arc<dyn Fn(&Call, &GuestEvent) -> Transformed + Send + Sync>;

struct Plugin {
    facts: Facts,
    transform: Transform,
    loaded: Loaded,
    /// Whether its calls wait.
    held: watch::Sender<bool>,
}

#[derive(Clone, Copy, PartialEq)]
enum Loaded {
    No,
    Yes,
}

impl ScriptedGuests {
    /// Makes guests that know no component.
    pub fn new() -> ScriptedGuests {
        ScriptedGuests::default()
    }

    /// Makes a component known, so that it can be inspected and loaded. It has the role `transform`.
    pub fn provide(
        &self,
        component: &[u8],
        transform: impl Fn(&Call, &GuestEvent) -> Transformed + Send + Sync + 'static,
    ) -> Digest {
        let digest = Digest::of(component);
        let facts = Facts {
            digest,
            component_bytes: component.len(),
            roles: vec![Role::Transform],
            uses: Vec::new(),
            manifest: None,
        };
        let plugin = Plugin {
            facts,
            transform: Arc::new(transform),
            loaded: Loaded::No,
            held: watch::Sender::new(false),
        };
        let mut state = self.state();
        state.refused.remove(&digest);
        state.plugins.insert(digest, plugin);
        digest
    }

    /// Makes a component known and callable at once, without a load.
    pub fn install(
        &self,
        component: &[u8],
        transform: impl Fn(&Call, &GuestEvent) -> Transformed + Send + Sync + 'static,
    ) -> Digest {
        let digest = self.provide(component, transform);
        self.change(&digest, |plugin| plugin.loaded = Loaded::Yes);
        digest
    }

    /// Makes a component one that [`Guests::inspect`] and [`Guests::load`] refuse.
    pub fn refuse(&self, component: &[u8], refused: Refused) -> Digest {
        let digest = Digest::of(component);
        let mut state = self.state();
        state.plugins.remove(&digest);
        state.refused.insert(digest, refused);
        digest
    }

    /// Changes what a known component is: its roles, what it uses, its manifest.
    pub fn describe(&self, digest: &Digest, describe: impl FnOnce(&mut Facts)) {
        self.change(digest, |plugin| describe(&mut plugin.facts));
    }

    /// Lets calls of a known component hang from now on, until [`ScriptedGuests::release`].
    pub fn hold(&self, digest: &Digest) {
        self.change(digest, |plugin| plugin.held.send_modify(|held| *held = true));
    }

    /// Lets calls that hang go on, and later ones with them.
    pub fn release(&self, digest: &Digest) {
        self.change(digest, |plugin| plugin.held.send_modify(|held| *held = false));
    }

    /// Returns every call so far, in the order in which they came, those that were given up included.
    pub fn calls(&self) -> Vec<(Call, GuestEvent)> {
        self.state().calls.clone()
    }

    /// Returns how many calls of one component came.
    pub fn count(&self, digest: &Digest) -> usize {
        self.state().calls.iter().filter(|(call, _)| call.digest == *digest).count()
    }

    /// Waits until `count` calls came, hanging ones included.
    pub async fn called(&self, count: usize) {
        let mut calls = self.0.calls.subscribe();
        calls.wait_for(|n| *n >= count).await.expect("the guests hold the sender and are borrowed here");
    }

    /// Returns how many loads were asked for.
    pub fn loads(&self) -> usize {
        self.state().loads
    }

    /// Notes a call; returns what it runs and waits for, if the component can be called.
    fn note(&self, call: &Call, event: &GuestEvent) -> Option<(Transform, watch::Receiver<bool>)> {
        let mut state = self.state();
        state.calls.push((call.clone(), event.clone()));
        self.0.calls.send_replace(state.calls.len());
        let plugin = state.plugins.get(&call.digest)?;
        let callable = plugin.loaded == Loaded::Yes && plugin.facts.roles.contains(&Role::Transform);
        callable.then(|| (plugin.transform.clone(), plugin.held.subscribe()))
    }

    fn change(&self, digest: &Digest, change: impl FnOnce(&mut Plugin)) {
        let mut state = self.state();
        change(state.plugins.get_mut(digest).expect("a test names a component that it provided"));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guests for ScriptedGuests {
    fn inspect(&self, component: &[u8]) -> Result<Facts, Refused> {
        let digest = Digest::of(component);
        let state = self.state();
        match (state.refused.get(&digest), state.plugins.get(&digest)) {
            (Some(refused), _) => Err(refused.clone()),
            (None, Some(plugin)) => Ok(plugin.facts.clone()),
            (None, None) => Err(Refused::NotAComponent("the double was given no such component".into())),
        }
    }

    fn load(&self, component: Bytes) -> Fut<'_, Result<Facts, Refused>> {
        Box::pin(async move {
            self.state().loads += 1;
            let facts = self.inspect(&component)?;
            self.change(&facts.digest, |plugin| plugin.loaded = Loaded::Yes);
            Ok(facts)
        })
    }

    fn is_loaded(&self, digest: &Digest) -> bool {
        self.state().plugins.get(digest).is_some_and(|plugin| plugin.loaded == Loaded::Yes)
    }

    fn unload(&self, digest: &Digest) {
        if let Some(plugin) = self.state().plugins.get_mut(digest) {
            plugin.loaded = Loaded::No;
        }
    }

    fn transform(&self, call: Call, event: GuestEvent) -> Fut<'_, Transformed> {
        Box::pin(async move {
            let Some((transform, mut held)) = self.note(&call, &event) else {
                return crash(CrashKind::Incompatible);
            };
            // The sender goes with a component that is provided anew: then its calls go on.
            drop(held.wait_for(|held| !held).await);
            transform(&call, &event)
        })
    }
}

/// Returns one message that is the event's own: what a transform makes that changes nothing.
pub fn unchanged() -> Transformed {
    Ok(Ok(vec![GuestMessage { event_type: None, headers: Headers::new(), body: None }]))
}

/// Returns a crash of this kind.
pub fn crash(kind: CrashKind) -> Transformed {
    Err(Crash { kind, message: format!("scripted: {}", kind.word()) })
}

#[cfg(test)]
#[path = "guests_tests.rs"]
mod tests;
