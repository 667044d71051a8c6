//! The writer behind the log: a bounded queue and a thread. A full queue drops lines and says how many.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Lines that may wait: some seconds of trouble, a few MiB at worst.
const LINES_MAX: usize = 8192;

static DROPPED: AtomicU64 = AtomicU64::new(0);
static QUEUE: OnceLock<SyncSender<Vec<u8>>> = OnceLock::new();

/// One line on its way. Sent when dropped.
pub(super) struct Lines(Vec<u8>);

impl Lines {
    /// Begins a line; the first one starts the thread.
    pub(super) fn start() -> Lines {
        Lines(Vec::with_capacity(256))
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.0);
        if line.is_empty() {
            return;
        }
        match QUEUE.get_or_init(spawn).try_send(line) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
            // No thread could be started: better slow than silent.
            Err(TrySendError::Disconnected(line)) => write_out(&line),
        }
    }
}

fn spawn() -> SyncSender<Vec<u8>> {
    let (sender, receiver) = sync_channel(LINES_MAX);
    let started = std::thread::Builder::new().name("log".into()).spawn(move || write_all(receiver));
    if let Err(error) = started {
        eprintln!("no thread for the log: {error}");
    }
    sender
}

fn write_all(lines: Receiver<Vec<u8>>) {
    for line in lines {
        write_out(&line);
        let dropped = DROPPED.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            write_out(
                format!("{{\"level\":\"WARN\",\"message\":\"{dropped} log lines were dropped\"}}\n")
                    .as_bytes(),
            );
        }
    }
}

fn write_out(line: &[u8]) {
    // A log that cannot be written has nobody to tell.
    let _unwritable = io::stderr().write_all(line).is_err();
}
