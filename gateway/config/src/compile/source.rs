//! `[source.NAME]`: what a source is called, verifies by, and knows duplicates by.

use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::preset::Preset;
use hookgate_core::source::{DedupeRule, Source};
use hookgate_core::template::Template;
use hookgate_core::word::Kind;

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::file::{Dedupe, SourceTable};
use crate::shape;

const HOUR: Duration = Duration::from_secs(3_600);

/// What a preset's data is checked by.
const PRESET_CHECKED: &str = "presets are checked by core's tests: their templates read";

/// Compiles every source; those with a mistake are left out.
pub(super) fn sources(compiler: &mut Compiler<'_>) -> Vec<Source> {
    let file = compiler.file;
    file.sources
        .iter()
        .filter_map(|named| {
            let slug = compiler.slug(Kind::Source, &named.name);
            let source = source(compiler, &named.name, named.table.as_ref()?);
            let (name, id) = slug?;
            let (verification, event_type, dedupe, body_bytes_max) = source?;
            Some(Source { scope: compiler.scope, id, name, verification, event_type, dedupe, body_bytes_max })
        })
        .collect()
}

type Parts = (hookgate_core::scheme::Verification, Option<Template>, Option<DedupeRule>, usize);

fn source(compiler: &mut Compiler<'_>, name: &At<String>, table: &SourceTable) -> Option<Parts> {
    let verified = compiler.verification(name, table.verify.as_ref());
    let preset = verified.as_ref().and_then(|(_, preset)| *preset);
    let event_type = event_type(compiler, table, preset);
    let dedupe = dedupe(compiler, name, table, preset);
    let body_bytes_max = match &table.body_max {
        Some(at) => compiler.size(at, 1..=limits::BODY_BYTES_MAX)?,
        None => limits::BODY_BYTES_MAX,
    };
    verified.map(|(verification, _)| (verification, event_type, dedupe, body_bytes_max))
}

fn event_type(compiler: &mut Compiler<'_>, table: &SourceTable, preset: Option<&Preset>) -> Option<Template> {
    match &table.event_type {
        Some(at) => template(compiler, at),
        None => preset?.event_type.as_deref().map(|text| Template::parse(text).expect(PRESET_CHECKED)),
    }
}

fn dedupe(
    compiler: &mut Compiler<'_>,
    name: &At<String>,
    table: &SourceTable,
    preset: Option<&Preset>,
) -> Option<DedupeRule> {
    let preset_key = preset.and_then(|preset| preset.dedupe.as_deref());
    let preset_key = || preset_key.map(|text| Template::parse(text).expect(PRESET_CHECKED));
    let Some(at) = &table.dedupe else {
        return preset_key().map(|key| DedupeRule { key, window_hours: hours(limits::DEDUPE_WINDOW) });
    };
    let rule = match &at.value {
        Dedupe::Word(word) if word == "off" => return None,
        Dedupe::Word(word) => {
            compiler.report.push(shape::unknown_value(word, &["off"], at.span.clone()));
            return None;
        }
        Dedupe::Rule(rule) => rule,
    };
    let window = match &rule.window {
        Some(window) => compiler.duration(window, Duration::from_millis(1)..=limits::DEDUPE_WINDOW_MAX),
        None => Some(limits::DEDUPE_WINDOW),
    };
    let key = match &rule.key {
        Some(key) => varying_key(compiler, key),
        None => {
            let key = preset_key();
            // The preset may be known only by a scheme that did not read.
            if key.is_none()
                && is_without_preset(table)
                && !compiler.file.loss.may_hide("source", name.text())
            {
                let help = "add one, such as key = \"{headers.x-request-id}\"";
                compiler.add(codes::MISSING_KEY, &at.span, "key `key` is missing", help);
            }
            key
        }
    };
    Some(DedupeRule { key: key?, window_hours: hours(window?) })
}

/// Tells whether the source is verified by something that is surely no preset.
fn is_without_preset(table: &SourceTable) -> bool {
    let ways = table.verify.as_ref().map_or(&[][..], |verify| &verify.0);
    ways.iter().all(|(name, _)| matches!(name.text(), "hmac" | "none"))
}

/// A dedupe key that is the same for every event would let only the first one through.
fn varying_key(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<Template> {
    let key = template(compiler, at)?;
    if key.has_path() {
        return Some(key);
    }
    let help = "put in what is the event's own, such as {headers.x-request-id} or {body.id}";
    compiler.add(
        codes::CONSTANT_KEY,
        &at.span,
        "this key is the same for every event: all but one would be duplicates",
        help,
    );
    None
}

fn template(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<Template> {
    Template::parse(at.text()).map_err(|error| compiler.template_error(at, error)).ok()
}

/// Whole hours, rounded up: the store drops keys by the hour.
fn hours(window: Duration) -> u32 {
    let hours = window.as_millis().div_ceil(HOUR.as_millis());
    u32::try_from(hours).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_rounded_up_to_whole_hours() {
        for (millis, wanted) in [(1, 1), (3_600_000, 1), (3_600_001, 2), (86_400_000, 24)] {
            assert_eq!(hours(Duration::from_millis(millis)), wanted, "{millis}");
        }
    }
}
