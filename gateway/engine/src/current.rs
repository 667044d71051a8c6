//! The topologies that rule now: one per scope, swapped whole.

use std::collections::HashMap;
use std::sync::Arc;

use hookgate_core::topology::Topology;
use hookgate_core::word::ScopeId;
use tokio::sync::watch;

/// The topologies that rule now. Cheap to clone; every clone sees the same.
#[derive(Clone)]
pub struct Current(Arc<watch::Sender<HashMap<ScopeId, Arc<Topology>>>>);

impl Default for Current {
    fn default() -> Current {
        Current(Arc::new(watch::Sender::new(HashMap::new())))
    }
}

impl Current {
    /// Lets a topology rule its scope from now on. Work in flight ends on the one it began with.
    pub fn swap(&self, topology: Topology) {
        self.0.send_modify(|all| {
            all.insert(topology.scope, Arc::new(topology));
        });
    }

    /// Returns the topology of a scope; of an unknown one an empty topology.
    pub fn of(&self, scope: ScopeId) -> Arc<Topology> {
        self.0.borrow().get(&scope).cloned().unwrap_or_else(|| Arc::new(Topology::empty(scope)))
    }
}
