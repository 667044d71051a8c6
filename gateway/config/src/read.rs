//! The first two passes: from text to the file's structs, each named table on its own.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{File, Form, Loss, Named};
use crate::near::did_you_mean;
use crate::report::Report;
use crate::shape;
use crate::statements;

/// What may stand at the top of a file.
const TOP: [&str; 10] = [
    "version",
    "server",
    "storage",
    "egress",
    "plugins",
    "source",
    "plugin",
    "secret",
    "destination",
    "route",
];

/// Reads a text as far as it reads, and notes every mistake of syntax and shape.
pub(crate) fn read(text: &str, report: &mut Report) -> File {
    let mut loss = Loss::default();
    let readable = statements::readable(text, report, &mut loss);
    let root = statements::parse(&readable, report).into_inner();
    let mut reader = Reader { text: &readable, root, loss, report };
    reader.version_is_there();
    let file = File {
        version: reader.value("version"),
        server: reader.single("server").unwrap_or_default(),
        storage: reader.single("storage").unwrap_or_default(),
        egress: reader.single("egress").unwrap_or_default(),
        plugins: reader.single("plugins").unwrap_or_default(),
        sources: reader.named("source"),
        components: reader.named("plugin"),
        secrets: reader.named("secret"),
        destinations: reader.named("destination"),
        routes: reader.named("route"),
        text: text.to_owned(),
        loss: reader.loss.clone(),
    };
    reader.leftovers();
    file
}

struct Reader<'t, 'r> {
    text: &'t str,
    root: DeTable<'t>,
    loss: Loss,
    report: &'r mut Report,
}

impl<'t> Reader<'t, '_> {
    fn version_is_there(&mut self) {
        if !self.root.contains_key("version") && !self.loss.may_hide("", "") {
            let help = "begin the file with `version = 1`";
            self.report.add(codes::MISSING_KEY, &(0..0), "key `version` is missing", help);
        }
    }

    fn single<T: DeserializeOwned>(&mut self, kind: &str) -> Option<T> {
        self.value(kind).map(|Form(table)| table)
    }

    fn value<T: DeserializeOwned>(&mut self, kind: &str) -> Option<T> {
        let (_, value) = self.root.remove_entry(kind)?;
        self.read(kind, "", value)
    }

    fn named<T: DeserializeOwned>(&mut self, kind: &str) -> Vec<Named<T>> {
        let Some((_, value)) = self.root.remove_entry(kind) else { return Vec::new() };
        let span = value.span();
        let DeValue::Table(tables) = value.into_inner() else {
            let message = format!("expected tables under names, such as [{kind}.example]");
            self.report.add(
                codes::WRONG_TYPE,
                &span,
                message,
                format!("write [{kind}.NAME] and its keys below"),
            );
            return Vec::new();
        };
        tables
            .into_iter()
            .map(|(key, value)| {
                let name = At::new(key.span(), key.into_inner().into_owned());
                let table = self.read(kind, name.text(), value);
                Named { name, table: table.map(|Form(table)| table) }
            })
            .collect()
    }

    /// Reads one table, or notes its first mistake of shape.
    fn read<T: DeserializeOwned>(
        &mut self,
        kind: &str,
        name: &str,
        value: Spanned<DeValue<'t>>,
    ) -> Option<T> {
        let span = value.span();
        let mut misplaced = Vec::new();
        let path: Vec<&str> = [kind, name].into_iter().filter(|key| !key.is_empty()).collect();
        misplaced_references(&value, &mut path.clone(), &mut misplaced);
        let error = match T::deserialize(ValueDeserializer::from(value)) {
            Ok(table) => {
                misplaced.into_iter().for_each(|diagnostic| self.report.push(diagnostic));
                return Some(table);
            }
            Err(error) => error,
        };
        let diagnostic = shape::described(self.text, &error, &span);
        // A key whose statement did not read is not missing.
        if diagnostic.code != codes::MISSING_KEY || !self.loss.may_hide(kind, name) {
            self.report.push(diagnostic);
        }
        None
    }

    /// Whatever is left at the top is not known.
    fn leftovers(self) {
        for (key, value) in &self.root {
            let what = if value.get_ref().is_table() { "table" } else { "key" };
            let help = did_you_mean(key.get_ref(), TOP, || format!("known at the top: {}", TOP.join(", ")));
            let message = format!("unknown {what} \"{}\"", key.get_ref());
            self.report.push(Diagnostic::new(codes::UNKNOWN_KEY, key.span(), message, help));
        }
    }
}

/// Notes every `${…}` where none is resolved. `keys` lead to the value.
fn misplaced_references<'v>(
    value: &'v Spanned<DeValue<'_>>,
    keys: &mut Vec<&'v str>,
    found: &mut Vec<Diagnostic>,
) {
    match value.get_ref() {
        DeValue::Table(fields) => {
            for (key, value) in fields {
                keys.push(key.get_ref());
                misplaced_references(value, keys, found);
                keys.pop();
            }
        }
        DeValue::Array(items) => items.iter().for_each(|item| misplaced_references(item, keys, found)),
        DeValue::String(text) => misplaced_reference(text, &value.span(), keys, found),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

fn misplaced_reference(text: &str, span: &Range<usize>, keys: &[&str], found: &mut Vec<Diagnostic>) {
    let is_resolved = matches!(
        keys,
        ["server", "admin_key"]
            | ["source", _, "tokens"]
            | ["source", _, "verify", _, "token" | "secrets"]
            | ["source", _, "verify", _, "secrets", _]
            | ["secret", _, "values"]
            | ["destination", _, "http" | "connector", "endpoint"]
            | ["destination", _, "http" | "connector", "auth", _, "token" | "password" | "secret"]
            | ["destination", _, "http" | "connector", "sign", _, "secrets"]
    );
    if is_resolved || !text.contains("${") {
        return;
    }
    let (message, help) = match keys {
        ["route", _, "transform" | "router", "config", ..]
        | ["destination", _, "connector", "config", ..]
        | ["source", _, "verify", "plugin", "config", ..] => (
            "a plugin's config holds no references: what is in it is stored and shown",
            "put secrets into the destination's `endpoint` or `auth`, or into [secret.NAME] with \
             grant = { mac = [\"NAME\"] } (or `secret`) for the plugin",
        ),
        _ => (
            "references are not resolved here",
            "references stand in `secrets`, `values`, `token`, `tokens`, `endpoint`, `admin_key` and the credentials of `auth` only",
        ),
    };
    found.push(Diagnostic::new(codes::MISPLACED_REFERENCE, span.clone(), message, help));
}
