//! `hookgate init`: a commented configuration to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::Exit;

/// The starter file. A test checks it and lets an event through it.
const STARTER: &str = include_str!("init.toml");

/// Writes the starter file where none is.
pub(super) fn run(path: &Path) -> Result<(), Exit> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(|error| {
        Exit::Failed(if error.kind() == ErrorKind::AlreadyExists {
            format!("{} is there already and stays as it is; name another file", path.display())
        } else {
            format!("{} cannot be written: {error}", path.display())
        })
    })?;
    file.write_all(STARTER.as_bytes())
        .map_err(|error| Exit::Failed(format!("{} cannot be written: {error}", path.display())))?;
    let shown = path.display();
    say!("{shown} is written. It takes events from anybody at /in/hello and sends them to 127.0.0.1:9000.");
    say!("");
    say!("  hookgate check --config {shown}");
    say!("  hookgate serve --config {shown}");
    say!("  curl -d '{{\"action\":\"opened\",\"number\":1}}' http://127.0.0.1:8080/in/hello");
    say!("  hookgate events");
    Ok(())
}
