//! What Slack's answers mean.
//!
//! docs.slack.dev, "Sending messages using incoming webhooks", "Handling errors", and the changelog of
//! 2016-05-17: a status and one word of text. 200 with `ok` is the only success.

use hookgate_plugin::{Judgement, Response};
use serde::Deserialize;

/// Words that mean that this webhook will never take a message again: another one has to be made.
const GONE: [&str; 7] = [
    "channel_is_archived",
    "no_service",
    "no_service_id",
    "no_active_hooks",
    "no_team",
    "team_disabled",
    "invalid_token",
];

/// Words that mean that Slack has trouble, or too much to do.
const LATER: [&str; 4] = ["rate_limited", "ratelimited", "rollup_error", "service_unavailable"];

/// A word is short; anything longer is a page of somebody between us and Slack.
const WORD_CHARS_MAX: usize = 80;

/// Some of Slack's doors answer in JSON instead.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    error: Option<String>,
}

/// Says what an answer means.
pub(crate) fn judge(response: &Response) -> Judgement {
    let status = response.status();
    let answer = response.as_json::<Answer>();
    let word = match &answer {
        Some(Answer { ok: true, .. }) => "ok".to_owned(),
        Some(Answer { error, .. }) => error.clone().unwrap_or_default(),
        None => response.as_text().trim().chars().take(WORD_CHARS_MAX).collect(),
    };
    let reason = if word.is_empty() {
        format!("Slack answered {status}")
    } else {
        format!("Slack answered {status} {word}")
    };
    let later = Judgement::Retry { after: response.retry_after(), reason: reason.clone() };
    if GONE.contains(&word.as_str()) {
        return Judgement::gone(reason);
    }
    if LATER.contains(&word.as_str()) {
        return later;
    }
    match status {
        200..=299 if word == "ok" => Judgement::delivered(),
        // Words that Slack gives with 200 in JSON are refusals like those with 400.
        200..=299 if answer.is_some() => Judgement::declined(reason),
        // Not Slack's own answer: somebody in between said 200.
        200..=399 | 408 | 425 | 429 | 500..=599 => later,
        410 => Judgement::gone(reason),
        // invalid_payload, channel_not_found, action_prohibited, user_not_found, no_text, …
        _ => Judgement::declined(reason),
    }
}
