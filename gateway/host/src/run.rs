//! One call: a fresh instance, the guest's function, and what it came to.
//!
//! A call begins on the caller's thread, since most end within microseconds. One that is still running at the
//! second tick, or whose component is known to be slow, goes on on the host's own threads, so that no guest
//! keeps the caller's from its other work.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hookgate_core::limits::{PLUGIN_MAC_BYTES_MAX, PLUGIN_OUTPUT_BYTES_MAX, PLUGIN_WALL_FACTOR};
use hookgate_core::plugin::{Call, Crash, CrashKind, Grants, PluginLimits};
use hookgate_core::word::{Millis, Slug};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use wasmtime::component::{Instance, TypedFunc};
use wasmtime::{Error, Store, UpdateDeadline};

use crate::call::{CallState, Lent};
use crate::crash::{Ended, classify, crash};
use crate::function::{Authenticate, Build, Function, Judge, Route, Transform};
use crate::guest_log::GuestLog;
use crate::limiter::Limiter;
use crate::loader::{Loaded, Spent};
use crate::ticker::{Running, TICK};

/// What may cross from the guest in one step, beyond the messages: lengths, pointers and reasons.
const CROSSING_EXTRA_BYTES: usize = 64 << 10;

/// How often a quick call is run on the caller's thread: until a tick each time, and the first tick comes at once
/// for a call that begins just before it.
const QUICK_POLLS: u32 = 2;

/// What a call is made of, whichever the role.
pub(crate) struct Input {
    /// None: a self-test.
    pub(crate) plugin: Option<Slug>,
    pub(crate) config: Arc<str>,
    pub(crate) limits: PluginLimits,
    pub(crate) grants: Arc<Grants>,
    pub(crate) now: Millis,
    pub(crate) lent: Lent,
}

impl Input {
    /// Takes a call of the engine's.
    pub(crate) fn new(call: Call, lent: Lent) -> Input {
        Input {
            plugin: Some(call.plugin),
            config: call.config,
            limits: call.limits,
            grants: call.grants,
            now: call.now,
            lent,
        }
    }
}

/// What a call came to, and what its memory did.
pub(crate) struct Ran<T> {
    pub(crate) answer: Result<T, Crash>,
    pub(crate) memory_bytes: usize,
    pub(crate) grew: bool,
}

/// Calls a function of a role in a fresh instance.
pub(crate) async fn call<F: Function>(
    loaded: Arc<Loaded>,
    input: Input,
    function: F,
    running: Running,
) -> Ran<F::Output> {
    let mut store = store(&loaded, input, running);
    let returned = call_in(&loaded, &function, &mut store).await;
    let answer = match returned {
        Ok(returned) => function.check(returned),
        Err(error) => Err(classify(&error, store.data())),
    };
    let limiter = &store.data().limiter;
    Ran { answer, memory_bytes: limiter.bytes(), grew: limiter.grew() }
}

async fn call_in<F: Function>(
    loaded: &Loaded,
    function: &F,
    store: &mut Store<CallState>,
) -> wasmtime::Result<F::Returned> {
    let instance = loaded.pre.instantiate_async(&mut *store).await?;
    let Some(typed) = typed::<F>(loaded, &instance, store)? else {
        return Err(Error::msg(format!("it has not the role {}", F::ENTRY.role().interface())));
    };
    let (returned,) = typed.call_async(&mut *store, function.params()).await?;
    Ok(returned)
}

/// A function of a guest, by the types of its contract.
type Typed<F> = TypedFunc<<F as Function>::Params, (<F as Function>::Returned,)>;

/// Returns a function if the component has its role.
fn typed<F: Function>(
    loaded: &Loaded,
    instance: &Instance,
    store: &mut Store<CallState>,
) -> wasmtime::Result<Option<Typed<F>>> {
    let index = loaded.function(F::ENTRY);
    index.map(|index| instance.get_typed_func(store, index)).transpose()
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
    typed::<Transform>(loaded, &instance, store)?;
    typed::<Route>(loaded, &instance, store)?;
    typed::<Authenticate>(loaded, &instance, store)?;
    typed::<Build>(loaded, &instance, store)?;
    typed::<Judge>(loaded, &instance, store)?;
    Ok(())
}

/// Makes the store of one call: its memory, its time and its output are bounded before the guest exists.
fn store(loaded: &Loaded, input: Input, running: Running) -> Store<CallState> {
    // A body may be handed back to have it hashed, so a large one lets as much cross.
    let crossing_bytes_max = PLUGIN_OUTPUT_BYTES_MAX.max(input.lent.body_bytes()) + CROSSING_EXTRA_BYTES;
    let state = CallState {
        lent: input.lent,
        config: input.config,
        grants: input.grants,
        now: input.now,
        log: GuestLog::new(input.plugin),
        limiter: Limiter::new(input.limits.memory_bytes_max),
        mac_bytes_left: PLUGIN_MAC_BYTES_MAX,
    };
    let mut store = Store::new(loaded.pre.engine(), state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(crossing_bytes_max);
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
type Guest<T> = Pin<Box<dyn Future<Output = Ran<T>> + Send>>;

/// Runs a call to its end, on the caller's thread as long as it is short.
///
/// Cancel-safe: dropping it ends the guest at its next tick and frees its slot.
pub(crate) async fn drive<T: Send + 'static>(
    loaded: &Loaded,
    limits: PluginLimits,
    guest: Guest<T>,
    runtime: &Handle,
) -> Result<T, Crash> {
    let wall = limits.deadline * PLUGIN_WALL_FACTOR;
    let mut guest = Timed { guest, spent: Duration::ZERO };
    if loaded.is_quick() {
        for _ in 0..QUICK_POLLS {
            let polled = poll_fn(|context| Poll::Ready(Pin::new(&mut guest).poll(context))).await;
            if let Poll::Ready(ended) = polled {
                return finished(loaded, ended);
            }
        }
    }
    finished(loaded, elsewhere(guest, wall, runtime).await?)
}

/// Notes what a call took.
fn finished<T>(loaded: &Loaded, (ran, time): (Ran<T>, Duration)) -> Result<T, Crash> {
    loaded.spent(Spent { time, memory_bytes: ran.memory_bytes });
    ran.answer
}

/// Goes on with a call on the host's own threads.
async fn elsewhere<T: Send + 'static>(
    guest: Timed<T>,
    wall: Duration,
    runtime: &Handle,
) -> Result<(Ran<T>, Duration), Crash> {
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
struct Timed<T> {
    guest: Guest<T>,
    spent: Duration,
}

impl<T> Future for Timed<T> {
    type Output = (Ran<T>, Duration);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<(Ran<T>, Duration)> {
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
        let guest: Timed<()> = Timed { guest: Box::pin(std::future::pending()), spent: Duration::ZERO };

        let ended = elsewhere(guest, Duration::from_millis(5), &Handle::current()).await;

        let crash = ended.err().expect("it ends");
        assert_eq!(
            (crash.kind, crash.message.as_str()),
            (CrashKind::Deadline, "the guest did not end within 5 ms of wall time")
        );
    }

    #[tokio::test]
    async fn a_panic_of_the_host_in_a_call_is_a_crash_and_not_the_callers_panic() {
        let guest: Timed<()> =
            Timed { guest: Box::pin(async { panic!("on purpose") }), spent: Duration::ZERO };

        let ended = elsewhere(guest, Duration::from_secs(10), &Handle::current()).await;

        assert_eq!(ended.err().map(|crash| crash.kind), Some(CrashKind::Incompatible));
    }
}
