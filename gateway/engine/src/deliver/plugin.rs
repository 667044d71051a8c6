//! Plugins of a delivery: made ready before a call, counted after it, put into quarantine when they break
//! again and again.

use hookgate_core::outcome::Outcome;
use hookgate_core::plugin::{Crash, CrashKind};
use hookgate_core::recipe::Stage;

use super::Trying;
use crate::Engine;

impl Engine {
    /// Makes a stage's component callable, unless it is in quarantine. A restart or an older recipe may need
    /// one that is not loaded.
    pub(super) async fn ready(&self, to: &Trying<'_>, stage: &Stage) -> Result<(), Outcome> {
        if let Some(reason) = self.controls.quarantine(to.leased.lane.scope, stage) {
            return Err(Outcome::Quarantined { plugin: stage.plugin.to_string(), reason });
        }
        if self.ports.guests.is_loaded(&stage.digest) {
            return Ok(());
        }
        let missing = |why: String| {
            let message = format!("component {} {why}", stage.digest.short());
            broken(stage.plugin.as_str(), CrashKind::Incompatible, message)
        };
        let component = match self.ports.queue.component(stage.digest).await {
            Ok(Some(component)) => component,
            Ok(None) => return Err(missing("is not in the store".into())),
            Err(error) => return Err(missing(format!("could not be read: {error}"))),
        };
        match self.ports.guests.load(component).await {
            Ok(_) => Ok(()),
            Err(refused) => Err(broken(stage.plugin.as_str(), CrashKind::Incompatible, refused.to_string())),
        }
    }

    /// Counts a call that came back, or the crash that it ended with.
    pub(super) async fn ran<T>(
        &self,
        to: &Trying<'_>,
        stage: &Stage,
        answer: Result<T, Crash>,
    ) -> Result<T, Outcome> {
        match answer {
            Ok(answer) => {
                self.controls.ran(stage);
                Ok(answer)
            }
            Err(crash) => {
                self.crashed(to.leased.lane.scope, stage, &crash).await;
                Err(Outcome::Crashed { plugin: stage.plugin.to_string(), crash })
            }
        }
    }
}

/// The outcome of a plugin that could not be asked, or whose answer cannot be used.
pub(super) fn broken(plugin: &str, kind: CrashKind, message: String) -> Outcome {
    Outcome::Crashed { plugin: plugin.to_owned(), crash: Crash { kind, message } }
}
