//! The application: wires the rooms together, starts them, and stops them in order.

mod clock;
mod logging;
mod references;
mod signals;
mod start;

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use hookgate_core::plugin::Facts;
use hookgate_server::apply::{ApplyError, Checked, ConfigSource, Shelf};

pub(crate) use logging::{LogFormat, log_guests};

use crate::cli::{Exit, Serve};

/// Runs the gateway until a signal ends it.
pub(crate) fn serve(serve: Serve) -> Result<(), Exit> {
    logging::start(serve.log);
    install_crypto();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Exit::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(start::run(&serve.config))
}

/// Chooses the one crypto provider of the process.
pub(crate) fn install_crypto() {
    // A second call finds the same provider installed, which is what it is for.
    let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Returns where a configuration comes from: its file and this process' environment.
pub(crate) fn config_source(path: &Path) -> ConfigSource {
    ConfigSource { path: path.to_owned(), resolve: Arc::new(references::FromProcess) }
}

/// Returns the plugins inside this binary, by name.
pub(crate) fn embedded() -> Vec<(String, Bytes)> {
    hookgate_connectors::EMBEDDED
        .iter()
        .map(|plugin| (plugin.name.to_owned(), Bytes::from_static(plugin.component)))
        .collect()
}

/// Checks a file as far as it can be without a store.
pub(crate) fn check(source: &ConfigSource, skip_secrets: bool) -> Result<Checked, ApplyError> {
    source.check(source.read()?, &Shelf::shipped(embedded()), inspect, skip_secrets)
}

/// Reads what a component is.
pub(crate) fn inspect(component: &[u8]) -> Result<Facts, String> {
    hookgate_host::inspect(component).map_err(|refused| refused.to_string())
}
