//! A house to test in: one source, destinations by name, and everything around the engine in hand.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::delivery::End;
use hookgate_core::plugin::{Grants, PluginLimits};
use hookgate_core::recipe::{Recipe, Stage};
use hookgate_core::request::RawRequest;
use hookgate_core::retry::RetryPolicy;
use hookgate_core::scheme::Verification;
use hookgate_core::source::{DedupeKey, DedupeRule, Source};
use hookgate_core::template::Template;
use hookgate_core::topology::{
    ConnectorTarget, Destination, Endpoint, OnPluginFailure, Plugin, Route, Signing, Target, Topology,
    TopologyParts,
};
use hookgate_core::word::{Actor, Digest, Kind, NameId, Scope, ScopeId, Secret, Slug};
use hookgate_ports::doubles::{Memory, ScriptedGuests, VirtualClock, Wire};
use hookgate_ports::{Applied, Clock, DeliveryFilter, DeliveryRow, DeliveryState, Journal, Queue};
use http::{HeaderName, HeaderValue, Method};
use prometheus_client::registry::Registry;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Current, Engine, Ports, Reception, Refusal, Taken};

/// How long the house keeps events.
pub(super) const RETENTION: Duration = Duration::from_secs(86_400);

/// An engine that runs, and its doubles.
pub(super) struct House {
    pub(super) engine: Arc<Engine>,
    pub(super) store: Memory,
    pub(super) wire: Wire,
    pub(super) guests: ScriptedGuests,
    pub(super) clock: VirtualClock,
    pub(super) stop: CancellationToken,
    pub(super) running: JoinHandle<()>,
}

/// What a house's topology is made of.
#[derive(Clone, Default)]
pub(super) struct Plan {
    /// Name, concurrency, delays between attempts in seconds.
    pub(super) destinations: Vec<(&'static str, u32, Vec<u64>)>,
    /// The components of the one route's transforms.
    pub(super) stages: Vec<Digest>,
    pub(super) on_plugin_failure: OnPluginFailure,
    /// The component of the route's router.
    pub(super) router: Option<Digest>,
    /// The component that every destination is reached by, if it is no HTTP endpoint.
    pub(super) connector: Option<Digest>,
    /// What the plugins are granted.
    pub(super) grants: Arc<Grants>,
    /// What is special about the destinations.
    pub(super) change: Option<fn(&mut Destination)>,
}

impl Plan {
    /// One destination named `crm`, four at once, retried after 10 s and 20 s.
    pub(super) fn one() -> Plan {
        Plan { destinations: vec![("crm", 4, vec![10, 20])], ..Plan::default() }
    }

    pub(super) fn with_stage(self, component: Digest) -> Plan {
        Plan { stages: vec![component], ..self }
    }

    /// One destination, changed.
    pub(super) fn changed(change: fn(&mut Destination)) -> Plan {
        Plan { change: Some(change), ..Plan::one() }
    }

    /// Destinations with these names, four at once, tried once.
    pub(super) fn to(names: &[&'static str]) -> Plan {
        Plan { destinations: names.iter().map(|name| (*name, 4, vec![])).collect(), ..Plan::default() }
    }

    fn destination(&self, name: &str, at_once: u32, delays: &[u64]) -> Destination {
        let mut made = destination(name, at_once, delays);
        if self.connector.is_some() {
            let endpoint = made.endpoint().clone();
            let plugin = slug("speaker");
            made.target = Target::Connector(ConnectorTarget { plugin, config: "{}".into(), endpoint });
        }
        if let Some(change) = self.change {
            change(&mut made);
        }
        made
    }

    fn plugins(&self) -> Vec<Plugin> {
        let stages = self.stages.iter().enumerate().map(|(nth, digest)| (plugin_name(nth), *digest));
        let router = self.router.map(|digest| (slug("router"), digest));
        let connector = self.connector.map(|digest| (slug("speaker"), digest));
        let plugin = |(name, digest)| Plugin { grants: Arc::clone(&self.grants), ..plugin(name, digest) };
        stages.chain(router).chain(connector).map(plugin).collect()
    }

    fn topology(&self) -> Topology {
        let router = self.router.map(|digest| Stage { plugin: slug("router"), digest, config: "{}".into() });
        let stages = self.stages.iter().enumerate().map(stage).collect();
        let recipe = Arc::new(Recipe { router, stages });
        let source = source();
        let route = Route {
            id: id(Kind::Route, "all"),
            name: slug("all"),
            source: source.id,
            types: vec![],
            condition: None,
            recipe_digest: recipe.digest(),
            recipe,
            to: self.destinations.iter().map(|(name, ..)| id(Kind::Destination, name)).collect(),
            filter: None,
            catch_all: false,
            on_plugin_failure: self.on_plugin_failure,
        };
        let destinations =
            self.destinations.iter().map(|(name, at_once, delays)| self.destination(name, *at_once, delays));
        let parts = TopologyParts {
            sources: vec![source],
            routes: vec![route],
            destinations: destinations.collect(),
            plugins: self.plugins(),
        };
        let text = format!("{:?}{:?}{:?}", self.stages, self.router, self.connector);
        Topology::new(scope(), Digest::of(text.as_bytes()), parts)
    }
}

impl House {
    /// Builds a house and lets its engine run.
    pub(super) async fn build(plan: Plan) -> House {
        let clock = VirtualClock::default();
        let store = Memory::new(Arc::new(clock.clone()));
        House::in_store(plan, store, clock, ScriptedGuests::new(), Wire::new()).await
    }

    /// Builds a house around doubles that a test has prepared.
    pub(super) async fn in_store(
        plan: Plan,
        store: Memory,
        clock: VirtualClock,
        guests: ScriptedGuests,
        wire: Wire,
    ) -> House {
        let current = Current::default();
        apply(&plan, &store, &current).await;
        let seat = store.enter().await.expect("a seat");
        let ports = Ports {
            intake: Arc::new(store.clone()),
            queue: Arc::new(store.clone()),
            upkeep: Arc::new(store.clone()),
            transport: Arc::new(wire.clone()),
            guests: Arc::new(guests.clone()),
            clock: Arc::new(clock.clone()),
        };
        let engine = Engine::new(ports, current, seat, &mut Registry::default());
        let stop = CancellationToken::new();
        #[expect(
            clippy::disallowed_methods,
            reason = "the test is the application here, and awaits the task"
        )]
        let running = {
            let (engine, stop) = (Arc::clone(&engine), stop.clone());
            tokio::spawn(async move { engine.run(stop, Duration::from_millis(500), RETENTION).await })
        };
        House { engine, store, wire, guests, clock, stop, running }
    }

    /// Lets another topology rule.
    pub(super) async fn swap(&self, plan: &Plan) {
        apply(plan, &self.store, self.engine.current()).await;
        self.engine.wake();
    }

    /// Posts an event with this id, as a sender would.
    pub(super) async fn post(&self, delivery_id: &str, body: &'static str) -> Result<Taken, Refusal> {
        let topology = self.engine.current().of(scope());
        let source = Arc::clone(topology.source("shop").expect("the house has one source"));
        match self.engine.receive(self.request(delivery_id, body), &source, &topology).await? {
            Reception::Stored(receipt) => Ok(receipt.events[0]),
            Reception::Answered(answer) => panic!("the house has no handshakes: {answer:?}"),
        }
    }

    pub(super) fn request(&self, delivery_id: &str, body: &'static str) -> RawRequest {
        let field = |name: &'static str, value: &str| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
        };
        RawRequest {
            method: Method::POST,
            url: "http://gateway/in/shop".into(),
            headers: [field("x-id", delivery_id), field("content-type", "application/json")]
                .into_iter()
                .collect(),
            body: Bytes::from_static(body.as_bytes()),
            peer: IpAddr::from([127, 0, 0, 1]),
            received_at: self.clock.now(),
        }
    }

    /// Lets time pass, and lets the engine see what became due.
    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.engine.wake();
    }

    /// Returns all deliveries, oldest first.
    pub(super) async fn deliveries(&self) -> Vec<DeliveryRow> {
        let page = self.store.deliveries(scope(), DeliveryFilter::default(), None, 200).await;
        let mut rows = page.expect("the store answers").rows;
        rows.reverse();
        rows
    }

    /// Waits until the deliveries meet a condition, and returns them. Nothing is awaited but the engine's
    /// own tasks, which every turn lets run.
    pub(super) async fn until(&self, met: impl Fn(&[DeliveryRow]) -> bool) -> Vec<DeliveryRow> {
        for _ in 0..20_000 {
            let rows = self.deliveries().await;
            if met(&rows) {
                return rows;
            }
            tokio::task::yield_now().await;
        }
        panic!("it did not come to that: {:#?}", self.deliveries().await);
    }

    /// Waits until the one delivery is in this state.
    pub(super) async fn until_state(&self, state: DeliveryState) -> DeliveryRow {
        self.until(|rows| rows.len() == 1 && rows[0].state == state).await.remove(0)
    }

    /// Waits until all of this many deliveries arrived.
    pub(super) async fn until_delivered(&self, count: usize) -> Vec<DeliveryRow> {
        let delivered = |row: &DeliveryRow| row.state == DeliveryState::Finished(End::Delivered);
        self.until(|rows| rows.len() == count && rows.iter().all(delivered)).await
    }
}

/// Stores what a topology's deliveries need, and lets it rule: as the server does.
async fn apply(plan: &Plan, store: &Memory, current: &Current) {
    let topology = plan.topology();
    let applied = Applied {
        scope: scope(),
        revision: topology.revision,
        text: String::new(),
        names: topology.names(),
        recipes: topology.recipes().map(|(digest, recipe)| (*digest, recipe.to_json())).collect(),
        components: vec![],
    };
    store.apply(Actor::System, applied).await.expect("the store answers");
    current.swap(topology);
}

pub(super) fn scope() -> ScopeId {
    Scope::default_scope().id()
}

pub(super) fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a slug")
}

pub(super) fn id(kind: Kind, name: &str) -> NameId {
    NameId::of(scope(), kind, &slug(name))
}

fn source() -> Source {
    let key = DedupeKey::Template(Template::parse("{headers.x-id}").expect("a template"));
    Source {
        dedupe: Some(DedupeRule { key, window_hours: 24 }),
        body_bytes_max: 1000,
        ..Source::new(scope(), slug("shop"), Verification::None)
    }
}

fn destination(name: &str, concurrency: u32, delays: &[u64]) -> Destination {
    let url = format!("https://{name}.test/hook");
    let secrets = vec![Secret::from("0123456789abcdef0123456789abcdef")];
    let endpoint = Endpoint::Plain(url.parse().expect("a URL"));
    Destination {
        retry: RetryPolicy::list(delays.iter().map(|seconds| Duration::from_secs(*seconds)).collect()),
        concurrency,
        signing: Signing::StandardWebhooks { secrets },
        ..Destination::posting_to(endpoint, scope(), slug(name))
    }
}

fn stage((nth, digest): (usize, &Digest)) -> Stage {
    Stage { plugin: plugin_name(nth), digest: *digest, config: "{}".into() }
}

fn plugin(name: Slug, digest: Digest) -> Plugin {
    Plugin {
        id: NameId::of(scope(), Kind::Plugin, &name),
        name,
        digest,
        manifest: None,
        limits: PluginLimits::default(),
        grants: Arc::default(),
    }
}

fn plugin_name(nth: usize) -> Slug {
    slug(&format!("stage-{nth}"))
}
