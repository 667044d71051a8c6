//! `hookgate deliveries`.

use serde_json::Value;

use super::client::{Gateway, online};
use super::table::{print, print_json, print_more, print_pairs, rows, text};
use super::{Deliveries, Exit};

/// Lists deliveries, or shows one with its attempts.
pub(super) fn run(mut deliveries: Deliveries) -> Result<(), Exit> {
    let id = deliveries.id.take();
    let Deliveries { event, which, state, limit, online: access, .. } = deliveries;
    online(access, async move |gateway| match id {
        Some(id) => show(&gateway, &id).await,
        None => {
            let limit = limit.to_string();
            let own =
                [("event", event.as_deref()), ("state", state.as_deref()), ("limit", Some(limit.as_str()))];
            list(&gateway, &[&own[..], &which.query()[..]].concat()).await
        }
    })
}

async fn list(gateway: &Gateway, query: &[(&str, Option<&str>)]) -> Result<(), Exit> {
    let answer = gateway.get("/v1/deliveries", query).await?;
    if gateway.json {
        print_json(&answer);
        return Ok(());
    }
    let row = |delivery: &Value| {
        let mut row =
            ["id", "event", "destination", "state", "attempts"].map(|field| text(delivery, field)).to_vec();
        row.push(text(delivery, "due_at"));
        row.push(text(&delivery["last_attempt"], "outcome"));
        row.push(why(delivery));
        row
    };
    let headings = ["delivery", "event", "destination", "state", "attempts", "next", "last", "why"];
    print(&headings, rows(&answer).map(row).collect());
    print_more(&answer);
    Ok(())
}

/// The reason of a dead letter, and what the last attempt said.
fn why(delivery: &Value) -> String {
    let parts = [text(delivery, "reason"), text(&delivery["last_attempt"], "detail")];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    parts.join(": ")
}

async fn show(gateway: &Gateway, id: &str) -> Result<(), Exit> {
    let mut delivery = gateway.get(&format!("/v1/deliveries/{id}"), &[]).await?;
    let attempts = gateway.get(&format!("/v1/deliveries/{id}/attempts"), &[]).await?;
    if gateway.json {
        delivery["attempt_list"] = attempts["data"].clone();
        print_json(&delivery);
        return Ok(());
    }
    let fields = [
        "id",
        "message",
        "event",
        "event_type",
        "route",
        "destination",
        "state",
        "reason",
        "attempts",
        "due_at",
        "finished_at",
        "replay_of",
        "resolved_by",
    ];
    print_pairs(&fields.map(|field| (field, text(&delivery, field))));
    for (nth, attempt) in rows(&attempts).enumerate() {
        say!("\nattempt {}", nth + 1);
        print_attempt(attempt);
    }
    Ok(())
}

fn print_attempt(attempt: &Value) {
    let fields = ["id", "started_at", "took_ms", "outcome", "status", "detail"];
    print_pairs(&fields.map(|field| (field, text(attempt, field))));
    for plugin in attempt["made_by"].as_array().into_iter().flatten() {
        say!("made by {}", plugin.as_str().unwrap_or_default());
    }
    for (name, part) in [("sent", &attempt["request"]), ("answered", &attempt["response"])] {
        if part.is_null() {
            continue;
        }
        say!("{name}: {} {}", text(part, "method"), text(part, "url"));
        for header in part["headers"].as_array().into_iter().flatten() {
            say!("  {}: {}", header[0].as_str().unwrap_or_default(), header[1].as_str().unwrap_or_default());
        }
        let body = text(part, "body");
        let body = if body.is_empty() { text(part, "body_base64") } else { body };
        if !body.is_empty() {
            say!("\n  {}\n", body.replace('\n', "\n  "));
        }
    }
}
