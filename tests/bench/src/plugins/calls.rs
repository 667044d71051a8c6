//! The calls and the loop that counts them. Native code runs in the SDK's test kit, which hands it the
//! event as the host would; its own cost is a copy of the body.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use bench_plugin::Rewrite;
use bytes::Bytes;
use hookgate_core::plugin::{Call, GuestEvent, PluginLimits};
use hookgate_core::word::{Digest, Headers, Millis, Slug};
use hookgate_host::{Host, HostSettings};
use hookgate_plugin::testing;
use hookgate_ports::Guests;
use prometheus_client::registry::Registry;
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::runtime::Runtime;

use crate::event::{EventKind, EventMaker};
use crate::signing::Key;

use super::component;

/// A large guest on a busy machine must not run out of time: what is measured is not the deadline.
const DEADLINE: Duration = Duration::from_secs(5);

/// Something that transforms a body again and again, on many threads at once.
pub(super) trait Calls: Sync {
    /// Transforms once and returns the size of what came out.
    fn call(&self, runtime: &Runtime) -> Result<usize>;
}

/// Counts the calls of `threads` threads during `window`; returns calls a second.
///
/// # Errors
/// A call failed, or came back empty.
pub(super) fn measure(calls: &dyn Calls, threads: usize, window: Duration) -> Result<f64> {
    let start = Instant::now();
    let counts = thread::scope(|scope| {
        let counting: Vec<_> = (0..threads).map(|_| scope.spawn(|| count(calls, start + window))).collect();
        let counts =
            counting.into_iter().map(|thread| thread.join().map_err(|_| anyhow!("a call panicked"))?);
        counts.collect::<Result<Vec<_>>>()
    })?;
    Ok(counts.iter().sum::<u64>() as f64 / start.elapsed().as_secs_f64())
}

fn count(calls: &dyn Calls, end: Instant) -> Result<u64> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let mut count = 0;
    while Instant::now() < end {
        ensure!(calls.call(&runtime)? > 0, "a transform came back empty");
        count += 1;
    }
    Ok(count)
}

/// The transform linked into this program.
pub(super) struct Native(testing::Event);

impl Native {
    /// Prepares a body of about `body_bytes`.
    pub(super) fn new(body_bytes: usize) -> Self {
        Self(testing::Event::bytes(body(body_bytes)).with_event_type("pull_request.opened"))
    }
}

impl Calls for Native {
    fn call(&self, _: &Runtime) -> Result<usize> {
        let messages =
            testing::Host::new().transform::<Rewrite>(&self.0).map_err(|stop| anyhow!("native: {stop}"))?;
        Ok(messages.first().and_then(|message| message.get_body()).map_or(0, <[u8]>::len))
    }
}

/// The transform as so many components in one host.
pub(super) struct Sandboxed {
    host: Host,
    calls: Vec<Call>,
}

impl Sandboxed {
    /// Loads `copies` copies of a component.
    pub(super) async fn load(component: &[u8], copies: usize) -> Result<Self> {
        let host = Host::new(HostSettings::default(), &mut Registry::default())?;
        let mut calls = Vec::new();
        for index in 0..copies {
            let copy = component::copy(component, u8::try_from(index)?);
            let digest = Digest::of(&copy);
            host.load(Bytes::from(copy)).await.context("the plugin does not load")?;
            let limits = PluginLimits { deadline: DEADLINE, ..PluginLimits::default() };
            calls.push(Call {
                plugin: Slug::parse("bench")?,
                digest,
                config: Arc::from("{}"),
                limits,
                grants: Arc::default(),
                now: Millis(0),
            });
        }
        Ok(Self { host, calls })
    }

    /// Calls the first `components` of them in turn, each with a body of about `body_bytes`.
    pub(super) fn with(&self, body_bytes: usize, components: usize) -> InTurn<'_> {
        let calls = &self.calls[..components];
        InTurn { host: &self.host, calls, next: AtomicUsize::new(0), event: event(body_bytes) }
    }
}

/// See [`Sandboxed::with`].
pub(super) struct InTurn<'a> {
    host: &'a Host,
    calls: &'a [Call],
    next: AtomicUsize,
    event: GuestEvent,
}

impl Calls for InTurn<'_> {
    fn call(&self, runtime: &Runtime) -> Result<usize> {
        let call = &self.calls[self.next.fetch_add(1, Ordering::Relaxed) % self.calls.len()];
        let transforming = self.host.transform(call.clone(), self.event.clone());
        let messages =
            runtime.block_on(transforming)?.map_err(|stop| anyhow!("the plugin stopped: {stop:?}"))?;
        Ok(messages.first().and_then(|message| message.body.as_ref()).map_or(0, Bytes::len))
    }
}

fn event(body_bytes: usize) -> GuestEvent {
    GuestEvent {
        id: Arc::from("evt_0000000000001"),
        source: Arc::from("github"),
        event_type: Arc::from("pull_request.opened"),
        subject: None,
        order_key: None,
        received_at: Millis(1_772_615_564_000),
        headers: Arc::new(Headers::new()),
        body: Bytes::from(body(body_bytes)),
        json: None,
    }
}

/// Makes a payload of about `body_bytes`: the benchmark's event, with pull requests like its own after it.
fn body(body_bytes: usize) -> Vec<u8> {
    let key = Key::github("unused").expect("HMAC takes a key of any length");
    let events = EventMaker::new(http::Uri::from_static("/"), key, EventKind::Routed, 0);
    let mut payload: Value =
        serde_json::from_slice(&events.body(1)).expect("the benchmark's event is JSON, by its test");
    let one = payload["pull_request"].clone();
    let (start, each) = (payload.to_string().len(), one.to_string().len() + 1);
    let more = body_bytes.saturating_sub(start) / each;
    payload["related"] = vec![one; more].into();
    payload.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_about_the_size_that_was_asked_for() {
        for bytes in super::super::BODY_BYTES {
            let body = body(bytes);
            assert!((bytes * 8 / 10..=bytes * 11 / 10).contains(&body.len()), "{} for {bytes}", body.len());
        }
    }

    #[test]
    fn the_native_transform_rewrites_the_body() {
        let runtime = Builder::new_current_thread().build().unwrap();

        let bytes = Native::new(2 << 10).call(&runtime).unwrap();

        assert!(bytes > 1000, "{bytes} bytes");
    }
}
