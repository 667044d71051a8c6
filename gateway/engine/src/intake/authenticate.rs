//! Sources that a plugin verifies: the one place where foreign code runs before the commit. Bounded in
//! time and in number per source; whatever fails refuses with 503, never with 401 and never with 2xx.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::plugin::{Admission, GuestRequest, GuestResponse, Shape};
use hookgate_core::recipe::Stage;
use hookgate_core::request::{RawRequest, VerifiedRequest};
use hookgate_core::scheme::{Rejection, vouched};
use hookgate_core::source::Source;
use hookgate_core::topology::Topology;
use hookgate_core::word::{Millis, NameId};
use http::HeaderName;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Refusal;
use crate::Engine;

/// What a plugin is asked.
pub(super) struct Asked<'a> {
    pub(super) stage: &'a Stage,
    pub(super) deadline: Duration,
    pub(super) mask: &'a [HeaderName],
    pub(super) source: &'a Source,
    pub(super) now: Millis,
}

/// What it said, if it did not refuse.
pub(super) enum Authentication {
    /// The sender is who it says, and this is what the event is.
    Admitted(VerifiedRequest, Shape),
    /// A handshake.
    Answered(GuestResponse),
}

/// The turns of each source: how many plugins may authenticate for it at once.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<NameId, Arc<Semaphore>>>);

impl Turns {
    fn of(&self, source: NameId) -> Arc<Semaphore> {
        // A source that is gone leaves its place: as many as a process ever knew of, each some 100 bytes.
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = turns.entry(source);
        Arc::clone(turns.or_insert_with(|| Arc::new(Semaphore::new(limits::AUTHENTICATIONS_PER_SOURCE))))
    }
}

impl Engine {
    /// Asks a source's plugin who sent a request.
    pub(super) async fn authenticated(
        &self,
        request: RawRequest,
        asked: Asked<'_>,
        topology: &Topology,
    ) -> Result<Authentication, Refusal> {
        let plugin = &asked.stage.plugin;
        let source = &asked.source.name;
        let answered = timeout(asked.deadline, self.ask(&request, &asked, topology)).await;
        let why = match answered {
            Ok(Ok(Admission::Accept(shape))) => {
                return Ok(Authentication::Admitted(vouched(request, asked.mask), shape));
            }
            Ok(Ok(Admission::Respond(response))) => return Ok(Authentication::Answered(response)),
            Ok(Ok(Admission::Deny(reason))) => return Err(Refusal::Rejected(Rejection::Denied(reason))),
            Ok(Err(why)) => why,
            Err(_) => format!("no answer within {} ms", asked.deadline.as_millis()),
        };
        tracing::error!(%source, %plugin, error = %why, "request answered 503: plugin {plugin} could not say who sent it");
        Err(Refusal::Undecided)
    }

    async fn ask(
        &self,
        request: &RawRequest,
        asked: &Asked<'_>,
        topology: &Topology,
    ) -> Result<Admission, String> {
        let turns = self.turns.of(asked.source.id);
        let _turn = turns.acquire().await.map_err(|closed| closed.to_string())?;
        self.load_authenticator(asked.stage).await?;
        let shown = GuestRequest {
            method: request.method.as_str().into(),
            path: request.path().into(),
            query: request.query().into(),
            headers: Arc::new(request.headers.clone()),
            body: request.body.clone(),
        };
        let call = topology.call(asked.stage, asked.now);
        match self.ports.guests.authenticate(call, shown).await {
            Ok(decided) => decided,
            Err(crash) => Err(crash.to_string()),
        }
    }

    /// A reload may have replaced the component that this request's topology names.
    async fn load_authenticator(&self, stage: &Stage) -> Result<(), String> {
        if self.ports.guests.is_loaded(&stage.digest) {
            return Ok(());
        }
        let digest = stage.digest.short();
        match self.ports.queue.component(stage.digest).await {
            Ok(Some(component)) => match self.ports.guests.load(component).await {
                Ok(_) => Ok(()),
                Err(refused) => Err(refused.to_string()),
            },
            Ok(None) => Err(format!("component {digest} is not in the store")),
            Err(error) => Err(format!("component {digest} does not come from the store: {error}")),
        }
    }
}
