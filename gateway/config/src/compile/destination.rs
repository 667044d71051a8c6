//! `[destination.NAME]`: a policy, and how the destination is reached.

use std::num::NonZeroU32;
use std::time::Duration;

use hookgate_core::address::Allowed;
use hookgate_core::breaker::BreakerPolicy;
use hookgate_core::limits;
use hookgate_core::topology::{Destination, Keep};
use hookgate_core::word::Kind;

use super::Compiler;
use super::plugin::Plugins;
use super::target;
use crate::file::DestinationTable;
use crate::shape;

/// What a breaker does where its table does not say: ten failures in a row are no accident, and half a
/// minute is what a restart takes.
const BREAKER_FAILURES: NonZeroU32 = NonZeroU32::new(10).expect("10 is not 0");
const BREAKER_OPEN: Duration = Duration::from_secs(30);

/// Words of `keep`.
const KEEPS: [(&str, Keep); 3] = [("all", Keep::All), ("failed", Keep::Failed), ("none", Keep::Nothing)];

/// Compiles every destination; those with a mistake are left out.
pub(super) fn destinations(
    compiler: &mut Compiler<'_>,
    plugins: &mut Plugins,
    allowed: &Allowed,
) -> Vec<Destination> {
    let file = compiler.file;
    file.destinations
        .iter()
        .filter_map(|named| {
            let slug = compiler.slug(Kind::Destination, &named.name);
            let table = named.table.as_ref()?;
            let timeout = timeout(compiler, table);
            let concurrency = concurrency(compiler, table);
            let retry = compiler.retry(named.name.text(), table.retry.as_ref());
            let rate = compiler.rate(table.rate.as_ref(), table.burst.as_ref());
            let breaker = breaker(compiler, table);
            let keep = keep(compiler, table);
            let reached = target::target(compiler, plugins, &named.name, table, allowed)?;
            let (name, id) = slug?;
            Some(Destination {
                scope: compiler.scope,
                id,
                name,
                retry: retry?,
                timeout,
                concurrency,
                rate,
                breaker,
                keep,
                target: reached.target,
                auth: reached.auth,
                signing: reached.signing,
            })
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

fn breaker(compiler: &mut Compiler<'_>, table: &DestinationTable) -> Option<BreakerPolicy> {
    let table = table.breaker.as_ref()?;
    let failures =
        table.failures.as_ref().and_then(|at| compiler.count(at, 1..=limits::BREAKER_FAILURES_MAX));
    let bounds = Duration::from_millis(1)..=limits::BREAKER_OPEN_MAX;
    let open = table.open.as_ref().and_then(|at| compiler.duration(at, bounds));
    Some(BreakerPolicy {
        failures: failures.and_then(NonZeroU32::new).unwrap_or(BREAKER_FAILURES),
        open: open.unwrap_or(BREAKER_OPEN),
    })
}

fn keep(compiler: &mut Compiler<'_>, table: &DestinationTable) -> Keep {
    let Some(at) = &table.keep else { return Keep::default() };
    match KEEPS.iter().find(|(word, _)| *word == at.text()) {
        Some((_, keep)) => *keep,
        None => {
            let known = KEEPS.map(|(word, _)| word);
            compiler.report.push(shape::unknown_value(at.text(), &known, at.span.clone()));
            Keep::default()
        }
    }
}
