//! A wire without a network: it answers by script, keeps what was sent, and can leave a request hanging.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::{Answer, Outcome, Reach};
use hookgate_core::word::Headers;
use tokio::sync::{oneshot, watch};

use crate::{Fut, Transport};

/// A [`Transport`] that sends nothing. Clones are the same wire.
///
/// What a request gets is looked for in this order: the script of its URL, the script of its host,
/// the wire's own answer (200 unless [`Wire::answering`] says otherwise). Request timeouts are not
/// kept: a held request ends when it is released or dropped.
#[derive(Clone)]
pub struct Wire(Arc<Inner>);

/// What one request gets.
#[derive(Debug, Clone)]
pub enum Reply {
    /// The outcome, at once.
    Now(Outcome),
    /// The outcome, once [`Wire::release`] names its target.
    Held(Outcome),
}

/// What went over a wire so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Requests that were sent.
    pub seen: usize,
    /// Requests that have no outcome yet.
    pub in_flight: usize,
    /// The most that were in flight at once.
    pub in_flight_max: usize,
    /// Requests that their sender gave up.
    pub dropped: usize,
}

type Answering = Box<dyn Fn(&OutboundRequest) -> Reply + Send + Sync>;

struct Inner {
    answering: Answering,
    state: Mutex<State>,
    traffic: watch::Sender<Traffic>,
}

#[derive(Default)]
struct State {
    sent: Vec<OutboundRequest>,
    scripts: HashMap<String, Script>,
    held: Vec<(Vec<String>, oneshot::Sender<()>)>,
}

#[derive(Default)]
struct Script {
    next: VecDeque<Reply>,
    always: Option<Reply>,
}

impl Wire {
    /// Makes a wire on which everybody answers 200.
    pub fn new() -> Wire {
        Wire::answering(|_| Reply::status(200))
    }

    /// Makes a wire that asks `answering` whatever no script answers.
    pub fn answering(answering: impl Fn(&OutboundRequest) -> Reply + Send + Sync + 'static) -> Wire {
        Wire(Arc::new(Inner {
            answering: Box::new(answering),
            state: Mutex::default(),
            traffic: watch::Sender::new(Traffic::default()),
        }))
    }

    /// Queues replies for a target, each for one request, before what [`Wire::always`] says.
    ///
    /// A target is a whole URL as it is sent (`https://crm.test/hooks`), or a host (`crm.test`).
    pub fn script(&self, target: &str, replies: impl IntoIterator<Item = Reply>) {
        self.state().scripts.entry(target.to_owned()).or_default().next.extend(replies);
    }

    /// Sets what a target gets whenever no queued reply is left, from the next request on.
    pub fn always(&self, target: &str, reply: Reply) {
        self.state().scripts.entry(target.to_owned()).or_default().always = Some(reply);
    }

    /// Lets the requests to `target` that are held now have their outcome. Later ones are held again.
    pub fn release(&self, target: &str) {
        self.release_where(|targets| targets.iter().any(|one| one == target));
    }

    /// Lets every request that is held now have its outcome.
    pub fn release_all(&self) {
        self.release_where(|_| true);
    }

    /// Returns every request so far, in the order in which they were sent.
    pub fn sent(&self) -> Vec<OutboundRequest> {
        self.state().sent.clone()
    }

    /// Waits until `count` requests were sent, and returns all that were.
    pub async fn seen(&self, count: usize) -> Vec<OutboundRequest> {
        self.until(|traffic| traffic.seen >= count).await;
        self.sent()
    }

    /// Returns the counts of now.
    pub fn traffic(&self) -> Traffic {
        *self.0.traffic.borrow()
    }

    /// Waits until the counts meet a condition, and returns them.
    pub async fn until(&self, met: impl FnMut(&Traffic) -> bool) -> Traffic {
        let mut counts = self.0.traffic.subscribe();
        let traffic = counts.wait_for(met).await.expect("the wire holds the sender and is borrowed here");
        *traffic
    }

    fn release_where(&self, chosen: impl Fn(&[String]) -> bool) {
        let mut state = self.state();
        let (free, held) =
            std::mem::take(&mut state.held).into_iter().partition(|(targets, _)| chosen(targets));
        state.held = held;
        drop(state);
        let free: Vec<(Vec<String>, oneshot::Sender<()>)> = free;
        for (_, held) in free {
            // Nobody waits where the sender gave the request up.
            held.send(()).ok();
        }
    }

    /// Notes the request and finds its reply; a held one comes with what it waits for.
    fn accept(&self, request: OutboundRequest) -> (Outcome, Option<oneshot::Receiver<()>>) {
        let targets = targets(&request);
        let mut state = self.state();
        let scripted = targets.iter().find_map(|target| state.scripts.get_mut(target)?.reply());
        state.sent.push(request.clone());
        drop(state);
        // Asked without the lock: it may look at the wire itself.
        match scripted.unwrap_or_else(|| (self.0.answering)(&request)) {
            Reply::Now(outcome) => (outcome, None),
            Reply::Held(outcome) => {
                let (release, released) = oneshot::channel();
                self.state().held.push((targets, release));
                (outcome, Some(released))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Wire {
    fn default() -> Wire {
        Wire::new()
    }
}

impl Transport for Wire {
    fn send(&self, request: OutboundRequest) -> Fut<'_, Outcome> {
        Box::pin(async move {
            let (outcome, released) = self.accept(request);
            // Counted after it can be released, so that who saw it may release it.
            let on_the_wire = OnTheWire::enter(&self.0.traffic);
            if let Some(released) = released {
                released.await.expect("a held request is in the wire's list until it is released");
            }
            on_the_wire.leave();
            outcome
        })
    }
}

impl Reply {
    /// Returns an answer with this status, no header fields and no body, at once.
    pub fn status(status: u16) -> Reply {
        Reply::Now(answer(status))
    }

    /// Returns a failure to reach the receiver, at once.
    pub fn unreachable(at: Reach) -> Reply {
        Reply::Now(Outcome::Unreachable { at, detail: format!("scripted: {at:?}") })
    }

    /// Returns the same outcome, held until it is released.
    #[must_use]
    pub fn held(self) -> Reply {
        match self {
            Reply::Now(outcome) | Reply::Held(outcome) => Reply::Held(outcome),
        }
    }
}

impl Script {
    fn reply(&mut self) -> Option<Reply> {
        self.next.pop_front().or_else(|| self.always.clone())
    }
}

/// Returns what a script may name a request by, the most exact first.
fn targets(request: &OutboundRequest) -> Vec<String> {
    let host = request.url.host_str().map(str::to_owned);
    std::iter::once(request.url.to_string()).chain(host).collect()
}

fn answer(status: u16) -> Outcome {
    Outcome::Answered(Answer { status, headers: Headers::new(), body: Bytes::new(), cut: false })
}

/// Counts a request as in flight; dropped before it left, as given up.
struct OnTheWire<'a>(Option<&'a watch::Sender<Traffic>>);

impl<'a> OnTheWire<'a> {
    fn enter(traffic: &'a watch::Sender<Traffic>) -> OnTheWire<'a> {
        traffic.send_modify(|traffic| {
            traffic.seen += 1;
            traffic.in_flight += 1;
            traffic.in_flight_max = traffic.in_flight_max.max(traffic.in_flight);
        });
        OnTheWire(Some(traffic))
    }

    fn leave(mut self) {
        if let Some(traffic) = self.0.take() {
            traffic.send_modify(|traffic| traffic.in_flight -= 1);
        }
    }
}

impl Drop for OnTheWire<'_> {
    fn drop(&mut self) {
        if let Some(traffic) = self.0.take() {
            traffic.send_modify(|traffic| {
                traffic.in_flight -= 1;
                traffic.dropped += 1;
            });
        }
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
