//! Sending: today's endpoint, credentials and signature are added, and the request goes out.

use hookgate_core::breaker::{Change, Sign};
use hookgate_core::destination::Unaddressed;
use hookgate_core::outbound::OutboundRequest;
use hookgate_core::outcome::Outcome;
use hookgate_core::render::Rendered;
use hookgate_core::word::Headers;

use super::{Attempt, Trying};
use crate::Engine;
use crate::gate::Permit;

impl Engine {
    /// Sends a message, and returns with its outcome what may be shown of what was added to it.
    ///
    /// # Errors
    /// It has no address, so nothing was sent.
    pub(super) async fn sent(
        &self,
        to: &Trying<'_>,
        rendered: &Rendered,
        permit: &mut Permit,
    ) -> Result<(Headers, Outcome), Outcome> {
        let Some(destination) = to.destination else {
            return Err(Outcome::Misconfigured("nothing says where this delivery goes".into()));
        };
        let (event, message) = (&to.leased.event, &to.leased.message);
        let signed =
            OutboundRequest::signed(rendered, destination, event, message, to.started_at).map_err(|why| {
                match why {
                    Unaddressed::Missing(_) | Unaddressed::OtherPath(_) => Outcome::Declined(why.to_string()),
                    Unaddressed::NotAUrl(_) | Unaddressed::OtherOrigin(_) => {
                        Outcome::Misconfigured(format!("{}: {why}", destination.name))
                    }
                }
            })?;
        permit.spend();
        Ok((signed.sent, self.ports.transport.send(signed.request).await))
    }

    /// Tells the breaker what the attempt says of the receiver.
    pub(super) fn note_sign(&self, to: &Trying<'_>, attempt: &Attempt) -> Option<Change> {
        let policy = to.destination?.breaker.as_ref()?;
        self.gate.note_sign(to.leased.lane, policy, Sign::of(&attempt.outcome))
    }
}
