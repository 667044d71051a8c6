//! Making what is sent: from what is kept, or by the router and the transforms of the delivery's recipe.
//! Fails closed: what cannot be transformed is not sent.

use std::sync::Arc;

use hookgate_core::children;
use hookgate_core::delivery::{Kept, NewDelivery};
use hookgate_core::limits;
use hookgate_core::outcome::{Answer, Outcome};
use hookgate_core::plugin::{CrashKind, GuestMessage, Stop};
use hookgate_core::recipe::{Recipe, Stage};
use hookgate_core::render::{Draft, Rendered};
use hookgate_core::topology::Target;
use hookgate_core::word::{DeliveryId, Digest, NameId, Slug};

use super::Trying;
use super::plugin::broken;
use crate::Engine;

/// What there is to send.
pub(super) enum Made {
    /// One message.
    Message(Rendered),
    /// Nothing: it was sent and answered, and its connector has still to say what that means.
    Answered {
        /// What was sent.
        rendered: Rendered,
        /// What came back.
        answer: Answer,
    },
    /// Several deliveries.
    Several(Vec<NewDelivery>),
}

impl Engine {
    /// Makes what is sent. A suspect is made alone, and what would not come out the same again is kept
    /// before anybody sends it.
    ///
    /// # Errors
    /// The outcome of an attempt that sends nothing: a plugin stopped it or broke, or is not there.
    pub(super) async fn made(&self, to: &Trying<'_>) -> Result<Made, Outcome> {
        let _turn = self.turn(to.leased).await;
        let made = match self.kept(to.leased).await {
            Ok(Some(Kept::Answered { rendered, answer })) => Ok(Made::Answered { rendered, answer }),
            Ok(Some(Kept::Rendered(rendered))) => Ok(Made::Message(rendered)),
            Ok(Some(Kept::Message(message))) => {
                let draft = Draft::resumed(&to.leased.event, &message);
                self.addressed(to, draft, message.made_by).await
            }
            Ok(None) => self.rendered(to).await,
            Err(outcome) => Err(outcome),
        };
        self.suspect_made(to.leased);
        made
    }

    /// Runs the pinned recipe: its router first, or else its transforms, each over what the one before made.
    async fn rendered(&self, to: &Trying<'_>) -> Result<Made, Outcome> {
        let pinned = self.pinned(to).await?;
        let recipe = self.renewed(to, &pinned);
        if let Some(router) = &recipe.router {
            return self.routed(to, router, pinned.routed().digest()).await;
        }
        let mut drafts = vec![Draft::of(&to.leased.event)];
        for stage in &recipe.stages {
            drafts = self.transformed(to, drafts, stage).await?;
        }
        let made_by: Vec<Digest> = recipe.stages.iter().map(|stage| stage.digest).collect();
        match drafts.pop() {
            Some(draft) if drafts.is_empty() => {
                let made = self.addressed(to, draft, made_by).await?;
                self.keep_unrepeatable(to, &recipe.stages, made).await
            }
            Some(last) => {
                drafts.push(last);
                let messages = drafts.into_iter().map(|draft| draft.message(made_by.clone())).collect();
                let destination = to.leased.destination.ok_or_else(nowhere)?;
                let none_left = Recipe::default().digest();
                let draw = || DeliveryId(self.mint());
                Ok(Made::Several(children::messages(to.leased, destination, none_left, messages, draw)))
            }
            None => Err(Outcome::Skipped("the plugin made no message".into())),
        }
    }

    /// Addresses a message to its destination of today.
    async fn addressed(&self, to: &Trying<'_>, draft: Draft, made_by: Vec<Digest>) -> Result<Made, Outcome> {
        let destination = to.destination.ok_or_else(nowhere)?;
        match &destination.target {
            Target::Http(http) => {
                draft.addressed(http, to.leased.hops, made_by).map(Made::Message).map_err(Outcome::Declined)
            }
            Target::Connector(connector) => {
                let rendered = self.built(to, connector, draft, made_by).await?;
                self.keep_unrepeatable(to, &[], Made::Message(rendered)).await
            }
        }
    }

    /// Lets a router choose among the destinations that its route has today.
    async fn routed(&self, to: &Trying<'_>, router: &Stage, rest: Digest) -> Result<Made, Outcome> {
        let named = |id: &NameId| to.topology.destination(*id).map(|found| (found.name.to_string(), *id));
        let route = to.topology.route(to.leased.route).ok_or_else(nowhere)?;
        let candidates: Vec<(String, NameId)> = route.to.iter().filter_map(named).collect();
        let names = candidates.iter().map(|(name, _)| name.clone()).collect();
        self.ready(to, router).await?;
        let event = Draft::of(&to.leased.event).shown();
        let call = to.topology.call(router, event.received_at);
        let answer = self.ports.guests.route(call, event, names).await;
        let chosen = self.ran(to, router, answer).await?.map_err(stopped)?;
        let id_of = |name: &String| candidates.iter().find(|(known, _)| known == name).map(|(_, id)| *id);
        let chosen: Vec<NameId> = chosen.iter().filter_map(id_of).collect();
        if chosen.is_empty() {
            return Err(Outcome::Skipped("the router chose no destination".into()));
        }
        Ok(Made::Several(children::routed(to.leased, rest, &chosen, || DeliveryId(self.mint()))))
    }

    /// Maps a stage over messages. One that it skips vanishes; what it says of one that is not sent
    /// otherwise, it says of all.
    async fn transformed(
        &self,
        to: &Trying<'_>,
        drafts: Vec<Draft>,
        stage: &Stage,
    ) -> Result<Vec<Draft>, Outcome> {
        self.ready(to, stage).await?;
        let mut made = Vec::new();
        let mut skipped = "the plugin made no message".to_owned();
        for draft in drafts {
            let event = draft.shown();
            let call = to.topology.call(stage, event.received_at);
            let answer = self.ports.guests.transform(call, event).await;
            match self.ran(to, stage, answer).await? {
                Ok(messages) => {
                    made.extend(
                        messages.into_iter().map(|message: GuestMessage| draft.clone().with(message)),
                    );
                }
                Err(Stop::Skip(reason)) => skipped = reason,
                Err(stop) => return Err(stopped(stop)),
            }
            if made.len() > limits::SPLIT_MAX {
                let message = format!("it made more than {} messages of one event", limits::SPLIT_MAX);
                return Err(broken(stage.plugin.as_str(), CrashKind::OutputTooLarge, message));
            }
        }
        if made.is_empty() { Err(Outcome::Skipped(skipped)) } else { Ok(made) }
    }

    /// Returns the recipe as it is used: after a crash, and in place of a component in quarantine, with
    /// today's components.
    fn renewed(&self, to: &Trying<'_>, pinned: &Arc<Recipe>) -> Arc<Recipe> {
        let scope = to.leased.lane.scope;
        let is_held = |stage: &Stage| self.controls.quarantine(scope, stage).is_some();
        if to.leased.plugin_tries == 0 && !pinned.router.iter().chain(&pinned.stages).any(is_held) {
            return Arc::clone(pinned);
        }
        let today = |plugin: &Slug| to.topology.plugin(plugin.as_str()).map(|plugin| plugin.digest);
        Arc::new(pinned.renewed(today))
    }

    /// Today's routes have most recipes at hand; an older one comes from the store.
    async fn pinned(&self, to: &Trying<'_>) -> Result<Arc<Recipe>, Outcome> {
        let digest = to.leased.recipe;
        if let Some(recipe) = to.topology.recipe(&digest) {
            return Ok(Arc::clone(recipe));
        }
        let missing = |why: String| {
            broken("recipe", CrashKind::Incompatible, format!("recipe {} {why}", digest.short()))
        };
        match self.ports.queue.recipe(digest).await {
            Ok(Some(recipe)) => Ok(Arc::new(recipe)),
            Ok(None) => Err(missing("is not in the store".into())),
            Err(error) => Err(missing(format!("could not be read: {error}"))),
        }
    }
}

/// Reads why a plugin lets nothing go out.
pub(super) fn stopped(stop: Stop) -> Outcome {
    match stop {
        Stop::Skip(reason) => Outcome::Skipped(reason),
        Stop::Declined(reason) => Outcome::Declined(reason),
        Stop::Retry { after, reason } => Outcome::Postponed { after, reason },
    }
}

/// A delivery of a route that has no router, or of a router's whose route is gone.
fn nowhere() -> Outcome {
    Outcome::Misconfigured("nothing says where this delivery goes: its route changed".into())
}
