//! `hookgate retry`.

use super::client::online;
use super::table::{print_json, text};
use super::{Exit, Retry};

/// Sends deliveries again. Tries all of them, and fails if one was refused.
pub(super) fn run(retry: Retry) -> Result<(), Exit> {
    let Retry { ids, online: access } = retry;
    online(access, async move |gateway| {
        let mut last_refusal = Ok(());
        for id in ids {
            match gateway.post(&format!("/v1/deliveries/{id}/retry")).await {
                Ok(answer) if gateway.json => print_json(&answer),
                Ok(answer) => say!("{id} is due now as {}", text(&answer, "delivery")),
                Err(Exit::Failed(why)) => {
                    eprintln!("{id}: {why}");
                    last_refusal = Err(Exit::Failed("not all of them are sent again".into()));
                }
                Err(other) => return Err(other),
            }
        }
        last_refusal
    })
}
