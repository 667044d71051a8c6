//! One call: a fresh instance, the guest's function, and what it came to.
//!
//! A call begins on the caller's thread, since most end within microseconds. One that is still running at the
//! first tick, or whose component is known to be slow, goes on on the host's own threads, so that no guest
//! keeps the caller's from its other work.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hookgate_core::limits::{PLUGIN_OUTPUT_BYTES_MAX, PLUGIN_WALL_FACTOR};
use hookgate_core::plugin::{Call, Crash, CrashKind, GuestEvent, PluginLimits, Transformed};
use hookgate_core::word::Slug;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use wasmtime::component::{Instance, Resource, TypedFunc};
use wasmtime::{Store, UpdateDeadline};

use crate::call::CallState;
use crate::crash::{Ended, classify, crash};
use crate::guest_log::GuestLog;
use crate::limiter::Limiter;
use crate::loader::Loaded;
use crate::message;
use crate::ticker::{Running, TICK};
use crate::view::EventView;
use crate::wire::WireTransformed;

/// What may cross from the guest in one step, beyond the messages: lengths, pointers and reasons.
const CROSSING_EXTRA_BYTES: usize = 64 << 10;

/// What a call is made of, whichever the role.
pub(crate) struct Input {
    /// None: a self-test.
    pub(crate) plugin: Option<Slug>,
    pub(crate) config: Arc<str>,
    pub(crate) limits: PluginLimits,
    pub(crate) event: GuestEvent,
}

impl Input {
    /// Takes a call of the engine's.
    pub(crate) fn new(call: Call, event: GuestEvent) -> Input {
        Input { plugin: Some(call.plugin), config: call.config, limits: call.limits, event }
    }
}

/// What a call came to, and whether its memory grew.
pub(crate) struct Ran {
    pub(crate) transformed: Transformed,
    pub(crate) grew: bool,
}

/// Calls the role `transform`.
pub(crate) async fn transform(loaded: Arc<Loaded>, input: Input, running: Running) -> Ran {
    let mut store = store(&loaded, input, running);
    let returned = transform_in(&loaded, &mut store).await;
    let transformed = match returned {
        Ok(returned) => message::check(returned),
        Err(error) => Err(classify(&error, store.data())),
    };
    Ran { transformed, grew: store.data().limiter.grew() }
}

/// Makes a fresh instance and checks the types of its functions; calls none. Returns whether its memory grew.
///
/// # Errors
/// How it broke.
pub(crate) async fn begin(loaded: Arc<Loaded>, input: Input, running: Running) -> Result<bool, Crash> {
    let mut store = store(&loaded, input, running);
    let begun = begin_in(&loaded, &mut store).await;
    begun.map_err(|error| classify(&error, store.data()))?;
    Ok(store.data().limiter.grew())
}

async fn begin_in(loaded: &Loaded, store: &mut Store<CallState>) -> wasmtime::Result<()> {
    let instance = loaded.pre.instantiate_async(&mut *store).await?;
    if loaded.transform.is_some() {
        transform_function(loaded, &instance, store)?;
    }
    Ok(())
}

type Transform = TypedFunc<(Resource<EventView>,), (WireTransformed,)>;

fn transform_function(
    loaded: &Loaded,
    instance: &Instance,
    store: &mut Store<CallState>,
) -> wasmtime::Result<Transform> {
    let Some(index) = &loaded.transform else {
        return Err(wasmtime::Error::msg("it has not the role transform"));
    };
    instance.get_typed_func(store, index)
}

async fn transform_in(loaded: &Loaded, store: &mut Store<CallState>) -> wasmtime::Result<WireTransformed> {
    let instance = loaded.pre.instantiate_async(&mut *store).await?;
    let function = transform_function(loaded, &instance, store)?;
    let (returned,) = function.call_async(&mut *store, (Resource::new_borrow(0),)).await?;
    Ok(returned)
}

/// Makes the store of one call: its memory, its time and its output are bounded before the guest exists.
fn store(loaded: &Loaded, input: Input, running: Running) -> Store<CallState> {
    let state = CallState {
        event: EventView::new(input.event),
        config: input.config,
        log: GuestLog::new(input.plugin),
        limiter: Limiter::new(input.limits.memory_bytes_max),
    };
    let mut store = Store::new(loaded.pre.engine(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(PLUGIN_OUTPUT_BYTES_MAX + CROSSING_EXTRA_BYTES);
    store.set_epoch_deadline(1);
    let deadline = input.limits.deadline;
    // The first tick comes at once for a call that begins just before it.
    let mut ticks_left = deadline.as_millis().div_ceil(TICK.as_millis()) + 1;
    store.epoch_deadline_callback(move |_| {
        if running.is_closing() {
            return Err(Ended::Closing.into());
        }
        ticks_left -= 1;
        if ticks_left == 0 {
            return Err(Ended::Deadline { deadline_ms: deadline.as_millis() }.into());
        }
        Ok(UpdateDeadline::Yield(1))
    });
    store
}

/// A guest's future that may move between threads.
type Guest = Pin<Box<dyn Future<Output = Ran> + Send>>;

/// Runs a call to its end, on the caller's thread as long as it is short.
///
/// Cancel-safe: dropping it ends the guest at its next tick and frees its slot.
pub(crate) async fn drive(
    loaded: &Loaded,
    limits: PluginLimits,
    guest: Guest,
    runtime: &Handle,
) -> Transformed {
    let wall = limits.deadline * PLUGIN_WALL_FACTOR;
    let mut guest = Timed { guest, spent: Duration::ZERO };
    if loaded.is_quick() {
        let first = poll_fn(|context| Poll::Ready(Pin::new(&mut guest).poll(context))).await;
        if let Poll::Ready((ran, spent)) = first {
            loaded.spent(spent);
            return ran.transformed;
        }
    }
    match elsewhere(guest, wall, runtime).await {
        Ok((ran, spent)) => {
            loaded.spent(spent);
            ran.transformed
        }
        Err(crash) => Err(crash),
    }
}

/// Goes on with a call on the host's own threads.
async fn elsewhere(guest: Timed, wall: Duration, runtime: &Handle) -> Result<(Ran, Duration), Crash> {
    let left = wall.saturating_sub(guest.spent);
    let task = runtime.spawn(async move { tokio::time::timeout(left, guest).await });
    let _ends_with_this = AbortOnDrop(task.abort_handle());
    match task.await {
        Ok(Ok(ran)) => Ok(ran),
        Ok(Err(_elapsed)) => Err(Ended::Wall { wall_ms: wall.as_millis() }.into()),
        Err(gone) if gone.is_cancelled() => Err(Ended::Closing.into()),
        Err(panicked) => {
            tracing::error!(error = %panicked, "a plugin call panicked in the host");
            Err(crash(CrashKind::Incompatible, "the host failed during the call; see its log"))
        }
    }
}

/// A guest with the time that its threads spent on it: not the time that it waited for one.
struct Timed {
    guest: Guest,
    spent: Duration,
}

impl Future for Timed {
    type Output = (Ran, Duration);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<(Ran, Duration)> {
        let start = Instant::now();
        let polled = self.guest.as_mut().poll(context);
        self.spent += start.elapsed();
        polled.map(|ran| (ran, self.spent))
    }
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_guest_that_never_gets_on_ends_by_the_wall_limit() {
        let guest = Timed { guest: Box::pin(std::future::pending()), spent: Duration::ZERO };

        let ended = elsewhere(guest, Duration::from_millis(5), &Handle::current()).await;

        let crash = ended.err().expect("it ends");
        assert_eq!(
            (crash.kind, crash.message.as_str()),
            (CrashKind::Deadline, "the guest did not end within 5 ms of wall time")
        );
    }

    #[tokio::test]
    async fn a_panic_of_the_host_in_a_call_is_a_crash_and_not_the_callers_panic() {
        let guest = Timed { guest: Box::pin(async { panic!("on purpose") }), spent: Duration::ZERO };

        let ended = elsewhere(guest, Duration::from_secs(10), &Handle::current()).await;

        assert_eq!(ended.err().map(|crash| crash.kind), Some(CrashKind::Incompatible));
    }
}
