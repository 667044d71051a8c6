//! GitHub's `pull_request` webhook as it arrives: headers, a payload of its size, a delivery id of its own.

use bytes::Bytes;

use crate::signature;

/// The payload; each `#NUMBER#` stands for the pull request's number.
const PAYLOAD: &str = include_str!("../corpus/github/pull_request.closed.json");

/// Makes signed events of one repository's hook.
#[derive(Debug, Clone)]
pub struct PullRequests {
    secret: String,
    series: u32,
}

/// A request as GitHub sends it.
#[derive(Debug, Clone)]
pub struct Signed {
    /// The pull request's number.
    pub number: u64,
    /// `X-GitHub-Event`.
    pub event: String,
    /// `X-GitHub-Delivery`: again the same when GitHub redelivers.
    pub delivery: String,
    /// `X-Hub-Signature-256`.
    pub signature: String,
    /// The body.
    pub body: Bytes,
}

impl PullRequests {
    /// Signs with `secret`. Delivery ids of another `series` are others.
    pub fn new(secret: &str, series: u32) -> PullRequests {
        PullRequests { secret: secret.to_owned(), series }
    }

    /// Returns the event of pull request `number`: the same bytes and ids every time.
    pub fn closed(&self, number: u64) -> Signed {
        self.signed("pull_request", number, PAYLOAD.replace("#NUMBER#", &number.to_string()).trim_end())
    }

    /// Returns an event with a body of one's own.
    pub fn signed(&self, event: &str, number: u64, body: &str) -> Signed {
        Signed {
            number,
            event: event.to_owned(),
            delivery: format!("{:08x}-0000-4000-8000-{number:012x}", self.series),
            signature: signature::github(&self.secret, body.as_bytes()),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }
}

impl Signed {
    /// Returns the header fields.
    pub fn headers(&self) -> [(&str, &str); 6] {
        [
            ("user-agent", "GitHub-Hookshot/f8a2c1d"),
            ("content-type", "application/json"),
            ("x-github-event", &self.event),
            ("x-github-delivery", &self.delivery),
            ("x-github-hook-id", "512345678"),
            ("x-hub-signature-256", &self.signature),
        ]
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_number_has_a_payload_and_a_delivery_id_of_its_own() {
        let hook = PullRequests::new("secret", 3);

        let ids: HashSet<String> = (0..1000).map(|number| hook.closed(number).delivery).collect();
        let signed = hook.closed(12_345);
        let body: Value = serde_json::from_slice(&signed.body).expect("JSON");

        assert_eq!(ids.len(), 1000);
        assert_eq!((&body["number"], &body["action"]), (&12_345.into(), &"closed".into()));
        assert_eq!(body["pull_request"]["number"], 12_345);
        assert!((1_500..2_500).contains(&signed.body.len()), "{} bytes", signed.body.len());
    }
}
