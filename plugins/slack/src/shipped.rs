//! The templates that ship with the plugin.

use hookgate_plugin::Stop;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Payload;
use crate::template::Parts;
use crate::text::{cut, escape};

/// A body that is shown as it is leaves room for the fence around it.
const SHOWN_CHARS_MAX: usize = 2900;

/// Fills in a shipped template.
pub(crate) fn named(name: &str, parts: &Parts<'_>) -> Result<Payload, Stop> {
    let message = match name {
        "message" => message(parts),
        "pull-request" => pull_request(parts)?,
        _ => {
            return Err(Stop::declined(format!(
                "no template \"{name}\"; there are: message, pull-request, or give Block Kit"
            )));
        }
    };
    match message {
        Value::Object(payload) => Ok(payload),
        _ => Err(Stop::declined("a shipped template makes no table")),
    }
}

/// Any event: its `text` if it has one (and its `title`), else the body as it is.
fn message(parts: &Parts<'_>) -> Value {
    let field = |name: &str| parts.body().and_then(|body| body.get(name)).and_then(Value::as_str);
    let event_type = parts.event().event_type();
    let title = field("title").unwrap_or(&event_type);
    let text = match field("text") {
        Some(text) if !text.trim().is_empty() => escape(text),
        Some(_) | None => fenced(parts),
    };
    let mut blocks = Vec::new();
    if !title.trim().is_empty() {
        blocks.push(header(title));
    }
    blocks.push(section(&text));
    json!({ "text": text, "blocks": blocks })
}

fn fenced(parts: &Parts<'_>) -> String {
    let body = match parts.body() {
        Some(json) => serde_json::to_string_pretty(json).unwrap_or_default(),
        None => String::from_utf8_lossy(&parts.event().body()).into_owned(),
    };
    // A fence inside would end ours.
    let body = body.replace("```", "'''");
    format!("```{}```", cut(&escape(if body.is_empty() { "(no body)" } else { &body }), SHOWN_CHARS_MAX))
}

/// GitHub's webhook event `pull_request`, as far as the message needs it.
#[derive(Deserialize)]
struct Payloaded {
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
    #[serde(default)]
    merged: bool,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    additions: u64,
    #[serde(default)]
    deletions: u64,
    head: Option<Branch>,
    base: Option<Branch>,
}

#[derive(Deserialize)]
struct Branch {
    #[serde(rename = "ref")]
    name: String,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

/// A pull request: who did what to it, where, and how large it is.
fn pull_request(parts: &Parts<'_>) -> Result<Value, Stop> {
    let payload = parts.event().json::<Payloaded>().map_err(|stop| {
        let why = "the template \"pull-request\" is for GitHub's pull_request events as they come";
        Stop::declined(format!("{why}: {}", stop.reason()))
    })?;
    let request = &payload.pull_request;
    let actor = payload.sender.as_ref().map_or(&request.user.login, |sender| &sender.login);
    let verb = match payload.action.as_str() {
        "closed" if request.merged => "merged",
        action => action,
    };
    let verb = verb.replace('_', " ");
    let repository = &payload.repository.full_name;
    let line = format!("{actor} {verb} #{} in {repository}", request.number);
    let size = format!("+{} −{}", request.additions, request.deletions);
    let mut fields = vec![field("Repository", repository), field("Size", &size)];
    if let (Some(head), Some(base)) = (&request.head, &request.base) {
        fields.push(field("Branches", &format!("{} → {}", head.name, base.name)));
    }
    if request.draft {
        fields.push(field("State", "draft"));
    }
    let link = format!("<{}|#{} {}>", escape(&request.html_url), request.number, escape(&request.title));
    let said = format!("*{}* {} {link}", escape(actor), escape(&verb));
    let mut with_fields = section(&said);
    with_fields["fields"] = fields.into();
    Ok(json!({
        "text": escape(&format!("{line}: {}", request.title)),
        "blocks": [header(&request.title), with_fields],
    }))
}

fn header(text: &str) -> Value {
    json!({ "type": "header", "text": { "type": "plain_text", "text": escape(text), "emoji": true } })
}

fn section(escaped: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": escaped } })
}

fn field(name: &str, value: &str) -> Value {
    json!({ "type": "mrkdwn", "text": format!("*{name}*\n{}", escape(value)) })
}
