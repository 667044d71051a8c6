//! How a destination is reached: by a request that the file describes, or by a connector.

use hookgate_core::address::Allowed;
use hookgate_core::plugin::Role;
use hookgate_core::topology::{Auth, ConnectorTarget, HttpTarget, HttpVersion, Signing, Target};
use http::Method;

use super::Compiler;
use super::endpoint::Filled;
use super::plugin::Plugins;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{ConnectorTable, DestinationTable, Form, HttpTable};
use crate::shape;

/// Methods that deliver something.
const METHODS: [Method; 5] = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::GET];

/// How a destination is reached, and what goes along.
pub(super) struct Reached {
    pub(super) target: Target,
    pub(super) auth: Auth,
    pub(super) signing: Signing,
}

/// Compiles the one table that says how a destination is reached.
pub(super) fn target(
    compiler: &mut Compiler<'_>,
    plugins: &mut Plugins,
    name: &At<String>,
    table: &DestinationTable,
    allowed: &Allowed,
) -> Option<Reached> {
    match (&table.http, &table.connector) {
        (Some(http), connector) => {
            if let Some(connector) = connector {
                let message = format!("destination \"{}\" is reached by `http` already", name.text());
                let help = "keep one; what goes two ways are two destinations";
                let diagnostic = Diagnostic::new(codes::TWO_KINDS, connector.span.clone(), message, help);
                compiler.report.push(diagnostic.with(http.span.clone(), "the first one is here"));
            }
            by_http(compiler, name, &http.value, allowed)
        }
        (None, Some(connector)) => by_connector(compiler, plugins, name, &connector.value, allowed),
        (None, None) => {
            if !compiler.file.loss.may_hide("destination", name.text()) {
                let message = format!("destination \"{}\" does not say how it is reached", name.text());
                let help = format!("add [destination.{}.http] with its `endpoint`", name.text());
                compiler.add(codes::NO_KIND, &name.span, message, help);
            }
            None
        }
    }
}

fn by_http(
    compiler: &mut Compiler<'_>,
    name: &At<String>,
    http: &Form<HttpTable>,
    allowed: &Allowed,
) -> Option<Reached> {
    let headers = compiler.headers(http.headers.as_ref());
    let method = http.method.as_ref().and_then(|at| method(compiler, at)).unwrap_or(Method::POST);
    let version = http.version.as_ref().map(|at| version(compiler, at)).unwrap_or_default();
    let auth = compiler.auth(name, http.auth.as_ref());
    let signing = compiler.signing(name, http.sign.as_ref());
    let endpoint = compiler.endpoint(&http.endpoint, Filled::ByEvents, allowed);
    let target = Target::Http(HttpTarget { endpoint: endpoint?, method, headers, version });
    Some(Reached { target, auth: auth?, signing: signing? })
}

fn by_connector(
    compiler: &mut Compiler<'_>,
    plugins: &mut Plugins,
    name: &At<String>,
    table: &Form<ConnectorTable>,
    allowed: &Allowed,
) -> Option<Reached> {
    let auth = compiler.auth(name, table.auth.as_ref());
    let signing = compiler.signing(name, table.sign.as_ref());
    let endpoint = compiler.endpoint(&table.endpoint, Filled::Never, allowed);
    let stage = plugins.stage(compiler, &table.plugin, table.config.as_ref(), Role::ConnectOut)?;
    let target = ConnectorTarget { plugin: stage.plugin, config: stage.config, endpoint: endpoint? };
    Some(Reached { target: Target::Connector(target), auth: auth?, signing: signing? })
}

fn method(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<Method> {
    let found = METHODS.into_iter().find(|method| method.as_str() == at.text());
    if found.is_none() {
        let known = METHODS.each_ref().map(Method::as_str);
        compiler.report.push(shape::unknown_value(at.text(), &known, at.span.clone()));
    }
    found
}

fn version(compiler: &mut Compiler<'_>, at: &At<String>) -> HttpVersion {
    if at.text() == "2" {
        return HttpVersion::Two;
    }
    compiler.report.push(shape::unknown_value(at.text(), &["2"], at.span.clone()));
    HttpVersion::Agreed
}
