//! `verify`: exactly one way to prove a sender, declared or by a preset.

use std::time::Duration;

use hookgate_core::limits;
use hookgate_core::preset::{HmacPreset, Preset};
use hookgate_core::scheme::{Algorithm, Encoding, HmacScheme, SignedPart, Verification};
use http::HeaderName;

use super::Compiler;
use super::secret::variable_of;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{HmacTable, Proof, Verify};
use crate::near::did_you_mean;

/// Schemes that are code.
const BUILT_IN: [&str; 2] = ["hmac", "none"];

impl Compiler<'_> {
    /// Compiles a source's one way to verify; with it the preset that it comes from, if it does.
    pub(super) fn verification(
        &mut self,
        source: &At<String>,
        verify: Option<&Verify>,
    ) -> Option<(Verification, Option<&'static Preset>)> {
        let ways = verify.map_or(&[][..], |verify| &verify.0);
        let Some(((first, proof), others)) = ways.split_first() else {
            if !self.file.loss.may_hide("source", source.text()) {
                let message =
                    format!("source \"{}\" does not say how its senders prove who they are", source.text());
                let help = "add `verify.hmac = { … }` or a preset; `verify.none = {}` takes everything from everybody";
                self.add(codes::NO_VERIFY, &source.span, message, help);
            }
            return None;
        };
        for (other, _) in others {
            let message = format!("source \"{}\" verifies by \"{}\" already", source.text(), first.text());
            let help = "keep one; two senders that prove themselves differently are two sources";
            let diagnostic = Diagnostic::new(codes::TWO_VERIFY, other.span.clone(), message, help);
            self.report.push(diagnostic.with(first.span.clone(), "the first one is here"));
        }
        let variable = variable_of(source.text(), "SECRET");
        match proof {
            Proof::None => Some((Verification::None, None)),
            Proof::Hmac(table) => {
                let form = table.value.key.unwrap_or_default();
                let keys = self.keys(&table.value.secrets, &variable, |text| form.decode(text));
                let scheme = self.hmac(&table.value)?;
                Some((Verification::Hmac { scheme, keys }, None))
            }
            Proof::Preset(table) => {
                let preset = Preset::named(first.text())?;
                let keys = self.keys(&table.value.secrets, &variable, |text| preset.hmac.key.decode(text));
                let scheme =
                    preset.hmac.scheme().expect("presets are checked by core's tests: their schemes read");
                Some((Verification::Hmac { scheme, keys }, Some(preset)))
            }
            Proof::Unknown => {
                self.unknown_scheme(first);
                None
            }
        }
    }

    fn unknown_scheme(&mut self, name: &At<String>) {
        let known = BUILT_IN.into_iter().chain(Preset::names());
        let help = did_you_mean(name.text(), known, || {
            "name a preset, or declare the scheme: `verify.hmac = { header = …, secrets = […] }`".into()
        });
        self.add(
            codes::UNKNOWN_SCHEME,
            &name.span,
            format!("unknown way to verify \"{}\"", name.text()),
            help,
        );
    }

    fn hmac(&mut self, table: &HmacTable) -> Option<HmacScheme> {
        let header = self.header_name(&table.header);
        let timestamp_header = table.timestamp_header.as_ref().map(|at| self.header_name(at));
        let separator = table.separator.as_ref().and_then(|at| self.separator(at));
        let tolerance = table.tolerance.as_ref().and_then(|at| self.tolerance(at, table));
        let written = HmacPreset {
            algorithm: table.algorithm.unwrap_or(Algorithm::Sha256),
            header: header?,
            prefix: table.prefix.clone().unwrap_or_default(),
            separator,
            encoding: table.encoding.unwrap_or(Encoding::Hex),
            key: table.key.unwrap_or_default(),
            signed_content: table.signed_content.as_ref().map_or("{body}", At::text).to_owned(),
            timestamp_header: timestamp_header.flatten(),
            tolerance_seconds: tolerance,
        };
        match (written.scheme(), &table.signed_content) {
            (Ok(scheme), signed_content) => {
                self.coverage(&scheme, signed_content.as_ref(), table);
                Some(scheme)
            }
            (Err(error), Some(at)) => {
                self.template_error(at, error);
                None
            }
            (Err(_), None) => None,
        }
    }

    fn header_name(&mut self, at: &At<String>) -> Option<String> {
        if HeaderName::from_bytes(at.text().as_bytes()).is_ok() {
            return Some(at.value.clone());
        }
        let message = format!("{:?} is no name of a header field", at.text());
        self.add(codes::BAD_HEADER, &at.span, message, "write the name alone, such as \"X-Signature\"");
        None
    }

    fn separator(&mut self, at: &At<String>) -> Option<char> {
        let mut chars = at.text().chars();
        if let (Some(only), None) = (chars.next(), chars.next()) {
            return Some(only);
        }
        let help = "write one character, such as \",\"; leave it out where a header has one signature";
        self.add(codes::BAD_SEPARATOR, &at.span, "a separator is exactly one character", help);
        None
    }

    /// Whole seconds, rounded up: signatures carry no more.
    fn tolerance(&mut self, at: &At<String>, table: &HmacTable) -> Option<u64> {
        if table.timestamp_header.is_none() {
            let help = "add `timestamp_header = …`, or leave `tolerance` out";
            self.add(
                codes::CONFLICTING_KEYS,
                &at.span,
                "there is no timestamp that could be tolerated",
                help,
            );
        }
        // A signature that is good for longer than duplicates are remembered could be replayed.
        let tolerance = self.duration(at, Duration::from_secs(1)..=limits::DEDUPE_WINDOW)?;
        Some(u64::try_from(tolerance.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX))
    }

    /// Looks whether the signature says something of the body, and of the time that is checked.
    fn coverage(&mut self, scheme: &HmacScheme, signed_content: Option<&At<String>>, table: &HmacTable) {
        let Some(at) = signed_content.or(table.timestamp_header.as_ref()) else { return };
        let signs = |part: &SignedPart| scheme.signed.contains(part);
        if !signs(&SignedPart::Body) {
            let help =
                "add {body}, unless the sender really leaves it out: then anybody may change it on the way";
            self.add(codes::UNSIGNED_BODY, &at.span, "the signature says nothing of the body", help);
        }
        match (&scheme.timestamp, signs(&SignedPart::Timestamp)) {
            (None, true) => {
                let help = "add `timestamp_header`, the header field that {timestamp} is read from";
                self.add(
                    codes::CONFLICTING_KEYS,
                    &at.span,
                    "`{timestamp}` is signed, but no header is named for it",
                    help,
                );
            }
            (Some((header, _)), false) if !signs(&SignedPart::Header(header.clone())) => {
                let help = "add {timestamp} to `signed_content`, or leave `timestamp_header` out";
                let message = "the timestamp is checked but not signed: anybody may change it";
                self.add(codes::UNSIGNED_TIMESTAMP, &at.span, message, help);
            }
            (None, false) | (Some(_), _) => {}
        }
    }
}
