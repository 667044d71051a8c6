//! `hookgate retry`.

use super::client::{Gateway, online};
use super::table::{print_json, text};
use super::{Exit, Retry, Which};

/// Sends deliveries again, by their ids or by what they are.
pub(super) fn run(retry: Retry) -> Result<(), Exit> {
    let Retry { ids, all, which, online: access } = retry;
    if ids.is_empty() && !all && which.is_empty() {
        return Err(Exit::Failed(
            "name deliveries, give a filter, or say --all for every dead letter".into(),
        ));
    }
    if !ids.is_empty() && !which.is_empty() {
        return Err(Exit::Failed("name deliveries or give a filter, not both".into()));
    }
    online(access, async move |gateway| {
        if ids.is_empty() { by_filter(&gateway, &which).await } else { by_id(&gateway, ids).await }
    })
}

/// Tries all of them, and fails if one was refused.
async fn by_id(gateway: &Gateway, ids: Vec<String>) -> Result<(), Exit> {
    let mut last_refusal = Ok(());
    for id in ids {
        match gateway.post(&format!("/v1/deliveries/{id}/retry"), &[]).await {
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
}

/// Goes on until nothing is left that the filter fits: the API takes a bounded number at a time.
async fn by_filter(gateway: &Gateway, which: &Which) -> Result<(), Exit> {
    let mut retried = 0;
    let mut cursor: Option<String> = None;
    loop {
        let own = [("all", Some("true")), ("cursor", cursor.as_deref())];
        let answer = gateway.post("/v1/deliveries/retry", &[&own[..], &which.query()[..]].concat()).await?;
        retried += answer["retried"].as_u64().unwrap_or(0);
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    if gateway.json {
        print_json(&serde_json::json!({ "retried": retried }));
    } else {
        say!("{retried} dead letter{} due now", if retried == 1 { " is" } else { "s are" });
    }
    Ok(())
}
