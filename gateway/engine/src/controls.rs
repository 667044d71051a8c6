//! Controls: what holds destinations, routes and plugins. Asked for at every discovery, so that an operator's
//! word rules within a second; what the engine decides itself is held at once and written.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hookgate_core::breaker::Change;
use hookgate_core::control::{Control, Fact};
use hookgate_core::decide::{DeadReason, Verdict};
use hookgate_core::delivery::Lane;
use hookgate_core::plugin::Crash;
use hookgate_core::quarantine::{self, Crashes};
use hookgate_core::recipe::Stage;
use hookgate_core::word::{Actor, Kind, NameId, ScopeId};
use hookgate_ports::StoreError;

use crate::Engine;
use crate::deliver::Trying;

/// What is known of controls.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    crashes: Mutex<Crashes>,
    /// Plugins in quarantine, each with its reason, which names the component.
    quarantined: Mutex<HashMap<(ScopeId, NameId), String>>,
    /// Lanes whose breaker the store said is open.
    breakers: Mutex<HashSet<Lane>>,
    /// They were asked for since the process began. Before that nothing is born taken.
    asked: AtomicBool,
}

impl Controls {
    /// Returns why a stage's component must not run, if it is in quarantine.
    pub(crate) fn quarantine(&self, scope: ScopeId, stage: &Stage) -> Option<String> {
        let quarantined = lock(&self.quarantined);
        if quarantined.is_empty() {
            return None;
        }
        let reason = quarantined.get(&(scope, NameId::of(scope, Kind::Plugin, &stage.plugin)))?;
        quarantine::is_about(reason, &stage.digest).then(|| reason.clone())
    }

    /// Notes a call that came back.
    pub(crate) fn ran(&self, stage: &Stage) {
        lock(&self.crashes).ran(&stage.digest);
    }

    /// Tells whether controls were asked for since the process began.
    pub(crate) fn were_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Engine {
    /// Returns what is held in a scope, and why.
    ///
    /// # Errors
    /// The store did not answer.
    pub async fn held(&self, scope: ScopeId) -> Result<Vec<Control>, StoreError> {
        let controls = self.ports.queue.controls().await?;
        Ok(controls.into_iter().filter(|control| control.scope == scope).collect())
    }

    /// Asks the store what is held, and holds just that.
    pub(crate) async fn ask_controls(&self) {
        let controls = match self.ports.queue.controls().await {
            Ok(controls) => controls,
            Err(error) => {
                tracing::warn!(%error, "asking what is held failed; what was held stays so");
                return;
            }
        };
        let mut lanes = HashSet::new();
        let mut quarantined = HashMap::new();
        let mut breakers = HashSet::new();
        let mut outdated = Vec::new();
        let is_first = !self.controls.asked.load(Ordering::Relaxed);
        for control in controls {
            let lane = Lane { scope: control.scope, id: control.subject };
            match control.fact {
                Fact::Paused | Fact::Disabled => {
                    lanes.insert(lane);
                }
                // From then on this process' own knowledge is newer.
                Fact::Breaker => {
                    if is_first {
                        self.reopen(lane, &control);
                    }
                    breakers.insert(lane);
                }
                Fact::Quarantined if self.is_outdated(&control) => outdated.push(control),
                Fact::Quarantined => {
                    quarantined.insert((control.scope, control.subject), control.reason);
                }
            }
        }
        self.gate.hold(lanes);
        let were_open = std::mem::replace(&mut *lock(&self.controls.breakers), breakers.clone());
        were_open.difference(&breakers).for_each(|lane| self.gate.close_breaker(*lane));
        self.let_out(quarantined);
        for control in outdated {
            self.lift(control.scope, control.kind, control.subject, control.fact).await;
        }
        self.controls.asked.store(true, Ordering::Relaxed);
    }

    /// Replaces what is known of quarantines. A component that an operator let out begins anew.
    fn let_out(&self, quarantined: HashMap<(ScopeId, NameId), String>) {
        let before = std::mem::replace(&mut *lock(&self.controls.quarantined), quarantined.clone());
        for (scope, plugin) in before.into_keys().filter(|key| !quarantined.contains_key(key)) {
            let topology = self.current.of(scope);
            let digest = topology.plugins().find(|known| known.id == plugin).map(|plugin| plugin.digest);
            digest.iter().for_each(|digest| lock(&self.controls.crashes).forget(digest));
        }
    }

    /// Tells whether a quarantine is about another component than the plugin's of today.
    fn is_outdated(&self, control: &Control) -> bool {
        let topology = self.current.of(control.scope);
        let today = topology.plugins().find(|plugin| plugin.id == control.subject);
        today.is_some_and(|plugin| !quarantine::is_about(&control.reason, &plugin.digest))
    }

    /// Opens a breaker that was open before this process began.
    fn reopen(&self, lane: Lane, control: &Control) {
        let left = control.until.map(|until| until.since(self.ports.clock.now())).unwrap_or_default();
        self.gate.open_breaker(lane, left);
    }

    /// Counts a crash; the one that is too many puts the component into quarantine.
    pub(crate) async fn crashed(&self, scope: ScopeId, stage: &Stage, crash: &Crash) {
        if !lock(&self.controls.crashes).crashed(stage.digest) {
            return;
        }
        let reason = quarantine::reason(&stage.digest, crash);
        let plugin = NameId::of(scope, Kind::Plugin, &stage.plugin);
        tracing::error!(
            plugin = %stage.plugin,
            "plugin {} is in quarantine: {reason}; its deliveries wait for another component or `resume`",
            stage.plugin
        );
        lock(&self.controls.quarantined).insert((scope, plugin), reason.clone());
        self.hold(self.control(scope, Kind::Plugin, plugin, Fact::Quarantined, reason)).await;
    }

    /// Holds a destination whose receiver is gone, and shows whether a breaker is open.
    pub(crate) async fn hold_what_failed(&self, to: &Trying<'_>, change: Option<Change>, verdict: &Verdict) {
        let Some(destination) = to.destination() else { return };
        let (scope, name) = (destination.scope, &destination.name);
        match (change, &destination.breaker) {
            (Some(Change::Opened), Some(policy)) => {
                let reason = format!("{} failures in a row", policy.failures);
                tracing::warn!(destination = %name, "{name}: its breaker opened: {reason}");
                let control = self.control(scope, Kind::Destination, destination.id, Fact::Breaker, reason);
                self.hold(Control { until: Some(control.since.after(policy.open)), ..control }).await;
            }
            (Some(Change::Closed), _) => {
                tracing::info!(destination = %name, "{name}: its breaker closed");
                self.lift(scope, Kind::Destination, destination.id, Fact::Breaker).await;
            }
            (Some(Change::Opened) | None, _) => {}
        }
        if *verdict == Verdict::Dead(DeadReason::Gone) && !destination.endpoint().is_template() {
            let reason = "its receiver says that it is gone for good".to_owned();
            tracing::warn!(destination = %name, "{name} is disabled: {reason}; `resume` enables it");
            self.gate.hold_also(to.lane());
            self.hold(self.control(scope, Kind::Destination, destination.id, Fact::Disabled, reason)).await;
        }
    }

    fn control(&self, scope: ScopeId, kind: Kind, subject: NameId, fact: Fact, reason: String) -> Control {
        let since = self.ports.clock.now();
        Control { scope, kind, subject, fact, reason, since, until: None, actor: Actor::System.to_string() }
    }

    async fn hold(&self, control: Control) {
        let fact = control.fact.word();
        if let Err(error) = self.ports.queue.hold(control).await {
            tracing::warn!(%error, fact, "a control was not written; it is decided again if its reason lasts");
        }
    }

    async fn lift(&self, scope: ScopeId, kind: Kind, subject: NameId, fact: Fact) {
        match self.ports.queue.lift(scope, kind, subject, fact).await {
            Ok(_) => self.gate.discover_now(),
            Err(error) => {
                tracing::warn!(%error, fact = fact.word(), "a control was not lifted; trying again")
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Both maps are whole after every statement, so a panic elsewhere does not spoil them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
