//! One call: a fresh instance, the guest's function, and what it came to.
//!
//! A call begins on the caller's thread, since most end within microseconds. One that is still running at the
//! first tick, or whose component is known to be slow, goes on on the host's own threads, so that no guest
//! keeps the caller's from its other work.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
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

/// Runs a call to its end, on the caller's thread as long as it is short. Returns how long it ran.
///
/// Cancel-safe: dropping it ends the guest at its next tick and frees its slot.
pub(crate) async fn drive(
    loaded: &Loaded,
    limits: PluginLimits,
    mut guest: Guest,
    runtime: &Handle,
) -> Transformed {
    let start = Instant::now();
    if loaded.is_quick() {
        let first = poll_fn(|context| Poll::Ready(guest.as_mut().poll(context))).await;
        if let Poll::Ready(ran) = first {
            loaded.took(start.elapsed());
            return ran.transformed;
        }
    }
    let wall = limits.deadline * PLUGIN_WALL_FACTOR;
    let transformed = elsewhere(guest, wall.saturating_sub(start.elapsed()), wall, runtime).await;
    loaded.took(start.elapsed());
    transformed
}

/// Goes on with a call on the host's own threads.
async fn elsewhere(guest: Guest, left: Duration, wall: Duration, runtime: &Handle) -> Transformed {
    let task = runtime.spawn(async move { tokio::time::timeout(left, guest).await });
    let _ends_with_this = AbortOnDrop(task.abort_handle());
    match task.await {
        Ok(Ok(ran)) => ran.transformed,
        Ok(Err(_elapsed)) => Err(Ended::Wall { wall_ms: wall.as_millis() }.into()),
        Err(gone) if gone.is_cancelled() => Err(Ended::Closing.into()),
        Err(panicked) => {
            tracing::error!(error = %panicked, "a plugin call panicked in the host");
            Err(internal())
        }
    }
}

fn internal() -> Crash {
    crash(CrashKind::Incompatible, "the host failed during the call; see its log")
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
