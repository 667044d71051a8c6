//! `hookgate check`: every mistake of a configuration, before it rules anything.

use bytes::Bytes;
use hookgate_server::apply::ApplyError;
use reqwest::Method;

use super::client::online;
use super::table::print_json;
use super::{Check, Exit};
use crate::app;

/// Checks a file. Looks at components, compiles none.
pub(super) fn run(check: Check) -> Result<(), Exit> {
    if check.online {
        return by_gateway(check);
    }
    let Check { config, no_secrets, .. } = check;
    let source = app::config_source(&config);
    let checked = app::check(&source, no_secrets).map_err(bad_config)?;
    for warning in checked.warnings(&config) {
        eprintln!("{warning}");
    }
    say!("{} is good: revision {}", config.display(), checked.config.topology.revision.short());
    Ok(())
}

/// Has a text checked by the gateway that it is for. Files that it names are those beside the gateway's own.
fn by_gateway(check: Check) -> Result<(), Exit> {
    let Check { config, access, .. } = check;
    let text = app::config_source(&config).read().map_err(bad_config)?;
    online(access, async move |gateway| {
        let body = ("application/toml", Bytes::from(text));
        let answer = gateway.send(Method::POST, "/v1/config/check", &[], Some(body)).await?;
        if gateway.json {
            print_json(&answer);
            return Ok(());
        }
        for warning in answer["warnings"].as_array().into_iter().flatten() {
            eprintln!("{}", warning.as_str().unwrap_or_default());
        }
        say!("{} is good", config.display());
        Ok(())
    })
}

/// Renders all mistakes.
pub(crate) fn bad_config(error: ApplyError) -> Exit {
    match &error {
        ApplyError::Mistakes { mistakes, .. } => {
            let all: Vec<&str> = mistakes.iter().map(|mistake| mistake.text.as_str()).collect();
            Exit::BadConfig(format!("{}\n{error}", all.join("\n")))
        }
        ApplyError::Unreadable { .. } | ApplyError::NeedsRestart(_) => Exit::BadConfig(error.to_string()),
        ApplyError::Store(_) => Exit::Failed(error.to_string()),
    }
}
