//! `hookgate reload`.

use super::Exit;
use super::client::Gateway;
use super::table::{print_json, text};

/// Lets a running gateway read its configuration again.
pub(super) async fn run(gateway: Gateway) -> Result<(), Exit> {
    let answer = gateway.post("/v1/config/reload", &[]).await?;
    if gateway.json {
        print_json(&answer);
        return Ok(());
    }
    for warning in answer["warnings"].as_array().into_iter().flatten() {
        eprintln!("{}", warning.as_str().unwrap_or_default());
    }
    let revision: String = text(&answer, "revision").chars().take(12).collect();
    let word = if answer["changed"] == true { "applied" } else { "unchanged" };
    say!("{word}: revision {revision}");
    Ok(())
}
