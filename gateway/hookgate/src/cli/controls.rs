//! `hookgate controls`, `hookgate pause` and `hookgate resume`.

use super::client::online;
use super::table::{print, print_json, rows, text};
use super::{Exit, Online, Pause, Resume};

/// Lists what is held, and why.
pub(super) fn list(access: Online) -> Result<(), Exit> {
    online(access, async move |gateway| {
        let answer = gateway.get("/v1/controls", &[]).await?;
        if gateway.json {
            print_json(&answer);
            return Ok(());
        }
        let fields = ["kind", "name", "fact", "since", "until", "actor", "reason"];
        let row = |control| fields.map(|field| text(control, field)).to_vec();
        print(&fields, rows(&answer).map(row).collect());
        Ok(())
    })
}

/// Holds a destination's deliveries until it is resumed.
pub(super) fn pause(pause: Pause) -> Result<(), Exit> {
    let Pause { destination, reason, online: access } = pause;
    online(access, async move |gateway| {
        let path = format!("/v1/destinations/{destination}/pause");
        let answer = gateway.post(&path, &[("reason", reason.as_deref())]).await?;
        if gateway.json {
            print_json(&answer);
        } else {
            say!(
                "{destination} is paused: what comes for it waits; `hookgate resume {destination}` lets it go on"
            );
        }
        Ok(())
    })
}

/// Lifts whatever holds a destination or a plugin.
pub(super) fn resume(resume: Resume) -> Result<(), Exit> {
    let Resume { name, plugin, online: access } = resume;
    online(access, async move |gateway| {
        let kind = if plugin { "plugins" } else { "destinations" };
        let answer = gateway.post(&format!("/v1/{kind}/{name}/resume"), &[]).await?;
        let lifted: Vec<&str> =
            answer["lifted"].as_array().into_iter().flatten().filter_map(|fact| fact.as_str()).collect();
        if gateway.json {
            print_json(&answer);
        } else if lifted.is_empty() {
            say!("nothing held {name}");
        } else {
            say!("{name} goes on: it was {}", lifted.join(" and "));
        }
        Ok(())
    })
}
