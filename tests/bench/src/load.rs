//! The load generator: posts signed GitHub webhooks over keep-alive connections, as fast as N senders
//! can (each waits for its answer) or paced at R a second. It follows no redirect and repeats nothing:
//! an event is sent once, and what was answered is counted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::event::EventMaker;
use crate::ledger::Ledger;

/// A sender waits this long for an answer; GitHub itself gives up after 10 s.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// After a refusal or a failed connection a sender rests, so that a target that refuses is not hammered.
const REST: Duration = Duration::from_millis(5);

/// Paced events share this many connections: an answer may take 16 periods before the pace suffers.
const PACED_SENDERS: u32 = 16;

/// A paced event this far behind its time counts as late.
const LATE: Duration = Duration::from_millis(20);

/// How fast events are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// This many senders, each sending its next event when the last was answered.
    Saturate {
        /// One connection each.
        senders: u32,
    },
    /// This many events a second, whatever the answers do.
    Fixed {
        /// At least 1.
        per_second: u32,
    },
}

/// One load.
pub(crate) struct Load {
    /// Where the connections go.
    pub(crate) target: SocketAddr,
    /// Makes the events.
    pub(crate) events: Arc<EventMaker>,
    /// How fast.
    pub(crate) pace: Pace,
    /// For how long; the events on the wire at the end are waited for.
    pub(crate) window: Duration,
    /// Numbers the events, and ends the load when it is full.
    pub(crate) ledger: Arc<Ledger>,
}

/// What was answered.
#[derive(Default)]
pub(crate) struct Answers {
    /// Answers by status.
    pub(crate) by_status: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub(crate) failed: u64,
    /// Paced events that were sent late.
    pub(crate) late: u64,
    /// What failed first.
    pub(crate) first_failure: Option<String>,
    /// Time from send to answer of each 2xx.
    pub(crate) times: Vec<Duration>,
}

impl Answers {
    fn add(&mut self, other: Self) {
        for (status, count) in other.by_status {
            *self.by_status.entry(status).or_default() += count;
        }
        self.failed += other.failed;
        self.late += other.late;
        self.times.extend(other.times);
        if self.first_failure.is_none() {
            self.first_failure = other.first_failure;
        }
    }
}

/// Sends a load and returns what was answered.
///
/// # Errors
/// A sender panicked. A target that does not answer is no error: it is counted.
pub(crate) async fn send(load: Load) -> Result<Answers> {
    let start = Instant::now();
    let end = start + load.window;
    let mut senders = JoinSet::new();
    let count = match load.pace {
        Pace::Saturate { senders } => senders,
        Pace::Fixed { .. } => PACED_SENDERS,
    };
    for index in 0..count {
        let connection = Connection::new(load.target);
        let (events, ledger) = (Arc::clone(&load.events), Arc::clone(&load.ledger));
        let mut sender = Sender { connection, events, ledger, answers: Answers::default() };
        let pace = load.pace;
        senders.spawn(async move {
            match pace {
                Pace::Saturate { .. } => sender.saturate(end).await,
                Pace::Fixed { per_second } => {
                    let period = Duration::from_secs(1) / per_second.max(1);
                    sender.keep_pace(start + period * index, period * PACED_SENDERS, end).await;
                }
            }
            sender.answers
        });
    }
    let mut answers = Answers::default();
    while let Some(sender) = senders.join_next().await {
        answers.add(sender?);
    }
    Ok(answers)
}

struct Sender {
    connection: Connection,
    events: Arc<EventMaker>,
    ledger: Arc<Ledger>,
    answers: Answers,
}

impl Sender {
    async fn saturate(&mut self, end: Instant) {
        while Instant::now() < end {
            let Some(number) = self.ledger.draw() else { return };
            self.send(number).await;
        }
    }

    async fn keep_pace(&mut self, first: Instant, period: Duration, end: Instant) {
        let mut due = first;
        while due < end {
            tokio::time::sleep_until(due.into()).await;
            if due.elapsed() > LATE {
                self.answers.late += 1;
            }
            let Some(number) = self.ledger.draw() else { return };
            self.send(number).await;
            due += period;
        }
    }

    async fn send(&mut self, number: u64) {
        let request = match self.events.request(number) {
            Ok(request) => request,
            Err(error) => return self.fail(error.to_string()),
        };
        self.ledger.send(number);
        let sent = Instant::now();
        match tokio::time::timeout(ANSWER_TIMEOUT, self.connection.send(request)).await {
            Ok(Ok(status)) => {
                *self.answers.by_status.entry(status.as_u16()).or_default() += 1;
                if status.is_success() {
                    self.ledger.accept(number);
                    self.answers.times.push(sent.elapsed());
                    return;
                }
            }
            Ok(Err(error)) => self.fail(format!("{error:#}")),
            Err(_) => self.fail(format!("no answer within {ANSWER_TIMEOUT:?}")),
        }
        tokio::time::sleep(REST).await;
    }

    fn fail(&mut self, failure: String) {
        self.answers.failed += 1;
        self.answers.first_failure.get_or_insert(failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventKind;
    use crate::serve::{empty, serve};
    use crate::signing::Key;
    use http::StatusCode;
    use tokio::net::TcpListener;

    /// Sends to a target that answers `status` and returns the answers and the ledger.
    async fn check(status: StatusCode, pace: Pace, events_max: usize) -> (Answers, Arc<Ledger>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = listener.local_addr().unwrap();
        let mut served = JoinSet::new();
        served.spawn(serve(listener, move |_| async move { empty(status) }));
        let uri = format!("http://{target}/in/github").parse().unwrap();
        let events = EventMaker::new(uri, Key::github("s").unwrap(), EventKind::Routed, 1);
        let ledger = Arc::new(Ledger::new(1, events_max));
        let load = Load {
            target,
            events: Arc::new(events),
            pace,
            window: Duration::from_secs(5),
            ledger: Arc::clone(&ledger),
        };
        (send(load).await.unwrap(), ledger)
    }

    #[tokio::test]
    async fn a_saturating_load_ends_with_its_ledger() {
        let (answers, ledger) = check(StatusCode::OK, Pace::Saturate { senders: 4 }, 100).await;

        assert_eq!(answers.by_status, BTreeMap::from([(200, 100)]));
        assert_eq!((answers.failed, answers.times.len(), ledger.accepted()), (0, 100, 100));
    }

    #[tokio::test]
    async fn a_refusal_is_counted_and_not_accepted() {
        let (answers, ledger) =
            check(StatusCode::SERVICE_UNAVAILABLE, Pace::Fixed { per_second: 1000 }, 20).await;

        assert_eq!(answers.by_status, BTreeMap::from([(503, 20)]));
        assert_eq!((answers.failed, answers.times.len(), ledger.accepted()), (0, 0, 0));
    }
}
