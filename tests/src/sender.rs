//! A provider that sends webhooks and remembers what it heard.

use http::Method;

use crate::github::Signed;
use crate::wire::Wire;

/// Sends to one source.
#[derive(Debug, Clone)]
pub struct Sender {
    wire: Wire,
    url: String,
}

/// What a provider heard of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A 2xx: from now on the event is the gateway's.
    Accepted {
        /// The id of the event; of a duplicate that of the first one.
        event: String,
        /// Whether the gateway called it a duplicate.
        is_duplicate: bool,
    },
    /// Another status.
    Refused(u16),
    /// No answer: nobody knows.
    Unknown(String),
}

impl Sender {
    /// Sends to this URL.
    pub fn new(url: &str) -> Sender {
        Sender { wire: Wire::new(), url: url.to_owned() }
    }

    /// Sends an event once.
    pub async fn send(&self, event: &Signed) -> Heard {
        let answer = match self.wire.send(Method::POST, &self.url, &event.headers(), event.body.clone()).await
        {
            Ok(answer) => answer,
            Err(why) => return Heard::Unknown(why),
        };
        if !answer.status.is_success() {
            return Heard::Refused(answer.status.as_u16());
        }
        let id = answer.json()["event"].as_str().unwrap_or_default().to_owned();
        let is_duplicate = answer.header("hookgate-duplicate") == "true";
        Heard::Accepted { event: id, is_duplicate }
    }

    /// Sends an event once and expects it to be taken. Returns its id.
    ///
    /// # Panics
    /// It is not.
    pub async fn send_new(&self, event: &Signed) -> String {
        let heard = self.send(event).await;
        let Heard::Accepted { event: id, is_duplicate: false } = heard else {
            panic!("expected pull request {} to be taken as new, heard {heard:?}", event.number)
        };
        id
    }
}
