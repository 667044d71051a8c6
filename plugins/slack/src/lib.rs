//! Posts events to Slack by an incoming webhook, as Block Kit messages.
//!
//! The webhook's URL is the destination's endpoint and never seen here. A message is within the limits
//! that Slack documents: a text that is too long is cut with an ellipsis, what cannot be cut is declined
//! with the reason, and nothing that Slack would refuse is sent.

mod answer;
mod fit;
mod shipped;
mod template;
mod text;

use hookgate_plugin::{Connect, Event, Judgement, Outbound, Response, Stop, config, export};
use serde::Deserialize;
use serde_json::{Map, Value};

use template::Parts;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    template: Value,
    text: Option<String>,
}

struct Slack;

impl Connect for Slack {
    fn build(event: &Event) -> Result<Outbound, Stop> {
        let config: Config = config()?;
        let parts = Parts::new(event);
        let mut payload = match &config.template {
            Value::String(name) if !name.trim_start().starts_with(['{', '[']) => {
                shipped::named(name, &parts)?
            }
            Value::String(json) => template::rendered(&parsed(json)?, &parts)?,
            blocks => template::rendered(blocks, &parts)?,
        };
        if let Some(text) = &config.text {
            payload.insert("text".to_owned(), template::text(text, &parts)?.into());
        }
        fit::fit(&mut payload)?;
        Outbound::json(&payload)
    }

    fn judge(response: &Response) -> Judgement {
        answer::judge(response)
    }
}

export!(Slack: Connect);

fn parsed(json: &str) -> Result<Value, Stop> {
    serde_json::from_str(json)
        .map_err(|error| Stop::declined(format!("`template` in the config is no JSON: {error}")))
}

/// A message: `text`, `blocks`, and whatever else a template has.
type Payload = Map<String, Value>;

#[cfg(test)]
#[path = "slack_tests.rs"]
mod tests;
