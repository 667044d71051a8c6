//! A store in a test: its clock, its ids, its place.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hookgate_core::delivery::{Birth, Lease, Owner};
use hookgate_core::event::{Content, Dedupe, Parts};
use hookgate_core::word::{DeliveryId, Digest, Minter, Token};
use hookgate_ports::doubles::{Memory, VirtualClock};
use hookgate_ports::{Clock, Entry, Intake, Journal, Queue, Settle, Upkeep};
use tokio::task::JoinHandle;

use crate::{Metrics, OpenOptions, Sqlite};

/// All ports of a store.
pub(crate) trait Store: Intake + Queue + Journal + Upkeep {}

impl<T: Intake + Queue + Journal + Upkeep> Store for T {}

/// A store and what a test needs around it.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: VirtualClock,
    minter: Minter,
    place: Place,
}

enum Place {
    Memory,
    Sqlite { file: File, sqlite: Arc<Sqlite>, writer: JoinHandle<()>, metrics: Metrics },
}

/// A database file that goes with its test.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn new() -> File {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("hookgate-store-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        File(folder)
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.join("hookgate.db")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A folder that stays behind harms nobody.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

impl World {
    pub(crate) async fn memory() -> World {
        let clock = VirtualClock::default();
        let store = Arc::new(Memory::new(Arc::new(clock.clone())));
        World { store, clock, minter: Minter::new(1, 0), place: Place::Memory }
    }

    pub(crate) async fn sqlite() -> World {
        let clock = VirtualClock::default();
        let (file, metrics) = (File::new(), Metrics::default());
        let (sqlite, writer) = open(&file, &clock, &metrics).await;
        let store: Arc<dyn Store> = sqlite.clone();
        let place = Place::Sqlite { file, sqlite, writer, metrics };
        World { store, clock, minter: Minter::new(1, 0), place }
    }

    /// Ends the process, as far as the store can tell, and starts another one.
    pub(crate) async fn reopen(&mut self) {
        if let Place::Sqlite { file, sqlite, writer, metrics } = &mut self.place {
            sqlite.stop();
            (&mut *writer).await.unwrap();
            let (opened, running) = open(file, &self.clock, metrics).await;
            self.store = opened.clone();
            *sqlite = opened;
            *writer = running;
        }
    }

    pub(crate) async fn enter(&self) -> Owner {
        self.store.enter().await.unwrap().owner
    }

    pub(crate) fn id(&self) -> i64 {
        self.minter.next(self.clock.now())
    }

    pub(crate) fn token(&self) -> Token {
        Token(self.id())
    }
}

async fn open(file: &File, clock: &VirtualClock, metrics: &Metrics) -> (Arc<Sqlite>, JoinHandle<()>) {
    let options =
        OpenOptions { metrics: metrics.clone(), ..OpenOptions::new(file.path(), Arc::new(clock.clone())) };
    let (sqlite, writer) = Sqlite::open(options).await.unwrap();
    (sqlite, tokio::spawn(writer))
}

/// Units for tests that need no [`World`].
pub(crate) struct Entries(World);

impl Entries {
    pub(crate) fn new(clock: &VirtualClock) -> Entries {
        let store = Arc::new(Memory::new(Arc::new(clock.clone())));
        Entries(World { store, clock: clock.clone(), minter: Minter::new(1, 0), place: Place::Memory })
    }

    pub(crate) fn with_clock() -> (Entries, VirtualClock) {
        let clock = VirtualClock::default();
        (Entries::new(&clock), clock)
    }

    pub(crate) fn planned(&self, birth: Birth) -> Entry {
        self.0.planned(birth, &["crm"])
    }

    pub(crate) fn plain(&self) -> Entry {
        self.0.entry()
    }

    pub(crate) fn keyed(&self) -> Entry {
        let mut entry = self.0.entry();
        let mut key = [0; 16];
        key.copy_from_slice(&Digest::of(&self.0.id().to_be_bytes()).as_bytes()[..16]);
        entry.event.dedupe = Some(Dedupe { key, fingerprint: 1, window_hours: 24 });
        entry
    }

    /// An event with a body of this size.
    pub(crate) fn of_bytes(&self, bytes: usize) -> Entry {
        let mut entry = self.0.entry();
        let content = &entry.event.content;
        entry.event.content = Arc::new(Content::new(Parts {
            id: content.id,
            source: content.source.clone(),
            event_type: content.event_type.clone(),
            subject: None,
            order_key: None,
            received_at: content.received_at,
            headers: content.headers.clone(),
            body: vec![b'x'; bytes].into(),
        }));
        entry
    }

    /// A settle of nobody's delivery.
    pub(crate) fn settle(&self) -> Settle {
        let lease = Lease { owner: Owner(1), token: Token(1) };
        self.0.settle(DeliveryId(1), lease, super::make::DELIVERED)
    }
}
