//! The third pass: what the file means. Every part is compiled as far as it goes, so that all mistakes
//! are found in one run; a configuration comes out only if there is none.

mod authenticator;
mod credential;
mod destination;
mod endpoint;
mod grant;
mod headers;
mod names;
mod plugin;
mod plugin_config;
mod retry;
mod route;
mod scalar;
mod scheme;
mod secret;
mod settings;
mod signing;
mod source;
mod target;

use std::collections::BTreeMap;
use std::ops::Range;

use hookgate_core::filter::FilterError;
use hookgate_core::template::TemplateError;
use hookgate_core::topology::{Topology, TopologyParts};
use hookgate_core::word::{Digest, Kind, NameId, Scope, ScopeId, Slug};

use crate::at::At;
use crate::catalogue::{Catalogue, Component};
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::File;
use crate::reference::Secrets;
use crate::report::Report;
use crate::settings::Settings;
use crate::string_offset::in_file;

/// A configuration that checks.
#[derive(Debug)]
pub struct Config {
    /// What the process runs by.
    pub settings: Settings,
    /// What events go through.
    pub topology: Topology,
    /// Where the component of each of its plugins comes from.
    pub components: BTreeMap<Slug, Component>,
    /// What somebody should look at, sorted by place.
    pub warnings: Vec<Diagnostic>,
}

/// What every part of the pass looks at and writes to.
struct Compiler<'a> {
    file: &'a File,
    catalogue: &'a Catalogue,
    secrets: Secrets<'a>,
    scope: ScopeId,
    report: Report,
}

/// Compiles a file; `report` holds the mistakes of the passes before.
pub(crate) fn compile(
    file: &File,
    report: Report,
    catalogue: &Catalogue,
    secrets: Secrets<'_>,
) -> Result<Config, Vec<Diagnostic>> {
    let scope = Scope::default_scope().id();
    let mut compiler = Compiler { file, catalogue, secrets, scope, report };
    let settings = settings::settings(&mut compiler);
    let mut plugins = plugin::Plugins::declared(&mut compiler);
    let destinations = destination::destinations(&mut compiler, &mut plugins, &settings.egress);
    let sources = source::sources(&mut compiler, &mut plugins);
    let routes = route::routes(&mut compiler, &mut plugins);
    names::check(&mut compiler);
    let warnings = compiler.report.finish()?;
    let plugins = plugins.into_parts();
    let components =
        plugins.iter().map(|(plugin, component)| (plugin.name.clone(), component.clone())).collect();
    let plugins = plugins.into_iter().map(|(plugin, _)| plugin).collect();
    let parts = TopologyParts { sources, routes, destinations, plugins };
    let topology = Topology::new(scope, Digest::of(file.text.as_bytes()), parts);
    Ok(Config { settings, topology, components, warnings })
}

/// Returns the help for a name that nothing resembles: the table to add, if the name can have one.
fn proposal(name: &str, kind: &str, with: &str) -> String {
    match Slug::parse(name) {
        Ok(slug) => format!("add [{kind}.{slug}] {with}"),
        Err(error) => error.to_string(),
    }
}

impl Compiler<'_> {
    /// Notes a mistake.
    fn add(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.report.add(code, span, message, help);
    }

    /// Returns a name as a slug with its integer, or notes why it is none.
    fn slug(&mut self, kind: Kind, name: &At<String>) -> Option<(Slug, NameId)> {
        match Slug::parse(name.text()) {
            Ok(slug) => {
                let id = NameId::of(self.scope, kind, &slug);
                Some((slug, id))
            }
            Err(error) => {
                let help = format!("call the {} something like \"my-{0}-1\"", kind.word());
                self.add(codes::BAD_NAME, &name.span, error.to_string(), help);
                None
            }
        }
    }

    /// Returns the integer of a name that a route uses; of a name that is no slug there is none.
    fn id_of(&self, kind: Kind, name: &str) -> Option<NameId> {
        Slug::parse(name).ok().map(|slug| NameId::of(self.scope, kind, &slug))
    }

    /// Notes what is wrong in a template, at its place inside the text.
    fn template_error(&mut self, template: &At<String>, error: TemplateError) {
        let begin = in_file(&self.file.text, &template.span, error.at);
        let rest = self.file.text.get(begin..template.span.end).unwrap_or_default();
        let len = match rest.strip_prefix('{').and_then(|inside| inside.find('}')) {
            Some(end) => end + 2,
            None => rest.chars().next().map_or(0, char::len_utf8),
        };
        self.add(codes::BAD_TEMPLATE, &(begin..begin + len), error.why, error.help);
    }

    /// Notes what is wrong in a filter, from its place inside the text to the text's end.
    fn filter_error(&mut self, filter: &At<String>, error: FilterError) {
        let begin = in_file(&self.file.text, &filter.span, error.at);
        let end = in_file(&self.file.text, &filter.span, filter.text().len());
        self.add(codes::BAD_FILTER, &(begin..end.max(begin)), error.why, error.help);
    }
}
