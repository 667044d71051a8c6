//! What the stories share: parts of configurations, and what the admin API says of deliveries.

use std::time::Duration;

use hookgate_tests::{Admin, Gateway, eventually};
use serde_json::Value;

/// Something that takes milliseconds has happened by then, even beside a compiler.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// A destination that is signed for. `policy` are its own keys, such as `retry`.
pub(crate) fn destination(name: &str, endpoint: &str, policy: &str) -> String {
    format!(
        "[destination.{name}]\n{policy}\n[destination.{name}.http]\nendpoint = \"{endpoint}\"\n\
         sign.standard_webhooks = {{ secrets = [\"${{env:RECEIVER_SECRET}}\"] }}\n\n"
    )
}

/// A route from the source `github`.
pub(crate) fn route(name: &str, types: &str, to: &str, rest: &str) -> String {
    format!("[route.{name}]\nsource = \"github\"\ntypes = [\"{types}\"]\nto = [\"{to}\"]\n{rest}\n\n")
}

/// Waits until the one delivery of an event to a destination is in a state, and returns it.
pub(crate) async fn delivery(
    gateway: &Gateway,
    event: &str,
    destination: &str,
    state: &str,
    limit: Duration,
) -> Value {
    let admin = gateway.admin();
    let path = format!("/v1/deliveries?event={event}&destination={destination}");
    let what = format!("the delivery of {event} to {destination} is {state}");
    eventually(&what, limit, async || {
        let mut rows = admin.all(&path).await;
        rows.retain(|row| row["resolved_by"].is_null());
        assert_eq!(rows.len(), 1, "{path}: {rows:?}");
        rows.pop().filter(|row| row["state"] == state)
    })
    .await
}

/// Waits until no delivery is live any more.
pub(crate) async fn all_ended(admin: &Admin, limit: Duration) {
    eventually("no delivery is live any more", limit, async || {
        for state in ["pending", "held", "in_flight"] {
            let live = admin.read(&format!("/v1/deliveries?state={state}&limit=1")).await;
            if live["data"].as_array().is_none_or(|rows| !rows.is_empty()) {
                return None;
            }
        }
        Some(())
    })
    .await;
}

/// Returns a field as text; empty where it is none.
pub(crate) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}
