//! `hookgate check`: every mistake of a configuration, before it rules anything.

use std::path::Path;

use hookgate_server::apply::ApplyError;

use super::Exit;
use crate::app;

/// Checks a file. Looks at components, compiles none.
pub(super) fn run(config: &Path, no_secrets: bool) -> Result<(), Exit> {
    let source = app::config_source(config);
    let checked = source.check(app::inspect, no_secrets).map_err(bad_config)?;
    for warning in checked.warnings(config) {
        eprintln!("{warning}");
    }
    say!("{} is good: revision {}", config.display(), checked.config.topology.revision.short());
    Ok(())
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
