//! `hookgate events`.

use super::client::{Gateway, online};
use super::table::{print, print_json, print_more, print_pairs, rows, text};
use super::{Events, Exit};

/// Lists events, or shows one.
pub(super) fn run(events: Events) -> Result<(), Exit> {
    let Events { id, why, source, event_type, limit, online: access } = events;
    online(access, async move |gateway| match id {
        Some(id) if why => explain(&gateway, &id).await,
        Some(id) => show(&gateway, &id).await,
        None => list(&gateway, source, event_type, limit).await,
    })
}

async fn list(
    gateway: &Gateway,
    source: Option<String>,
    event_type: Option<String>,
    limit: u32,
) -> Result<(), Exit> {
    let limit = limit.to_string();
    let query =
        [("source", source.as_deref()), ("type", event_type.as_deref()), ("limit", Some(limit.as_str()))];
    let answer = gateway.get("/v1/events", &query).await?;
    if gateway.json {
        print_json(&answer);
        return Ok(());
    }
    let row = |event| {
        ["id", "received_at", "source", "type", "deliveries", "duplicates", "body_bytes"]
            .map(|field| text(event, field))
            .to_vec()
    };
    print(
        &["event", "received", "source", "type", "deliveries", "duplicates", "bytes"],
        rows(&answer).map(row).collect(),
    );
    print_more(&answer);
    Ok(())
}

async fn explain(gateway: &Gateway, id: &str) -> Result<(), Exit> {
    let answer = gateway.get(&format!("/v1/events/{id}/routes"), &[]).await?;
    if gateway.json {
        print_json(&answer);
        return Ok(());
    }
    let mut none = true;
    for route in rows(&answer) {
        none = false;
        let takes = route["takes"].as_bool().unwrap_or(false);
        say!("{} {}: {}", if takes { "+" } else { "-" }, text(route, "route"), text(route, "because"));
        for unmet in route["unmet"].as_array().into_iter().flatten() {
            let found = unmet["found"].as_str().unwrap_or("nothing there");
            say!("    {}   found: {found}", text(unmet, "wanted"));
        }
    }
    if none {
        say!("no route takes events of this source");
    }
    Ok(())
}

async fn show(gateway: &Gateway, id: &str) -> Result<(), Exit> {
    let event = gateway.get(&format!("/v1/events/{id}"), &[]).await?;
    let deliveries = gateway.get("/v1/deliveries", &[("event", Some(id))]).await?;
    if gateway.json {
        print_json(&event);
        return Ok(());
    }
    let fields = ["id", "source", "type", "received_at", "duplicates", "revision"];
    print_pairs(&fields.map(|field| (field, text(&event, field))));
    for header in event["headers"].as_array().into_iter().flatten() {
        say!("  {}: {}", header[0].as_str().unwrap_or_default(), header[1].as_str().unwrap_or_default());
    }
    let body = text(&event, "body");
    say!("\n{}", if body.is_empty() { text(&event, "body_base64") } else { body });
    say!("");
    let row = |delivery| {
        ["id", "destination", "route", "state", "attempts"].map(|field| text(delivery, field)).to_vec()
    };
    print(&["delivery", "destination", "route", "state", "attempts"], rows(&deliveries).map(row).collect());
    Ok(())
}
