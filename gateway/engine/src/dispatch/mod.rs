//! Dispatch: sends what is born taken, looks for what is due, and ends in order.

mod look;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hookgate_core::delivery::Leased;
use hookgate_core::limits;
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use look::Looks;

use crate::Engine;
use crate::gate::Place;
use crate::notes::Note;

/// A delivery in our hands, with the right to send it, now or next.
pub(crate) struct Born {
    pub(crate) leased: Leased,
    pub(crate) place: Place,
    pub(crate) note: Note,
}

/// The deliveries that are being sent.
type Sending = Mutex<JoinSet<()>>;

impl Engine {
    /// Sends until `stop`; then ends what is on the wire within `grace`, gives the rest back and leaves.
    pub(crate) async fn dispatch(self: &Arc<Engine>, stop: CancellationToken, grace: Duration) {
        let Some(mut births) = self.born_here.lock().await.take() else {
            return;
        };
        let sending = Sending::default();
        tokio::select! {
            () = self.send_births(&mut births, &sending) => {}
            () = self.look_for_due(&sending) => {}
            () = stop.cancelled() => {}
        }
        self.draining.store(true, Ordering::Relaxed);
        self.drain(births, sending, grace).await;
    }

    async fn send_births(self: &Arc<Engine>, births: &mut mpsc::Receiver<Born>, sending: &Sending) {
        while let Some(born) = births.recv().await {
            let mut sending = sending.lock().await;
            self.send(born, &mut sending);
            while let Ok(born) = births.try_recv() {
                self.send(born, &mut sending);
            }
        }
    }

    /// Looks at once, then whenever there is a reason to, and every second anyway: a control or
    /// another process may have changed what is due.
    async fn look_for_due(self: &Arc<Engine>, sending: &Sending) {
        let mut looks = Looks::default();
        let mut next_discovery = Instant::now();
        loop {
            if self.gate.must_discover() || Instant::now() >= next_discovery {
                let wait = self.discover(&mut looks).await.clamp(limits::LOOK_PAUSE, limits::LOOK_EVERY);
                next_discovery = Instant::now() + wait;
                self.take_a_suspect(sending).await;
            }
            self.take_backlog(&mut looks, sending).await;
            // A timeout is as good a reason as a wake: of a discovery, or of a rate or a breaker.
            let passable = self.gate.passable_in().map(|wait| Instant::now() + wait.max(limits::LOOK_PAUSE));
            let next = passable.map_or(next_discovery, |passable| passable.min(next_discovery));
            let _woken = timeout_at(next, self.gate.woken()).await.is_ok();
        }
    }

    fn send(self: &Arc<Engine>, born: Born, sending: &mut JoinSet<()>) {
        while let Some(ended) = sending.try_join_next() {
            self.note_panic(ended);
        }
        let engine = Arc::clone(self);
        sending.spawn(async move {
            let Born { leased, place, note } = born;
            match engine.gate.turn(place).await {
                Some(permit) => engine.deliver(leased, permit).await,
                None => engine.wait_in_store(&leased).await,
            }
            drop(note);
        });
    }

    /// A receiver is slower than memory is patient.
    async fn wait_in_store(&self, leased: &Leased) {
        self.give_back(leased).await;
        self.gate.note_backlog(leased.lane);
    }

    async fn drain(self: &Arc<Engine>, mut births: mpsc::Receiver<Born>, sending: Sending, grace: Duration) {
        let deadline = Instant::now() + grace;
        self.accepts.close();
        let mut sending = sending.into_inner();
        // Commits that are under way may still hand over deliveries: they are sent like the others.
        if timeout_at(deadline, self.accepts.wait()).await.is_err() {
            tracing::warn!("drain: accepts are still waiting for their commit");
        }
        while let Ok(born) = births.try_recv() {
            self.send(born, &mut sending);
        }
        let all_ended = async {
            while let Some(ended) = sending.join_next().await {
                self.note_panic(ended);
            }
        };
        if timeout_at(deadline, all_ended).await.is_err() {
            tracing::warn!(count = sending.len(), "drain: closing what is still on the wire");
        }
        sending.shutdown().await;
        self.flush_tally().await;
        if let Err(error) = self.ports.queue.leave(self.seat.owner).await {
            tracing::warn!(%error, "drain: the queue was not left in order; the next start adopts what is held");
        }
    }

    /// A panic is a bug of ours: it ends one delivery's task, whose row upkeep gives back.
    fn note_panic(&self, ended: Result<(), JoinError>) {
        if let Err(error) = ended
            && error.is_panic()
        {
            self.unknown.store(true, Ordering::Relaxed);
            tracing::error!(%error, "a delivery's task panicked; the delivery will be taken again");
        }
    }
}
