//! The engine: one durable, retrying path for every delivery.
//!
//! [`Engine::receive`] takes a request to its commit; [`Engine::run`] takes deliveries from there to
//! their end. It knows a store, a wire and plugins by their ports only, and decides nothing by itself:
//! every decision is a pure function of `hookgate-core`.

mod controls;
mod current;
mod deliver;
mod dispatch;
mod gate;
mod intake;
mod metrics;
mod notes;
mod observe;
mod tally;
mod upkeep;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hookgate_core::word::{Millis, Minter, ScopeId};
use hookgate_ports::{Clock, Guests, Intake, Queue, Seat, Transport, Upkeep};
use prometheus_client::registry::Registry;
use tokio::sync::{Mutex, RwLock, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use current::Current;
pub use intake::{Batch, Receipt, Reception, Refusal, Taken};
pub use observe::{Observation, Onlooker, Sight, What};

use controls::Controls;
use dispatch::Born;
use gate::Gate;
use intake::{Rates, Turns};
use metrics::Metrics;
use notes::Notes;
use observe::Onlookers;
use tally::Tally;

/// What the engine works with.
#[derive(Clone)]
pub struct Ports {
    /// Stores events.
    pub intake: Arc<dyn Intake>,
    /// Gives out work.
    pub queue: Arc<dyn Queue>,
    /// Looks after the store.
    pub upkeep: Arc<dyn Upkeep>,
    /// Sends requests.
    pub transport: Arc<dyn Transport>,
    /// Runs plugins.
    pub guests: Arc<dyn Guests>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// One process' engine.
pub struct Engine {
    ports: Ports,
    current: Current,
    seat: Seat,
    minter: Minter,
    gate: Gate,
    notes: Notes,
    controls: Controls,
    tally: Tally,
    onlookers: Onlookers,
    metrics: Metrics,
    entered_at: Duration,
    born: mpsc::Sender<Born>,
    born_here: Mutex<Option<mpsc::Receiver<Born>>>,
    /// Renders hold it together, a suspect's render alone.
    renders: RwLock<()>,
    /// A suspect is taken and not rendered yet.
    suspect_in_hand: AtomicBool,
    /// From SIGTERM on nothing is born taken.
    draining: AtomicBool,
    /// A statement's result is unknown: rows may be ours under tokens that nobody remembers.
    unknown: AtomicBool,
    accepts: TaskTracker,
    turns: Turns,
    rates: Rates,
}

impl Engine {
    /// Sits down at `seat`, which the queue gave to this process.
    pub fn new(ports: Ports, current: Current, seat: Seat, registry: &mut Registry) -> Arc<Engine> {
        let gate = Gate::new(Arc::clone(&ports.clock));
        let metrics = Metrics::register(registry);
        // As many may be next as there are permits.
        let (born, born_here) = mpsc::channel(2 * hookgate_core::limits::SENDS_MAX as usize);
        let minter = Minter::new(seat.owner.number(), seat.id_max);
        let entered_at = ports.clock.monotonic();
        Arc::new(Engine {
            ports,
            current,
            seat,
            minter,
            gate,
            notes: Notes::default(),
            controls: Controls::default(),
            tally: Tally::default(),
            onlookers: Onlookers::default(),
            metrics,
            entered_at,
            born,
            born_here: Mutex::new(Some(born_here)),
            renders: RwLock::new(()),
            suspect_in_hand: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            unknown: AtomicBool::new(false),
            accepts: TaskTracker::new(),
            turns: Turns::default(),
            rates: Rates::default(),
        })
    }

    /// Sends until `stop` is cancelled; then ends what is on the wire within `grace`, gives the rest
    /// back to the queue and leaves it. Meanwhile forgets events older than `retention`. Call it once.
    pub async fn run(self: &Arc<Engine>, stop: CancellationToken, grace: Duration, retention: Duration) {
        let upkeep = self.keep_up(stop.clone(), retention);
        let dispatch = self.dispatch(stop, grace);
        tokio::join!(dispatch, upkeep);
    }

    /// Looks for due work now: somebody made a delivery due, such as an operator's retry.
    pub fn wake(&self) {
        self.gate.discover_now();
    }

    /// Draws a new id.
    pub fn mint(&self) -> i64 {
        self.minter.next(self.ports.clock.now())
    }

    /// Returns what the clock shows that events and attempts are dated by.
    pub fn now(&self) -> Millis {
        self.ports.clock.now()
    }

    /// Returns the scope that an address belongs to. One installation has one until tenants come.
    pub fn default_scope() -> ScopeId {
        hookgate_core::word::Scope::default_scope().id()
    }

    /// Returns the topology that rules now.
    pub fn current(&self) -> &Current {
        &self.current
    }

    /// Rolls a die: 0.0 or more, less than 1.0.
    fn chance(&self) -> f64 {
        (self.ports.clock.entropy() >> 11) as f64 / (1u64 << 53) as f64
    }
}
