//! Turns a GitHub `pull_request` event into a short JSON summary with one line for people.
//!
//! Anything else is declined: a summary of half a payload would look like one of a real one.

use hookgate_plugin::{Event, Message, Stop, Transform, config, export};
use serde::{Deserialize, Serialize};

/// What GitHub sends, as far as the summary needs it. Webhook event `pull_request`.
#[derive(Deserialize)]
struct Payload {
    action: String,
    pull_request: PullRequest,
    repository: Repository,
    sender: Option<User>,
}

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    title: String,
    html_url: String,
    user: User,
    /// Not in the list form of the API; every webhook has it.
    #[serde(default)]
    merged: bool,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    additions: u64,
    #[serde(default)]
    deletions: u64,
    #[serde(default)]
    changed_files: u64,
    base: Branch,
    head: Branch,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(rename = "ref")]
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    style: Style,
}

/// How much the summary says.
#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Style {
    Short,
    #[default]
    Full,
}

#[derive(Serialize)]
struct Summary<'a> {
    event: String,
    repository: &'a str,
    number: u64,
    title: &'a str,
    author: &'a str,
    action: &'a str,
    merged: bool,
    url: &'a str,
    text: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

/// What `style = "full"` adds.
#[derive(Serialize)]
struct Details<'a> {
    additions: u64,
    deletions: u64,
    changed_files: u64,
    base: &'a str,
    head: &'a str,
}

struct PrSummary;

impl Transform for PrSummary {
    fn transform(event: &Event) -> Result<Vec<Message>, Stop> {
        let Config { style } = config()?;
        let payload: Payload = event
            .json()
            .map_err(|stop| Stop::declined(format!("not a GitHub pull_request event: {}", stop.reason())))?;
        let summary = Summary::of(&payload, style);
        Ok(vec![Message::json(&summary)?.event_type(&summary.event)])
    }
}

export!(PrSummary: Transform);

impl<'a> Summary<'a> {
    fn of(payload: &'a Payload, style: Style) -> Summary<'a> {
        let request = &payload.pull_request;
        let details = Details {
            additions: request.additions,
            deletions: request.deletions,
            changed_files: request.changed_files,
            base: &request.base.name,
            head: &request.head.name,
        };
        Summary {
            event: format!("pull_request.{}", payload.action),
            repository: &payload.repository.full_name,
            number: request.number,
            title: &request.title,
            author: &request.user.login,
            action: &payload.action,
            merged: request.merged,
            url: &request.html_url,
            text: line(payload),
            details: (style == Style::Full).then_some(details),
        }
    }
}

/// Returns one line for people, such as
/// `octocat merged #42 "Fix the parser" in octo/hello-world (+10 -2)`.
fn line(payload: &Payload) -> String {
    let request = &payload.pull_request;
    // GitHub has no action `merged`: it is a `closed` of what was merged.
    let verb = match payload.action.as_str() {
        "closed" if request.merged => "merged".to_owned(),
        "opened" if request.draft => "drafted".to_owned(),
        action => action.replace('_', " "),
    };
    // The one who acts, who need not be the author.
    let actor = payload.sender.as_ref().unwrap_or(&request.user);
    format!(
        "{} {verb} #{} \"{}\" in {} (+{} -{})",
        actor.login,
        request.number,
        request.title,
        payload.repository.full_name,
        request.additions,
        request.deletions
    )
}

#[cfg(test)]
mod tests {
    use hookgate_plugin::testing::{self, Host};
    use serde_json::{Value, json};

    use super::*;

    const CLOSED: &str = include_str!("../fixtures/pull_request.closed.json");
    const OPENED: &str = include_str!("../fixtures/pull_request.opened.json");

    fn summarise(config: Value, body: &str) -> Result<Value, Stop> {
        let messages = Host::new().config(config).transform::<PrSummary>(&testing::Event::bytes(body))?;
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].get_event_type(), messages[0].body_json()["event"].as_str());
        Ok(messages[0].body_json())
    }

    #[test]
    fn a_merged_pull_request_is_summarised_in_full() {
        let summary = summarise(json!({}), CLOSED).expect("a summary");

        assert_eq!(
            summary,
            json!({
                "event": "pull_request.closed",
                "repository": "harbour-labs/tide-tables",
                "number": 318,
                "title": "Round tide heights half to even",
                "author": "mira-oduya",
                "action": "closed",
                "merged": true,
                "url": "https://github.com/harbour-labs/tide-tables/pull/318",
                "text": "jonas-weir merged #318 \"Round tide heights half to even\" in harbour-labs/tide-tables (+42 -17)",
                "additions": 42,
                "deletions": 17,
                "changed_files": 3,
                "base": "main",
                "head": "round-half-even"
            })
        );
    }

    #[test]
    fn the_short_style_leaves_branches_and_sizes_out() {
        let summary = summarise(json!({ "style": "short" }), OPENED).expect("a summary");

        assert_eq!(
            summary["text"],
            "mira-oduya drafted #321 \"Read station lists from CSV\" in harbour-labs/tide-tables (+118 -4)"
        );
        assert_eq!(summary["merged"], false);
        assert_eq!(summary.get("base"), None);
        assert_eq!(summary.as_object().map(serde_json::Map::len), Some(9));
    }

    #[test]
    fn what_is_no_pull_request_is_declined_with_the_reason() {
        let cases = [
            ("{\"action\":\"opened\",\"issue\":{}}", "missing field `pull_request`"),
            ("{\"zen\":\"Keep it logically awesome.\"}", "missing field `action`"),
            ("{\"action\":\"opened\",\"pull_request\":{\"number\":\"7\"}}", "invalid type: string \"7\""),
            ("payload=%7B%7D", "expected value at line 1"),
            ("", "EOF while parsing"),
        ];
        for (body, reason) in cases {
            let stop = summarise(json!({}), body).expect_err(body);

            let Stop::Declined(text) = stop else { panic!("{body}: {stop}") };
            assert!(text.starts_with("not a GitHub pull_request event: "), "{text}");
            assert!(text.contains(reason), "{body}: {text}");
        }
    }

    #[test]
    fn a_style_that_does_not_exist_is_declined_by_name() {
        let stop = summarise(json!({ "style": "long" }), OPENED).expect_err("no such style");

        assert!(stop.reason().contains("unknown variant `long`, expected `short` or `full`"), "{stop}");
    }
}
