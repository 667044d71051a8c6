//! The guests' clock: a thread that ticks while calls run, and sleeps when none does.
//!
//! Guests are interrupted at ticks only. A call counts the ticks that it ran, so what it waits for, and what
//! the machine does beside it, is not on its bill.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use crate::engine::Engines;

/// Length of a tick. Deadlines are held to within 1 to 4 ms by it, 10 at worst under load; a longer one is
/// no cheaper that could be measured.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Ticks without a call until the thread sleeps: waking it costs each first call some microseconds, so it
/// stays awake through the gaps of a busy time.
const IDLE_TICKS: u32 = 50;

/// Ticks that closing waits for guests to end. They end within a few; a bug of ours must not keep the
/// process from ending.
const CLOSING_TICKS_MAX: u32 = 1000;

#[derive(Debug, Default)]
struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
    closing: AtomicBool,
}

/// The ticking thread. Dropping it ends all guests and waits for them.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    handle: Option<JoinHandle<()>>,
    thread: Thread,
}

/// A running call: the clock ticks until it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    shared: Arc<Shared>,
}

impl Ticker {
    /// Starts the thread.
    pub(crate) fn start(engines: Arc<Engines>) -> io::Result<Ticker> {
        let shared = Arc::new(Shared::default());
        let seen = Arc::clone(&shared);
        let handle =
            thread::Builder::new().name("plugin-ticker".to_owned()).spawn(move || tick(&seen, &engines))?;
        let thread = handle.thread().clone();
        Ok(Ticker { shared, handle: Some(handle), thread })
    }

    /// Counts a call as running.
    pub(crate) fn run(&self) -> Running {
        self.shared.running.fetch_add(1, SeqCst);
        // Either the thread sees the new count before it sleeps, or this sees that it sleeps.
        if self.shared.asleep.load(SeqCst) {
            self.thread.unpark();
        }
        Running { shared: Arc::clone(&self.shared) }
    }

    /// Ends all guests at their next tick.
    pub(crate) fn close(&self) {
        self.shared.closing.store(true, SeqCst);
        self.thread.unpark();
    }

    /// Tells whether the thread sleeps.
    #[cfg(test)]
    fn is_asleep(&self) -> bool {
        self.shared.asleep.load(SeqCst)
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.close();
        if let Some(handle) = self.handle.take()
            && handle.join().is_err()
        {
            tracing::error!("the thread that bounds plugin calls panicked");
        }
    }
}

impl Running {
    /// Tells whether the host is closing.
    pub(crate) fn is_closing(&self) -> bool {
        self.shared.closing.load(SeqCst)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.running.fetch_sub(1, SeqCst);
    }
}

fn tick(shared: &Shared, engines: &Engines) {
    let mut idle = 0;
    let mut closing = 0;
    loop {
        let is_idle = shared.running.load(SeqCst) == 0;
        if shared.closing.load(SeqCst) {
            closing += 1;
            if is_idle || closing > CLOSING_TICKS_MAX {
                return;
            }
        }
        idle = if is_idle { idle + 1 } else { 0 };
        if idle > IDLE_TICKS {
            sleep(shared);
            idle = 0;
        }
        thread::sleep(TICK);
        engines.tick();
    }
}

/// Sleeps until a call runs or the host closes.
fn sleep(shared: &Shared) {
    shared.asleep.store(true, SeqCst);
    while shared.running.load(SeqCst) == 0 && !shared.closing.load(SeqCst) {
        thread::park();
    }
    shared.asleep.store(false, SeqCst);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(what: impl Fn() -> bool) {
        for _ in 0..10_000 {
            if what() {
                return;
            }
            thread::sleep(TICK);
        }
        panic!("it did not happen within 10 s");
    }

    #[test]
    fn the_clock_sleeps_without_calls_and_wakes_for_one() {
        let engines = Arc::new(Engines::new().expect("an engine"));
        let ticker = Ticker::start(engines).expect("a thread");
        until(|| ticker.is_asleep());

        let running = ticker.run();

        until(|| !ticker.is_asleep());
        assert!(!running.is_closing());
        drop(running);
        until(|| ticker.is_asleep());
    }

    #[test]
    fn closing_waits_for_the_calls_that_run() {
        let engines = Arc::new(Engines::new().expect("an engine"));
        let ticker = Ticker::start(engines).expect("a thread");
        let running = ticker.run();

        let guest = thread::spawn(move || until(|| running.is_closing()));
        drop(ticker);

        assert!(guest.join().is_ok());
    }
}
