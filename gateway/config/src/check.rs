//! The way in: text to a file, and text to a compiled configuration with every mistake at once.

use hookgate_core::plugin::Facts;

use crate::catalogue::{Catalogue, ComponentRef, Unknown};
use crate::compile::{self, Config};
use crate::diagnostic::Diagnostic;
use crate::file::File;
use crate::reference::Secrets;
use crate::report::Report;

/// Reads a configuration's syntax and shape.
///
/// # Errors
/// Returns the first syntax error of each statement and the first mistake of shape of each table.
pub fn read(text: &str) -> Result<File, Vec<Diagnostic>> {
    let mut report = Report::default();
    let file = crate::read::read(text, &mut report);
    report.finish().map(|_| file)
}

/// Returns the components that a text names, as far as it reads.
pub fn components(text: &str) -> Vec<ComponentRef> {
    crate::read::read(text, &mut Report::default()).components()
}

/// Reads and compiles a configuration. `inspect` reads a component that the file names, or says
/// why it cannot; each is asked for once. Of one that is elsewhere there is a warning, and what uses it is
/// not in the topology.
///
/// # Errors
/// Returns every mistake of syntax, shape and meaning, sorted by place, 50 at most. After a syntax
/// error nothing is said about names, because the table that bears one may be what did not read.
pub fn check(
    text: &str,
    inspect: impl Fn(&ComponentRef) -> Result<Facts, Unknown>,
    secrets: Secrets<'_>,
) -> Result<Config, Vec<Diagnostic>> {
    let mut report = Report::default();
    let file = crate::read::read(text, &mut report);
    let mut catalogue = Catalogue::default();
    for component in file.components() {
        let found = inspect(&component);
        catalogue.insert(component.component, found);
    }
    compile::compile(&file, report, &catalogue, secrets)
}
