//! `verify`: exactly one way to prove a sender, declared or by a preset.

use std::time::Duration;

use hookgate_core::handshake::Handshake;
use hookgate_core::limits;
use hookgate_core::preset::Preset;
use hookgate_core::scheme::{
    Credential, Field, HmacScheme, KeyForm, Place, SignedPart, Timestamp, Verification,
};
use http::HeaderName;

use super::Compiler;
use super::plugin::Plugins;
use super::secret::variable_of;
use crate::at::At;
use crate::codes;
use crate::diagnostic::Diagnostic;
use crate::file::{HmacTable, PresetTable, Proof, Verify};
use crate::near::did_you_mean;

/// Schemes that are code.
pub(super) const BUILT_IN: [&str; 6] = ["hmac", "api_key", "bearer", "basic", "plugin", "none"];

/// What a preset's data is checked by.
const PRESET_CHECKED: &str = "presets are checked by core's tests: their data reads";

/// How a source's senders prove who they are, and what comes with it.
pub(super) struct Proved {
    pub(super) verification: Verification,
    /// The preset that it comes from, if it does.
    pub(super) preset: Option<&'static Preset>,
    pub(super) handshakes: Vec<Handshake>,
}

impl Proved {
    fn declared(verification: Verification) -> Proved {
        Proved { verification, preset: None, handshakes: Vec::new() }
    }
}

impl Compiler<'_> {
    /// Compiles a source's one way to verify.
    pub(super) fn verification(
        &mut self,
        source: &At<String>,
        verify: Option<&Verify>,
        plugins: &mut Plugins,
    ) -> Option<Proved> {
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
            Proof::None => Some(Proved::declared(Verification::None)),
            Proof::Hmac(table) => {
                let form = table.value.key.unwrap_or_default();
                let prefix = table.value.key_prefix.as_deref().unwrap_or_default();
                let decode = |text: &str| form.decode_behind(prefix, text);
                let keys = self.keys(&table.value.secrets, &variable, decode);
                let scheme = Box::new(self.hmac(&table.value)?);
                Some(Proved::declared(Verification::Hmac { scheme, keys }))
            }
            Proof::ApiKey(table) => self.api_key(&table.value, &variable).map(Proved::declared),
            Proof::Bearer(table) => {
                let keys = self.named_keys(&table.value.secrets, &variable);
                Some(Proved::declared(Verification::Shown { credential: Credential::Bearer, keys }))
            }
            Proof::Basic(table) => {
                let keys = self.users(&table.value.secrets, &variable);
                Some(Proved::declared(Verification::Shown { credential: Credential::Basic, keys }))
            }
            Proof::Plugin(table) => self.authenticator(&table.value, plugins).map(Proved::declared),
            Proof::Preset(table) => self.preset(first, &table.value, &variable),
            Proof::Unknown => {
                self.unknown_scheme(first);
                None
            }
        }
    }

    fn preset(&mut self, name: &At<String>, table: &PresetTable, variable: &str) -> Option<Proved> {
        let preset = Preset::named(name.text())?;
        let keys = self.keys(&table.secrets, variable, |text| preset.decode(text));
        let token = table.token.as_ref().and_then(|at| {
            if !preset.takes_token() {
                let message = format!("{} has no handshake that asks for a token", name.text());
                self.add(codes::CONFLICTING_KEYS, &at.span, message, "leave `token` out");
            }
            self.key(at, variable, |text| KeyForm::Utf8.decode(text))
        });
        Some(Proved {
            verification: preset.verification(keys).expect(PRESET_CHECKED),
            handshakes: preset.handshakes(token.as_ref()).expect(PRESET_CHECKED),
            preset: Some(preset),
        })
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
        let separator = table.separator.as_ref().and_then(|at| self.separator(at));
        let timestamp = self.timestamp(table, separator);
        let text = table.signed_content.as_ref().map_or("{body}", At::text);
        let signed = match (SignedPart::parse_all(text), &table.signed_content) {
            (Ok(signed), _) => Some(signed),
            (Err(error), Some(at)) => {
                self.template_error(at, error);
                None
            }
            (Err(_), None) => None,
        };
        let place =
            Place { separator, prefix: table.prefix.clone().unwrap_or_default(), ..Place::header(&header?) };
        let scheme = HmacScheme {
            algorithm: table.algorithm.unwrap_or_default(),
            signature: place,
            encoding: table.encoding.unwrap_or_default(),
            signed: signed?,
            timestamp,
            ..HmacScheme::over_body("")
        };
        self.coverage(&scheme, table);
        Some(scheme)
    }

    /// Where the time of signing stands. Where its field has several parts, the signature's separator
    /// splits it.
    fn timestamp(&mut self, table: &HmacTable, separator: Option<char>) -> Option<Timestamp> {
        let tolerance = table.tolerance.as_ref().and_then(|at| self.tolerance(at));
        let Some(header) = &table.timestamp_header else {
            let places = [
                table.tolerance.as_ref().map(|at| ("tolerance", &at.span)),
                table.timestamp_prefix.as_ref().map(|at| ("timestamp_prefix", &at.span)),
                table.timestamp_unit.as_ref().map(|at| ("timestamp_unit", &at.span)),
            ];
            for (key, span) in places.into_iter().flatten() {
                let help = format!("add `timestamp_header = …`, or leave `{key}` out");
                self.add(
                    codes::CONFLICTING_KEYS,
                    span,
                    "there is no timestamp that this could be about",
                    help,
                );
            }
            return None;
        };
        let prefix = table.timestamp_prefix.as_ref().map(At::text).unwrap_or_default();
        // A field with one part may hold the separator by chance, as the time of RFC 3339 might.
        let separator = separator.filter(|_| !prefix.is_empty());
        let place =
            Place { separator, prefix: prefix.to_owned(), ..Place::header(&self.header_name(header)?) };
        Some(Timestamp {
            place,
            unit: table.timestamp_unit.as_ref().map(|at| at.value).unwrap_or_default(),
            tolerance_seconds: tolerance.unwrap_or(limits::SIGNATURE_TOLERANCE.as_secs()),
        })
    }

    pub(super) fn header_name(&mut self, at: &At<String>) -> Option<String> {
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

    /// Whole seconds, rounded up: most signatures carry no more.
    fn tolerance(&mut self, at: &At<String>) -> Option<u64> {
        // A signature that is good for longer than duplicates are remembered could be replayed.
        let tolerance = self.duration(at, Duration::from_secs(1)..=limits::DEDUPE_WINDOW)?;
        Some(u64::try_from(tolerance.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX))
    }

    /// Looks whether the signature says something of the body, and of the time that is checked.
    fn coverage(&mut self, scheme: &HmacScheme, table: &HmacTable) {
        let Some(at) = table.signed_content.as_ref().or(table.timestamp_header.as_ref()) else { return };
        let signs = |part: &SignedPart| scheme.signed.contains(part);
        let signs_field = |wanted: &Field| {
            scheme
                .signed
                .iter()
                .any(|part| matches!(part, SignedPart::Field { field, .. } if field == wanted))
        };
        if !signs(&SignedPart::Body) {
            let help =
                "add {body}, unless the sender really leaves it out: then anybody may change it on the way";
            self.add(codes::UNSIGNED_BODY, &at.span, "the signature says nothing of the body", help);
        }
        match (&scheme.timestamp, signs(&SignedPart::Timestamp)) {
            (None, true) if table.timestamp_header.is_none() => {
                let help = "add `timestamp_header`, the header field that {timestamp} is read from";
                self.add(
                    codes::CONFLICTING_KEYS,
                    &at.span,
                    "`{timestamp}` is signed, but no header is named for it",
                    help,
                );
            }
            (Some(timestamp), false) if !signs_field(&timestamp.place.field) => {
                let help = "add {timestamp} to `signed_content`, or leave `timestamp_header` out";
                let message = "the timestamp is checked but not signed: anybody may change it";
                self.add(codes::UNSIGNED_TIMESTAMP, &at.span, message, help);
            }
            (None, _) | (Some(_), _) => {}
        }
    }
}
