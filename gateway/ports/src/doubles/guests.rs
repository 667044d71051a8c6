//! Plugins without WebAssembly: each digest is a closure, which a test may hold up, count and look into.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hookgate_core::plugin::{
    Authenticated, Built, Call, Crash, CrashKind, Facts, GuestEvent, GuestMessage, GuestRequest,
    GuestResponse, Judged, Refused, Role, Routed, Transformed,
};
use hookgate_core::word::{Digest, Headers};
use tokio::sync::watch;

use super::Script;
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
    calls: Vec<(Call, Shown)>,
    loads: usize,
}

/// What a call was about.
#[derive(Clone)]
enum Shown {
    Event(GuestEvent),
    Request(GuestRequest),
    Response(GuestResponse),
}

struct Plugin {
    facts: Facts,
    script: Script,
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
        self.provide_script(component, Script::new().transform(transform))
    }

    /// Makes a component known, with the roles of the script.
    pub fn provide_script(&self, component: &[u8], script: Script) -> Digest {
        let digest = Digest::of(component);
        let facts = Facts {
            digest,
            component_bytes: component.len(),
            roles: script.roles(),
            uses: Vec::new(),
            manifest: None,
        };
        let plugin = Plugin { facts, script, loaded: Loaded::No, held: watch::Sender::new(false) };
        let mut state = self.state();
        state.refused.remove(&digest);
        state.plugins.insert(digest, plugin);
        digest
    }

    /// Makes a component known and callable at once, without a load. It has the role `transform`.
    pub fn install(
        &self,
        component: &[u8],
        transform: impl Fn(&Call, &GuestEvent) -> Transformed + Send + Sync + 'static,
    ) -> Digest {
        self.install_script(component, Script::new().transform(transform))
    }

    /// Makes a component known and callable at once, with the roles of the script.
    pub fn install_script(&self, component: &[u8], script: Script) -> Digest {
        let digest = self.provide_script(component, script);
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

    /// Returns every call about an event so far (transform, route, build), in the order in which they came,
    /// those that were given up included.
    pub fn calls(&self) -> Vec<(Call, GuestEvent)> {
        self.about(|shown| match shown {
            Shown::Event(event) => Some(event.clone()),
            Shown::Request(_) | Shown::Response(_) => None,
        })
    }

    /// Returns every call of `authenticate` so far.
    pub fn requests(&self) -> Vec<(Call, GuestRequest)> {
        self.about(|shown| match shown {
            Shown::Request(request) => Some(request.clone()),
            Shown::Event(_) | Shown::Response(_) => None,
        })
    }

    /// Returns every call of `judge` so far.
    pub fn responses(&self) -> Vec<(Call, GuestResponse)> {
        self.about(|shown| match shown {
            Shown::Response(response) => Some(response.clone()),
            Shown::Event(_) | Shown::Request(_) => None,
        })
    }

    fn about<T>(&self, of: impl Fn(&Shown) -> Option<T>) -> Vec<(Call, T)> {
        let state = self.state();
        state.calls.iter().filter_map(|(call, shown)| Some((call.clone(), of(shown)?))).collect()
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

    /// Notes a call, and waits while its component is held. None: it is not callable in this role.
    async fn begin<F>(
        &self,
        call: &Call,
        shown: Shown,
        role: Role,
        of: impl Fn(&Script) -> Option<F>,
    ) -> Option<F> {
        let (function, mut held) = self.note(call, shown, role, of)?;
        // The sender goes with a component that is provided anew: then its calls go on.
        drop(held.wait_for(|held| !held).await);
        Some(function)
    }

    fn note<F>(
        &self,
        call: &Call,
        shown: Shown,
        role: Role,
        of: impl Fn(&Script) -> Option<F>,
    ) -> Option<(F, watch::Receiver<bool>)> {
        let mut state = self.state();
        state.calls.push((call.clone(), shown));
        self.0.calls.send_replace(state.calls.len());
        let plugin = state.plugins.get(&call.digest)?;
        let callable = plugin.loaded == Loaded::Yes && plugin.facts.roles.contains(&role);
        let function = of(&plugin.script).filter(|_| callable)?;
        Some((function, plugin.held.subscribe()))
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

    fn retain(&self, wanted: &BTreeSet<Digest>) {
        for (_, plugin) in self.state().plugins.iter_mut().filter(|(digest, _)| !wanted.contains(digest)) {
            plugin.loaded = Loaded::No;
        }
    }

    fn transform(&self, call: Call, event: GuestEvent) -> Fut<'_, Transformed> {
        Box::pin(async move {
            let shown = Shown::Event(event.clone());
            let begun = self.begin(&call, shown, Role::Transform, |script| script.transform.clone());
            begun.await.map_or_else(incompatible, |transform| transform(&call, &event))
        })
    }

    fn route(&self, call: Call, event: GuestEvent, candidates: Vec<String>) -> Fut<'_, Routed> {
        Box::pin(async move {
            let shown = Shown::Event(event.clone());
            let begun = self.begin(&call, shown, Role::Route, |script| script.route.clone());
            begun.await.map_or_else(incompatible, |route| route(&call, &event, &candidates))
        })
    }

    fn authenticate(&self, call: Call, request: GuestRequest) -> Fut<'_, Authenticated> {
        Box::pin(async move {
            let shown = Shown::Request(request.clone());
            let begun = self.begin(&call, shown, Role::Authenticate, |script| script.authenticate.clone());
            begun.await.map_or_else(incompatible, |authenticate| authenticate(&call, &request))
        })
    }

    fn build(&self, call: Call, event: GuestEvent) -> Fut<'_, Built> {
        Box::pin(async move {
            let shown = Shown::Event(event.clone());
            let begun = self.begin(&call, shown, Role::ConnectOut, |script| script.build.clone());
            begun.await.map_or_else(incompatible, |build| build(&call, &event))
        })
    }

    fn judge(&self, call: Call, response: GuestResponse) -> Fut<'_, Judged> {
        Box::pin(async move {
            let shown = Shown::Response(response.clone());
            let begun = self.begin(&call, shown, Role::ConnectOut, |script| script.judge.clone());
            begun.await.map_or_else(incompatible, |judge| judge(&call, &response))
        })
    }
}

fn incompatible<T>() -> Result<T, Crash> {
    crash(CrashKind::Incompatible)
}

/// Returns one message that is the event's own: what a transform makes that changes nothing.
pub fn unchanged() -> Transformed {
    Ok(Ok(vec![GuestMessage { event_type: None, headers: Headers::new(), body: None }]))
}

/// Returns a crash of this kind, whatever the role.
pub fn crash<T>(kind: CrashKind) -> Result<T, Crash> {
    Err(Crash { kind, message: format!("scripted: {}", kind.word()) })
}

#[cfg(test)]
#[path = "guests_tests.rs"]
mod tests;
