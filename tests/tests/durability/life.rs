//! One life of a database: opened, used by many tasks at once, until the power goes off.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::decide::DeadReason;
use hookgate_core::delivery::{End, Lease, Owner};
use hookgate_core::outcome::Word;
use hookgate_core::word::{AttemptId, DeliveryId, Headers, Millis, Minter, SendId, Token};
use hookgate_ports::{Accept, AttemptRecord, Clock, Intake, Queue, Settle, Settled, To, Upkeep, Want};
use hookgate_store::{OpenError, OpenOptions, Sqlite, Synchronous};
use hookgate_tests::{Dice, within};
use tokio::task::{JoinHandle, JoinSet};

use super::clock::SeededClock;
use super::disk::Disk;
use super::entry;
use super::promise::Promises;

/// Tasks that accept and settle at once.
const TASKS: u64 = 8;

/// A life that gets no further than this has lost its power by then, or hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// An open database.
pub(super) struct Open {
    pub(super) store: Arc<Sqlite>,
    pub(super) clock: Arc<dyn Clock>,
    writer: JoinHandle<()>,
}

impl Open {
    /// Opens the database in `folder`.
    pub(super) async fn at(
        folder: &Path,
        vfs: Option<String>,
        synchronous: Synchronous,
        dice: &Dice,
    ) -> Result<Open, OpenError> {
        let clock: Arc<dyn Clock> = Arc::new(SeededClock::new(dice.clone()));
        let mut options = OpenOptions::new(folder.join("hookgate.db"), Arc::clone(&clock));
        options.vfs = vfs;
        options.synchronous = synchronous;
        let (store, writer) = Sqlite::open(options).await?;
        Ok(Open { store, clock, writer: tokio::spawn(writer) })
    }

    /// Closes it. Everything has to end, whatever the disk says.
    pub(super) async fn close(self) {
        self.store.stop();
        within("the store closes", LIMIT, self.writer).await.expect("the writer does not panic");
    }
}

/// Uses the database until the power goes off, and returns what it promised.
pub(super) async fn live(open: &Open, disk: &Arc<Disk>, dice: &Dice) -> Promises {
    let Ok(seat) = open.store.enter().await else { return Promises::default() };
    let ids = Arc::new(Minter::new(seat.owner.number(), seat.id_max));
    let mut tasks = JoinSet::new();
    for number in 0..TASKS {
        let worker = Worker {
            store: Arc::clone(&open.store),
            now: open.clock.now(),
            ids: Arc::clone(&ids),
            owner: seat.owner,
            dice: dice.part(100 + number),
            promised: Promises::default(),
        };
        tasks.spawn(worker.accept_and_settle());
    }
    let taker = Worker {
        store: Arc::clone(&open.store),
        now: open.clock.now(),
        ids,
        owner: seat.owner,
        dice: dice.part(99),
        promised: Promises::default(),
    };
    let off = Arc::clone(disk);
    tasks.spawn(async move { taker.take_and_settle(&off).await });
    let mut promised = Promises::default();
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            promised.add(ended.expect("no task panics"));
        }
    };
    within("the power goes off", LIMIT, all).await;
    promised
}

struct Worker {
    store: Arc<Sqlite>,
    now: Millis,
    ids: Arc<Minter>,
    owner: Owner,
    dice: Dice,
    promised: Promises,
}

impl Worker {
    /// Accepts, settles what was born taken, and tidies up, until an error says that the power is off.
    async fn accept_and_settle(mut self) -> Promises {
        loop {
            let entries: Vec<_> = (0..self.dice.within(1..4))
                .map(|_| entry::random(&mut self.dice, self.owner, &mut || self.ids.next(self.now)))
                .collect();
            let unit = Accept { owner: self.owner, entries: entries.clone() };
            if self.store.accept(unit).await.is_err() {
                return self.promised;
            }
            for entry in &entries {
                let deliveries = entry.deliveries.iter().map(|delivery| delivery.id).collect();
                let content = &entry.event.content;
                self.promised.events.insert(content.id, (content.body.clone(), deliveries));
                self.promised.keys.extend(entry.event.dedupe.map(|dedupe| (content.id, dedupe)));
            }
            // A checkpoint beside the load: most of what a cut can tear. Its errors are the cut's.
            if self.dice.one_in(60) && self.store.tidy().await.is_err() {
                return self.promised;
            }
            let born = entries.iter().flat_map(|entry| &entry.deliveries).filter_map(entry::lease);
            for (delivery, lease) in born.collect::<Vec<_>>() {
                // One in four stays in flight: the next life adopts it.
                if !self.dice.one_in(4) && self.settle(delivery, lease).await.is_err() {
                    return self.promised;
                }
            }
        }
    }

    /// Takes what waits, and settles it.
    async fn take_and_settle(mut self, disk: &Disk) -> Promises {
        while !disk.is_off() {
            let token = Token(self.ids.next(self.now));
            let want = Want { lane: entry::lane(), count: 16, bytes: 1 << 20, token, suspects: false };
            let Ok(taken) = self.store.take(self.owner, vec![want]).await else { break };
            for leased in taken {
                if self.settle(leased.id, leased.lease).await.is_err() {
                    return self.promised;
                }
            }
            tokio::task::yield_now().await;
        }
        self.promised
    }

    async fn settle(&mut self, delivery: DeliveryId, lease: Lease) -> Result<(), ()> {
        let attempt = AttemptRecord {
            id: AttemptId(self.ids.next(self.now)),
            send: SendId(self.ids.next(self.now)),
            started_at: self.now,
            took: Duration::from_millis(self.dice.within(1..900)),
            word: Word::Refused,
            status: Some(503),
            detail: "the receiver answered 503".into(),
            rendered: None,
            sent: Headers::new(),
            answer: Some((Headers::new(), Bytes::from_static(b"come again"))),
            made_by: Vec::new(),
        };
        let id = attempt.id;
        let to = match self.dice.within(0..5) {
            0 => To::Retry(Duration::from_millis(1)),
            4 => {
                let child = DeliveryId(self.ids.next(self.now));
                To::Split { children: vec![entry::child(delivery, child)] }
            }
            1 => To::Finished { end: End::DeadLettered, reason: Some(DeadReason::Exhausted) },
            _ => To::Finished { end: End::Delivered, reason: None },
        };
        match self.store.settle(Settle { delivery, lease, attempt, to: to.clone() }).await {
            Ok(Settled::Done) => match to {
                To::Finished { end, .. } => drop(self.promised.finished.insert(delivery, end)),
                To::Split { children } => {
                    self.promised.finished.insert(delivery, End::Split);
                    self.promised.born.extend(children.iter().map(|child| child.id));
                }
                To::Retry(_) | To::RetryPlugin(_) | To::Hold { .. } => {
                    self.promised.attempted.push((delivery, id));
                }
            },
            Ok(Settled::LeaseLost) => panic!("{delivery} is ours"),
            Err(_) => return Err(()),
        }
        Ok(())
    }
}
