//! Opens tickets in a queue of a ticket system. It stands for a connector that the gateway never heard of: a path
//! below the endpoint, a method and a header field of its own, and answers that mean something else than their
//! status.

use std::time::Duration;

use hookgate_plugin::{Connect, Event, Judgement, Outbound, Response, Stop, config, export};
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Config {
    queue: String,
}

struct Tickets;

impl Connect for Tickets {
    fn build(event: &Event) -> Result<Outbound, Stop> {
        let config: Config = config()?;
        let title: String =
            event.get("/pull_request/title")?.ok_or(Stop::declined("a ticket needs a title"))?;
        let ticket = json!({ "title": title, "kind": event.event_type() });
        let path = format!("queues/{}/tickets/{}", config.queue, event.id());
        Ok(Outbound::json(&ticket)?.method("PUT").url(path).header("x-ticket-source", event.source()))
    }

    fn judge(response: &Response) -> Judgement {
        match (response.status(), response.as_text().as_ref()) {
            (200, "opened") => Judgement::delivered(),
            (200, "later") => Judgement::retry_after(Duration::from_millis(1), "the queue is full"),
            (200, why) => Judgement::declined(format!("the queue said {why:?}")),
            _ => Judgement::by_status(response),
        }
    }
}

export!(Tickets: Connect);

#[cfg(test)]
mod tests {
    use hookgate_plugin::testing::{Event, Host};

    use super::*;

    #[test]
    fn a_ticket_is_put_below_the_endpoint() {
        let host = Host::new().config(json!({ "queue": "ops" }));
        let event = Event::json(&json!({ "pull_request": { "title": "Mend it" } }));

        let outbound = host.build::<Tickets>(&event).expect("a request");

        assert_eq!(outbound.get_method(), "PUT");
        assert!(outbound.get_url().starts_with("queues/ops/tickets/"), "{}", outbound.get_url());
        assert_eq!(outbound.body_json()["title"], "Mend it");
        assert!(matches!(host.build::<Tickets>(&Event::json(&json!({}))), Err(Stop::Declined(_))));
    }

    #[test]
    fn the_answers_text_decides() {
        let judge = |status, text| Host::new().judge::<Tickets>(&Response::text(status, text));

        assert_eq!(judge(200, "opened"), Judgement::delivered());
        assert_eq!(judge(200, "no"), Judgement::declined("the queue said \"no\""));
        assert!(matches!(judge(200, "later"), Judgement::Retry { after: Some(_), .. }));
        assert!(matches!(judge(503, "opened"), Judgement::Retry { after: None, .. }));
    }
}
