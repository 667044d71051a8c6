//! Signals: SIGTERM and SIGINT end the process in order, a second one at once; SIGHUP reloads.

use std::sync::Arc;

use hookgate_core::word::Actor;
use hookgate_server::apply::Apply;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Listens until the process ends.
pub(super) async fn listen(apply: Arc<Apply>, stop: CancellationToken) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        tokio::select! {
            _ = hangup.recv() => {
                // A refusal is logged where it happens, and the old configuration rules on.
                let _refused = apply.apply(Actor::Signal).await.is_err();
            }
            _ = terminate.recv() => end(&stop, "SIGTERM"),
            _ = interrupt.recv() => end(&stop, "SIGINT"),
        }
    }
}

fn end(stop: &CancellationToken, name: &str) {
    if stop.is_cancelled() {
        tracing::warn!("second {name}: ending at once; what is held is adopted at the next start");
        std::process::exit(130);
    }
    tracing::info!("{name}: taking no more, ending what is on the wire");
    stop.cancel();
}
