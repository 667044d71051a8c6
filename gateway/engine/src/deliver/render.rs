//! Rendering: runs the stages of a delivery's recipe. Fails closed: what cannot be transformed is not sent.

use std::sync::Arc;

use hookgate_core::delivery::Leased;
use hookgate_core::outcome::Outcome;
use hookgate_core::plugin::{Crash, CrashKind, GuestMessage, Stop};
use hookgate_core::recipe::{Recipe, Stage};
use hookgate_core::render::{Draft, Rendered};
use hookgate_core::topology::{Destination, Target, Topology};

use crate::Engine;

impl Engine {
    /// Renders a delivery by its pinned recipe.
    ///
    /// # Errors
    /// The outcome of an attempt that sends nothing: a plugin stopped it or broke, or is not there.
    pub(super) async fn render(
        &self,
        leased: &Leased,
        topology: &Topology,
        destination: &Destination,
    ) -> Result<Rendered, Outcome> {
        let recipe = self.recipe(leased, topology).await?;
        let mut draft = Draft::of(&leased.event);
        for stage in &recipe.stages {
            draft = self.transformed(draft, stage, topology).await?;
        }
        let made_by = recipe.stages.iter().map(|stage| stage.digest).collect();
        match &destination.target {
            Target::Http(http) => draft.addressed(http, leased.hops, made_by).map_err(Outcome::Declined),
            Target::Connector(connector) => {
                Err(broken(connector.plugin.as_str(), "connectors come with the next change".into()))
            }
        }
    }

    /// Returns the pinned recipe; after a crash with today's components.
    async fn recipe(&self, leased: &Leased, topology: &Topology) -> Result<Arc<Recipe>, Outcome> {
        let pinned = self.pinned(leased, topology).await?;
        if leased.plugin_tries == 0 {
            return Ok(pinned);
        }
        Ok(Arc::new(pinned.renewed(|plugin| topology.plugin(plugin.as_str()).map(|plugin| plugin.digest))))
    }

    /// Today's routes have most recipes at hand; an older one comes from the store.
    async fn pinned(&self, leased: &Leased, topology: &Topology) -> Result<Arc<Recipe>, Outcome> {
        if let Some(recipe) = topology.recipe(&leased.recipe) {
            return Ok(Arc::clone(recipe));
        }
        match self.ports.queue.recipe(leased.recipe).await {
            Ok(Some(recipe)) => Ok(Arc::new(recipe)),
            Ok(None) => {
                Err(broken("recipe", format!("recipe {} is not in the store", leased.recipe.short())))
            }
            Err(error) => {
                Err(broken("recipe", format!("recipe {} could not be read: {error}", leased.recipe.short())))
            }
        }
    }

    async fn transformed(&self, draft: Draft, stage: &Stage, topology: &Topology) -> Result<Draft, Outcome> {
        self.load(stage).await?;
        let event = draft.shown();
        let call = topology.call(stage, event.received_at);
        let answer = self.ports.guests.transform(call, event).await;
        match answer {
            Ok(Ok(messages)) => one(messages, stage).map(|message| draft.with(message)),
            Ok(Err(Stop::Skip(reason))) => Err(Outcome::Skipped(reason)),
            Ok(Err(Stop::Declined(reason))) => Err(Outcome::Declined(reason)),
            Ok(Err(Stop::Retry { after, reason })) => Err(Outcome::Postponed { after, reason }),
            Err(crash) => Err(Outcome::Crashed { plugin: stage.plugin.to_string(), crash }),
        }
    }

    /// Makes the stage's component callable. A restart or an older recipe may need one that is not loaded.
    async fn load(&self, stage: &Stage) -> Result<(), Outcome> {
        if self.ports.guests.is_loaded(&stage.digest) {
            return Ok(());
        }
        let plugin = stage.plugin.as_str();
        let component = match self.ports.queue.component(stage.digest).await {
            Ok(Some(component)) => component,
            Ok(None) => {
                return Err(broken(
                    plugin,
                    format!("component {} is not in the store", stage.digest.short()),
                ));
            }
            Err(error) => {
                return Err(broken(
                    plugin,
                    format!("component {} could not be read: {error}", stage.digest.short()),
                ));
            }
        };
        match self.ports.guests.load(component).await {
            Ok(_) => Ok(()),
            Err(refused) => Err(broken(plugin, refused.to_string())),
        }
    }
}

/// One message goes on; none is a skip. Several become deliveries of their own once there is a Split;
/// until then they are the plugin's failure, so that none of them is lost.
fn one(mut messages: Vec<GuestMessage>, stage: &Stage) -> Result<GuestMessage, Outcome> {
    if messages.len() > 1 {
        let count = messages.len();
        return Err(broken(
            stage.plugin.as_str(),
            format!("it made {count} messages of one; this release sends one"),
        ));
    }
    messages.pop().ok_or_else(|| Outcome::Skipped("the plugin made no message".into()))
}

fn broken(plugin: &str, message: String) -> Outcome {
    Outcome::Crashed { plugin: plugin.to_owned(), crash: Crash { kind: CrashKind::Incompatible, message } }
}
