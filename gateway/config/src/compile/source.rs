//! `[source.NAME]`: what a source is called, verifies by, and knows duplicates by.

use std::time::Duration;

use hookgate_core::envelope::Path;
use hookgate_core::limits;
use hookgate_core::preset::Preset;
use hookgate_core::source::{API, DedupeKey, DedupeRule, Source};
use hookgate_core::template::Template;
use hookgate_core::word::{Kind, ScopeId, Slug};
use http::Method;

use super::Compiler;
use super::plugin::Plugins;
use super::scheme::{BUILT_IN, Proved};
use crate::at::At;
use crate::codes;
use crate::file::{Dedupe, SourceTable};
use crate::shape;

const HOUR: Duration = Duration::from_secs(3_600);

/// What a preset's data is checked by.
const PRESET_CHECKED: &str = "presets are checked by core's tests: their templates read";

/// Methods that a source may take: those that bring something. HEAD, OPTIONS and CONNECT do not.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Compiles every source; those with a mistake are left out.
pub(super) fn sources(compiler: &mut Compiler<'_>, plugins: &mut Plugins) -> Vec<Source> {
    let file = compiler.file;
    file.sources
        .iter()
        .filter_map(|named| {
            let slug = compiler.slug(Kind::Source, &named.name);
            if named.name.text() == API {
                let help = "choose another name; a route takes the API's events by source = \"api\"";
                let message = "\"api\" is the name of the events that come by POST /v1/events";
                compiler.add(codes::BAD_NAME, &named.name.span, message, help);
            }
            let source = source(compiler, &named.name, named.table.as_ref()?, plugins);
            let (name, _) = slug?;
            source.map(|unnamed| unnamed(compiler.scope, name))
        })
        .collect()
}

/// A source but for its name, which may have a mistake of its own.
type Unnamed = Box<dyn FnOnce(ScopeId, Slug) -> Source>;

fn source(
    compiler: &mut Compiler<'_>,
    name: &At<String>,
    table: &SourceTable,
    plugins: &mut Plugins,
) -> Option<Unnamed> {
    let proved = compiler.verification(name, table.verify.as_ref(), plugins);
    let preset = proved.as_ref().and_then(|proved| proved.preset);
    let methods = table.methods.as_ref().map(|methods| self::methods(compiler, methods));
    let tokens = table.tokens.as_ref().map(|tokens| compiler.tokens(name, tokens)).unwrap_or_default();
    let split = match &table.split {
        Some(at) => split(compiler, at),
        None => preset.and_then(|preset| preset.split().expect(PRESET_CHECKED)),
    };
    let event_type = event_type(compiler, table, preset);
    let dedupe = dedupe(compiler, name, table, preset);
    let mut optional = |at: &Option<At<String>>| at.as_ref().and_then(|at| varying(compiler, at, NEVER_ONE));
    let (order_key, subject) = (optional(&table.order_key), optional(&table.subject));
    let rate = compiler.rate(table.rate.as_ref(), table.burst.as_ref());
    let body_bytes_max = match &table.body_max {
        Some(at) => compiler.size(at, 1..=limits::BODY_BYTES_MAX)?,
        None => limits::BODY_BYTES_MAX,
    };
    let Proved { verification, handshakes, .. } = proved?;
    Some(Box::new(move |scope, name| {
        let source = Source::new(scope, name, verification);
        Source {
            methods: methods.unwrap_or_else(|| source.methods.clone()),
            tokens,
            handshakes,
            split,
            event_type,
            dedupe,
            order_key,
            subject,
            rate,
            body_bytes_max,
            ..source
        }
    }))
}

fn methods(compiler: &mut Compiler<'_>, methods: &At<Vec<At<String>>>) -> Vec<Method> {
    if methods.value.is_empty() {
        let help = "name one, such as methods = [\"POST\"], or leave `methods` out";
        compiler.add(codes::EMPTY_LIST, &methods.span, "this source would take no request at all", help);
    }
    let mut found = Vec::new();
    for at in &methods.value {
        match Method::from_bytes(at.text().as_bytes()) {
            Ok(method) if METHODS.contains(&method.as_str()) => found.push(method),
            Ok(_) | Err(_) => {
                compiler.report.push(shape::unknown_value(at.text(), &METHODS, at.span.clone()));
            }
        }
    }
    found
}

/// The array whose elements are events: a path into the body.
fn split(compiler: &mut Compiler<'_>, at: &At<String>) -> Option<Vec<String>> {
    let help = "name an array of the body: \"$.body.events\", or \"$.body\" where the body is one";
    match Path::parse(at.text()) {
        Ok(Path::Body(steps)) => Some(steps),
        Ok(Path::Source | Path::Type | Path::Header(_)) => {
            compiler.add(codes::BAD_TEMPLATE, &at.span, "only the body can be split", help);
            None
        }
        Err(why) => {
            compiler.add(codes::BAD_TEMPLATE, &at.span, why, help);
            None
        }
    }
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
    let preset_key =
        || preset_key.map(|text| DedupeKey::Template(Template::parse(text).expect(PRESET_CHECKED)));
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
    let key = match (&rule.key, &rule.by) {
        (Some(key), None) => varying(compiler, key, ALL_DUPLICATES).map(DedupeKey::Template),
        (Some(_), Some(by)) => {
            let help = "keep one of the two";
            compiler.add(codes::CONFLICTING_KEYS, &by.span, "`by` and `key` exclude each other", help);
            None
        }
        (None, Some(by)) if by.text() == "body" => Some(DedupeKey::Body),
        (None, Some(by)) => {
            compiler.report.push(shape::unknown_value(by.text(), &["body"], by.span.clone()));
            None
        }
        (None, None) => {
            let key = preset_key();
            // The preset may be known only by a scheme that did not read.
            if key.is_none()
                && is_without_preset(table)
                && !compiler.file.loss.may_hide("source", name.text())
            {
                let help = "add one, such as key = \"{headers.x-request-id}\", or by = \"body\"";
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
    ways.iter().all(|(name, _)| BUILT_IN.contains(&name.text()))
}

/// What a dedupe key without a path would do.
const ALL_DUPLICATES: &str = "this key is the same for every event: all but one would be duplicates";

/// What another key without a path would say.
const NEVER_ONE: &str = "this is the same for every event and tells none from another";

fn varying(compiler: &mut Compiler<'_>, at: &At<String>, message: &str) -> Option<Template> {
    let key = template(compiler, at)?;
    if key.has_path() {
        return Some(key);
    }
    let help = "put in what is the event's own, such as {headers.x-request-id} or {body.id}";
    compiler.add(codes::CONSTANT_KEY, &at.span, message, help);
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
