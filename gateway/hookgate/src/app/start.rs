//! Start and stop, in order. A start either gets everything or ends with a reason; a stop takes nothing
//! new, ends what is on the wire, gives the rest back, and closes the store last.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hookgate_config::{Settings, StorageUrl};
use hookgate_core::limits;
use hookgate_core::word::{Actor, Secret};
use hookgate_engine::{Current, Engine, Ports};
use hookgate_host::{Host, HostSettings};
use hookgate_ports::{Clock, Guests, Journal, Queue, Transport};
use hookgate_server::admin::{self, Admin, AdminKey, KEY_PREFIX};
use hookgate_server::apply::{Apply, ConfigSource};
use hookgate_server::listen;
use hookgate_server::public::{self, Public};
use hookgate_store::{Metrics, OpenOptions, Sqlite};
use hookgate_transport::{Http, HttpSettings};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::clock::SystemClock;
use super::{check, config_source, embedded, signals};
use crate::cli::{Exit, bad_config};

/// The doors, bound before anything else is touched: a second gateway on the same ports fails early.
struct Doors {
    public: TcpListener,
    admin: TcpListener,
}

/// The rooms that the engine stands on.
struct Rooms {
    clock: Arc<dyn Clock>,
    store: Arc<Sqlite>,
    guests: Arc<dyn Guests>,
    transport: Arc<Http>,
    writer: JoinHandle<()>,
}

/// Runs the gateway by the configuration at `path` until a signal ends it.
pub(super) async fn run(path: &Path) -> Result<(), Exit> {
    let source = config_source(path);
    let settings = check(&source, false).map_err(bad_config)?.config.settings;
    let doors = bind(&settings).await?;
    let mut registry = Registry::with_prefix("hookgate");
    build_info(&mut registry);
    let rooms = open(&settings, &mut registry).await?;

    let seat = Queue::enter(&*rooms.store).await.map_err(failed)?;
    if seat.adopted > 0 {
        tracing::info!(count = seat.adopted, "adopted deliveries that an earlier process held");
    }
    let current = Current::default();
    let apply = Arc::new(rooms.apply(source, &current, &mut registry));
    apply.ship(embedded()).await.map_err(failed)?;
    let applied = apply.apply(Actor::System).await.map_err(bad_config)?;
    applied.warnings.iter().for_each(|warning| eprintln!("{warning}"));

    let engine = Engine::new(rooms.ports(), current, seat, &mut registry);
    let room = Public::room();
    let admin = admin::router(Arc::new(Admin {
        journal: Arc::clone(&rooms.store) as _,
        upkeep: Arc::clone(&rooms.store) as _,
        engine: Arc::clone(&engine),
        apply: Arc::clone(&apply),
        scope: Engine::default_scope(),
        key: admin_key(&settings, &*rooms.store).await?,
        room: Arc::clone(&room),
        uploads: Admin::uploads(),
        registry: Arc::new(Mutex::new(registry)),
    }));
    let public = public_door(&settings, &engine, &rooms.clock, room);

    let stop = CancellationToken::new();
    let signals = tokio::spawn(signals::listen(apply, stop.clone()));
    let public = tokio::spawn(listen::serve(doors.public, public, stop.clone(), limits::DRAIN_TIMEOUT));
    let admin = tokio::spawn(listen::serve(doors.admin, admin, stop.clone(), limits::DRAIN_TIMEOUT));
    let StorageUrl::Sqlite(database) = &settings.storage.url;
    tracing::info!(
        "hookgate {} is up: sources at http://{}/in/…, admin API at http://{}, data in {}",
        env!("CARGO_PKG_VERSION"),
        settings.server.listen,
        settings.server.admin_listen,
        database.display()
    );
    engine.run(stop, limits::DRAIN_TIMEOUT, settings.storage.retention).await;
    for ended in [public.await, admin.await] {
        ended.map_err(|error| Exit::Failed(format!("a door did not close in order: {error}")))?;
    }
    signals.abort();
    rooms.store.stop();
    rooms.writer.await.map_err(|error| Exit::Failed(format!("the store did not close in order: {error}")))?;
    tracing::info!("stopped in order");
    Ok(())
}

/// Opens store, plugin host and transport.
async fn open(settings: &Settings, registry: &mut Registry) -> Result<Rooms, Exit> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let StorageUrl::Sqlite(database) = &settings.storage.url;
    let mut options = OpenOptions::new(database, Arc::clone(&clock));
    options.metrics = Metrics::new(registry);
    let (store, writer) = Sqlite::open(options).await.map_err(failed)?;
    let writer = tokio::spawn(writer);
    let host = HostSettings { cache_dir: Some(cache_dir(settings, database)), ..HostSettings::default() };
    let guests = Arc::new(Host::new(host, registry).map_err(failed)?);
    let http = HttpSettings::new(settings.egress.clone());
    let transport = Arc::new(Http::new(http, registry).map_err(failed)?);
    Ok(Rooms { clock, store, guests, transport, writer })
}

impl Rooms {
    fn ports(&self) -> Ports {
        Ports {
            intake: Arc::clone(&self.store) as _,
            queue: Arc::clone(&self.store) as _,
            upkeep: Arc::clone(&self.store) as _,
            transport: Arc::clone(&self.transport) as Arc<dyn Transport>,
            guests: Arc::clone(&self.guests),
            clock: Arc::clone(&self.clock),
        }
    }

    fn apply(&self, source: ConfigSource, current: &Current, registry: &mut Registry) -> Apply {
        let transport = Arc::clone(&self.transport);
        let allow = Box::new(move |allowed| transport.allow(allowed));
        let journal = Arc::clone(&self.store) as Arc<dyn Journal>;
        let ports = (Arc::clone(&self.guests), journal);
        Apply::new(Engine::default_scope(), source, ports, current.clone(), allow, registry)
    }
}

async fn bind(settings: &Settings) -> Result<Doors, Exit> {
    let bind = async |key: &str, address: SocketAddr| {
        let listener = TcpListener::bind(address).await;
        listener.map_err(|error| Exit::Failed(format!("{key} = \"{address}\": {error}")))
    };
    Ok(Doors {
        public: bind("server.listen", settings.server.listen).await?,
        admin: bind("server.admin_listen", settings.server.admin_listen).await?,
    })
}

fn public_door(
    settings: &Settings,
    engine: &Arc<Engine>,
    clock: &Arc<dyn Clock>,
    room: Arc<Semaphore>,
) -> axum::Router {
    public::router(Arc::new(Public {
        engine: Arc::clone(engine),
        clock: Arc::clone(clock),
        scope: Engine::default_scope(),
        public_url: settings.server.public_url.clone(),
        trusted_proxies: settings.server.trusted_proxies.clone(),
        room,
    }))
}

/// Machine code lies beside the database unless the configuration says where.
fn cache_dir(settings: &Settings, database: &Path) -> PathBuf {
    settings.plugins.cache.clone().unwrap_or_else(|| {
        let mut name = database.as_os_str().to_owned();
        name.push("-plugins");
        PathBuf::from(name)
    })
}

/// The key from the configuration; without one, the one of the first start, which shows it once.
async fn admin_key(settings: &Settings, journal: &dyn Journal) -> Result<AdminKey, Exit> {
    if let Some(key) = &settings.server.admin_key {
        return Ok(AdminKey::of(key));
    }
    let scope = Engine::default_scope();
    if let Some(hash) = journal.admin_key(scope).await.map_err(failed)? {
        return Ok(AdminKey::from_hash(hash));
    }
    let mut random = [0; 24];
    getrandom::fill(&mut random)
        .map_err(|error| Exit::Failed(format!("no randomness for a key: {error}")))?;
    let hex: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let text = format!("{KEY_PREFIX}{hex}");
    let key = AdminKey::of(&Secret::from(text.as_str()));
    journal.make_admin_key(Actor::System, scope, key.hash()).await.map_err(failed)?;
    println!("An admin key was made. It is shown this once:\n\n  export HOOKGATE_ADMIN_KEY={text}\n");
    Ok(key)
}

fn build_info(registry: &mut Registry) {
    let info: Gauge = Gauge::default();
    info.set(1);
    let version = ("version".into(), env!("CARGO_PKG_VERSION").into());
    registry.sub_registry_with_label(version).register("build_info", "The release that runs", info);
}

fn failed(error: impl std::fmt::Display) -> Exit {
    Exit::Failed(error.to_string())
}
