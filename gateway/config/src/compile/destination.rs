//! `[destination.NAME]`: a policy, and how the destination is reached.

use std::time::Duration;

use hookgate_core::address::Allowed;
use hookgate_core::limits;
use hookgate_core::scheme::standard;
use hookgate_core::topology::{Destination, HttpTarget, Signing};
use hookgate_core::word::Kind;

use super::Compiler;
use super::secret::variable_of;
use crate::at::At;
use crate::codes;
use crate::file::{DestinationTable, Form, HttpTable, SignTable};

/// Compiles every destination; those with a mistake are left out.
pub(super) fn destinations(compiler: &mut Compiler<'_>, allowed: &Allowed) -> Vec<Destination> {
    let file = compiler.file;
    file.destinations
        .iter()
        .filter_map(|named| {
            let slug = compiler.slug(Kind::Destination, &named.name);
            let table = named.table.as_ref()?;
            let timeout = timeout(compiler, table);
            let concurrency = concurrency(compiler, table);
            let retry = compiler.retry(named.name.text(), table.retry.as_ref());
            let http = target(compiler, &named.name, table.http.as_ref(), allowed)?;
            let (name, id) = slug?;
            Some(Destination { scope: compiler.scope, id, name, retry: retry?, timeout, concurrency, http })
        })
        .collect()
}

fn timeout(compiler: &mut Compiler<'_>, table: &DestinationTable) -> Duration {
    let bounds = Duration::from_millis(1)..=limits::SEND_TIMEOUT_MAX;
    table.timeout.as_ref().and_then(|at| compiler.duration(at, bounds)).unwrap_or(limits::SEND_TIMEOUT)
}

fn concurrency(compiler: &mut Compiler<'_>, table: &DestinationTable) -> u32 {
    let bounds = 1..=limits::DESTINATION_CONCURRENCY_MAX;
    table
        .concurrency
        .as_ref()
        .and_then(|at| compiler.count(at, bounds))
        .unwrap_or(limits::DESTINATION_CONCURRENCY)
}

fn target(
    compiler: &mut Compiler<'_>,
    name: &At<String>,
    http: Option<&Form<HttpTable>>,
    allowed: &Allowed,
) -> Option<HttpTarget> {
    let Some(http) = http else {
        if !compiler.file.loss.may_hide("destination", name.text()) {
            let message = format!("destination \"{}\" does not say how it is reached", name.text());
            let help = format!("add [destination.{}.http] with its `endpoint`", name.text());
            compiler.add(codes::NO_KIND, &name.span, message, help);
        }
        return None;
    };
    let headers = compiler.headers(http.headers.as_ref());
    let signing = signing(compiler, name, http.sign.as_ref());
    let endpoint = compiler.endpoint(&http.endpoint, allowed);
    Some(HttpTarget { endpoint: endpoint?, headers, signing })
}

fn signing(compiler: &mut Compiler<'_>, name: &At<String>, sign: Option<&At<Form<SignTable>>>) -> Signing {
    let Some(sign) = sign else { return Signing::None };
    match &sign.value.standard_webhooks {
        Some(table) => {
            let variable = variable_of(name.text(), "SECRET");
            Signing::StandardWebhooks { secrets: compiler.keys(&table.secrets, &variable, standard::key) }
        }
        None => {
            if !compiler.file.loss.may_hide("destination", name.text()) {
                let help = "add `standard_webhooks = { secrets = […] }`, or leave `sign` out";
                compiler.add(codes::MISSING_KEY, &sign.span, "no way to sign is named", help);
            }
            Signing::None
        }
    }
}
