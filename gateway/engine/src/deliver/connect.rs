//! Connectors: today's component of a destination builds its request and says what the answer means.

use std::sync::Arc;

use hookgate_core::outcome::{Answer, Outcome};
use hookgate_core::plugin::{CrashKind, GuestResponse};
use hookgate_core::recipe::Stage;
use hookgate_core::render::{Draft, Rendered};
use hookgate_core::topology::{ConnectorTarget, Target};
use hookgate_core::word::Digest;

use super::Trying;
use super::keep::is_suspect;
use super::make::stopped;
use super::plugin::broken;
use crate::Engine;

impl Engine {
    /// Lets a connector build the request for a message.
    pub(super) async fn built(
        &self,
        to: &Trying<'_>,
        connector: &ConnectorTarget,
        draft: Draft,
        mut made_by: Vec<Digest>,
    ) -> Result<Rendered, Outcome> {
        let stage = stage_of(to, connector)?;
        self.ready(to, &stage).await?;
        let call = to.topology.call(&stage, to.started_at);
        let answer = self.ports.guests.build(call, draft.shown()).await;
        let outbound = self.ran(to, &stage, answer).await?.map_err(stopped)?;
        made_by.push(stage.digest);
        draft
            .built(connector, outbound, to.leased.hops, made_by)
            .map_err(|why| broken(stage.plugin.as_str(), CrashKind::Incompatible, why))
    }

    /// Asks the connector, if the destination has one, what an answer means. If it breaks, the answer is kept
    /// and asked about again; of a suspect it is kept before.
    pub(super) async fn judged(
        &self,
        to: &Trying<'_>,
        rendered: Rendered,
        answer: Answer,
    ) -> Result<Outcome, Outcome> {
        let Some(Target::Connector(connector)) = to.destination.map(|destination| &destination.target) else {
            return Ok(Outcome::Answered(answer));
        };
        if is_suspect(to.leased) {
            self.keep_answer(to.leased, rendered.clone(), answer.clone()).await;
        }
        let judgement = self.judgement(to, connector, &answer).await;
        match judgement {
            Ok(judgement) => Ok(Outcome::Judged { answer, judgement }),
            Err(outcome) => {
                self.keep_answer(to.leased, rendered, answer).await;
                Err(outcome)
            }
        }
    }

    async fn judgement(
        &self,
        to: &Trying<'_>,
        connector: &ConnectorTarget,
        answer: &Answer,
    ) -> Result<hookgate_core::plugin::Judgement, Outcome> {
        let stage = stage_of(to, connector)?;
        self.ready(to, &stage).await?;
        let response = GuestResponse {
            status: answer.status,
            headers: answer.headers.clone(),
            body: answer.body.clone(),
        };
        let _turn = self.turn(to.leased).await;
        let judged = self.ports.guests.judge(to.topology.call(&stage, to.started_at), response).await;
        self.ran(to, &stage, judged).await
    }
}

/// Returns the use of a connector: today's component of its name.
fn stage_of(to: &Trying<'_>, connector: &ConnectorTarget) -> Result<Stage, Outcome> {
    let plugin = to.topology.plugin(connector.plugin.as_str());
    let digest = plugin.map(|plugin| plugin.digest).ok_or_else(|| {
        broken(connector.plugin.as_str(), CrashKind::Incompatible, "there is no plugin of this name".into())
    })?;
    Ok(Stage { plugin: connector.plugin.clone(), digest, config: Arc::clone(&connector.config) })
}
