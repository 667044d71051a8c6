//! What `${env:…}` and `${file:…}` stand for: this process' environment and disk.

use hookgate_config::Resolve;

/// Resolves by the process' environment and disk. A trailing line break of a file is not part of its secret.
pub(super) struct FromProcess;

impl Resolve for FromProcess {
    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &str) -> Result<String, String> {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }
}
