//! Every preset that signs, against a vector: of the provider's page, of its SDK, or made with Python's
//! `hmac` from the documented rule. Which of the three stands beside each in the corpus, with the page.

use std::collections::BTreeSet;
use std::net::IpAddr;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::preset::Preset;
use crate::word::Headers;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    preset: String,
    origin: String,
    source: String,
    secret: String,
    #[serde(default)]
    now: i64,
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    url: Option<String>,
    headers: serde_json::Map<String, Value>,
    body: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../../../tests/corpus/signatures/presets.json"))
        .expect("the corpus reads")
}

impl Vector {
    fn request(&self) -> RawRequest {
        let field = |(name, value): (&String, &Value)| {
            let value = value.as_str().expect("a text");
            (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_str(value).expect("a value"))
        };
        RawRequest {
            method: self.method.as_deref().map_or(Method::POST, |method| method.parse().expect("a method")),
            url: self.url.clone().unwrap_or_else(|| "https://hooks.example.com/in/s".into()),
            headers: self.headers.iter().map(field).collect(),
            body: Bytes::copy_from_slice(self.body.as_bytes()),
            peer: IpAddr::from([127, 0, 0, 1]),
            received_at: Millis(0),
        }
    }

    fn verification(&self) -> Verification {
        let preset = Preset::named(&self.preset).expect(&self.preset);
        let keys = [other_key(preset, &self.secret), self.secret.clone()];
        let keys = keys.iter().map(|text| preset.decode(text).expect(&self.preset)).collect();
        preset.verification(keys).expect("presets read")
    }

    fn verified(&self, request: RawRequest) -> Result<VerifiedRequest, Rejection> {
        verify(request, &self.verification(), Millis(self.now * 1_000))
    }
}

/// Another secret of the same form: one character of it is another.
fn other_key(preset: &Preset, secret: &str) -> String {
    let at = preset.hmac.as_ref().map_or(0, |hmac| hmac.key_prefix.len());
    let mut text = secret.to_owned();
    let other = if text[at..].starts_with('A') { "B" } else { "A" };
    text.replace_range(at..=at, other);
    text
}

#[test]
fn every_vector_verifies_under_its_secret_and_under_no_other() {
    for vector in vectors() {
        let what = format!("{} ({}, {})", vector.preset, vector.origin, vector.source);

        let verified = vector.verified(vector.request()).unwrap_or_else(|why| panic!("{what}: {why}"));

        assert_eq!(verified.key(), Some(1), "{what}");
        let Verification::Hmac { scheme, keys } = vector.verification() else { panic!("{what}") };
        let only_other = Verification::Hmac { scheme, keys: keys[..1].to_vec() };
        let refused = verify(vector.request(), &only_other, Millis(vector.now * 1_000)).map(|_| ());
        assert!(matches!(refused, Err(Rejection::WrongSignature(_))), "{what}: {refused:?}");
        assert!(["published", "sdk", "made"].contains(&vector.origin.as_str()), "{what}");
        assert!(vector.source.starts_with("https://"), "{what}");
    }
}

#[test]
fn every_preset_that_signs_has_a_vector() {
    let seen: BTreeSet<String> = vectors().into_iter().map(|vector| vector.preset).collect();
    for name in Preset::names() {
        let signs = Preset::named(name).expect("listed").hmac.is_some();
        assert_eq!(seen.contains(name), signs, "{name}");
    }
}

#[test]
fn a_changed_body_is_refused_wherever_the_body_is_signed() {
    for vector in vectors() {
        let hmac = Preset::named(&vector.preset).expect("listed").hmac.as_ref().expect("it signs");
        let is_covered = hmac.signed_content.contains("{body}") || vector.preset == "twilio";
        let mut request = vector.request();
        request.body = [&request.body[..], b"&x=y"].concat().into();

        let refused = vector.verified(request).is_err();

        assert_eq!(
            refused,
            is_covered || hmac.timestamp.is_some() || hmac.each.is_some(),
            "{}",
            vector.preset
        );
    }
}

#[test]
fn a_changed_url_is_refused_wherever_the_url_is_signed() {
    for vector in vectors() {
        let hmac = Preset::named(&vector.preset).expect("listed").hmac.as_ref().expect("it signs");
        let mut request = vector.request();
        request.url.insert(12, 'x');

        assert_eq!(
            vector.verified(request).is_err(),
            hmac.signed_content.contains("{url}"),
            "{}",
            vector.preset
        );
    }
}

#[test]
fn an_old_signature_is_stale_wherever_there_is_a_time() {
    for vector in vectors() {
        let hmac = Preset::named(&vector.preset).expect("listed").hmac.as_ref().expect("it signs");
        let Some(timestamp) = &hmac.timestamp else { continue };
        let tolerance = timestamp.tolerance_seconds.unwrap_or(300);
        let at = |seconds: i64| {
            verify(vector.request(), &vector.verification(), Millis(seconds * 1_000)).map(|_| ())
        };
        let tolerance = i64::try_from(tolerance).expect("small");

        assert_eq!(at(vector.now + tolerance), Ok(()), "{}", vector.preset);
        for off in [tolerance + 1, -tolerance - 1] {
            assert!(matches!(at(vector.now + off), Err(Rejection::Stale { .. })), "{} {off}", vector.preset);
        }
    }
}

#[test]
fn every_element_that_is_signed_on_its_own_must_verify() {
    let vector = vectors().into_iter().find(|v| v.preset == "adyen").expect("there is one");
    let mut body: Value = serde_json::from_str(&vector.body).expect("JSON");
    let items = body["notificationItems"].as_array_mut().expect("an array");
    let mut forged = items[0].clone();
    forged["NotificationRequestItem"]["amount"]["value"] = 999_999.into();
    let with = |items: Vec<Value>| {
        let mut request = vector.request();
        request.body = serde_json::json!({ "notificationItems": items }).to_string().into();
        vector.verified(request).map(|_| ())
    };

    assert_eq!(with(vec![items[0].clone(), items[0].clone()]), Ok(()));
    assert!(matches!(with(vec![items[0].clone(), forged]), Err(Rejection::WrongSignature(_))));
    assert!(matches!(with(vec![]), Err(Rejection::MalformedField { .. })));
    assert!(matches!(with(vec![items[0].clone(), Value::Null]), Err(Rejection::MissingField(_))));
}

#[test]
fn a_body_that_is_no_form_needs_its_hash_in_the_url() {
    let vector = vectors().into_iter().rfind(|v| v.preset == "twilio").expect("there is one");
    let mut request = vector.request();
    request.body = Bytes::from_static(b"{}");
    let other_body = vector.verified(request).map(|_| ());
    let mut request = vector.request();
    request.url = request.url.replace("bodySHA256", "bodySHA255");
    let no_hash = vector.verified(request).map(|_| ());

    assert_eq!(other_body, Err(Rejection::WrongSignature("query.bodySHA256".into())));
    assert_eq!(no_hash, Err(Rejection::MissingField("query.bodySHA256".into())));
}

/// How often a request is damaged.
const EXECUTIONS: usize = 100_000;

/// A small generator (Marsaglia's xorshift64): the same damage in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % (bound.max(1) as u64)) as usize
    }
}

/// Pieces that signatures, times and their separators are made of.
const PIECES: [&str; 16] = [
    "=",
    ",",
    ";",
    " ",
    ".",
    "t=",
    "v1=",
    "v1,",
    "sha256=",
    "-1",
    "9223372036854775807",
    "%",
    "{",
    "\"",
    "é",
    "A",
];

fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + dice.below(6)).min(bytes.len());
    let piece = PIECES[dice.below(PIECES.len())].as_bytes();
    match dice.below(4) {
        0 => drop(bytes.drain(at..end)),
        1 => drop(bytes.splice(at..at, piece.iter().copied())),
        2 => drop(bytes.splice(at..end, piece.iter().copied())),
        _ if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        _ => bytes.push(b'x'),
    }
}

#[expect(clippy::disallowed_macros, reason = "the count is what the run is asked for")]
#[test]
fn damaged_requests_of_every_scheme_are_judged_and_never_panic() {
    let vectors = vectors();
    let verifications: Vec<Verification> = vectors.iter().map(Vector::verification).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut refused, mut accepted) = (0, 0);

    for _ in 0..EXECUTIONS {
        let nth = dice.below(vectors.len());
        let mut request = vectors[nth].request();
        let place = dice.below(request.headers.len() + 2);
        for _ in 0..=dice.below(3) {
            if place == 0 {
                let mut body = request.body.to_vec();
                damage(&mut body, &mut dice);
                request.body = body.into();
            } else if place == 1 {
                let mut url = request.url.clone().into_bytes();
                damage(&mut url, &mut dice);
                request.url = String::from_utf8_lossy(&url).into_owned();
            } else if let Some((_, value)) = request.headers.iter_mut().nth(place - 2) {
                let mut bytes = value.as_bytes().to_vec();
                damage(&mut bytes, &mut dice);
                // What HTTP does not let through never reaches a scheme.
                if let Ok(damaged) = HeaderValue::from_bytes(&bytes) {
                    *value = damaged;
                }
            }
        }

        match verify(request, &verifications[nth], Millis(vectors[nth].now * 1_000)) {
            Ok(_) => accepted += 1,
            Err(_) => refused += 1,
        }
    }

    // What is not signed may change: a URL, mostly.
    println!("{EXECUTIONS} damaged requests: {refused} refused, {accepted} accepted");
    assert!(refused > EXECUTIONS / 2 && accepted > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in the headers, query and body that a scheme looks at: an answer, never a panic.
    #[test]
    fn arbitrary_bytes_in_every_header_of_every_scheme_are_refused(
        value in prop::collection::vec(any::<u8>(), 0..200),
        glue in "[a-z0-9=,; .]{0,6}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        query in "\\PC{0,40}",
    ) {
        for vector in vectors() {
            for target in vector.headers.keys().map(Some).chain([None]) {
                let mut request = vector.request();
                match target {
                    Some(name) => {
                        let old = request.headers.first(name).expect("there").as_bytes().to_vec();
                        let bytes = [&old[..old.len() / 2], glue.as_bytes(), &value].concat();
                        let clean: Vec<u8> = bytes.into_iter().filter(|b| *b >= 32 && *b != 127).collect();
                        let name: HeaderName = name.parse().expect("a name");
                        request.headers.set(name, HeaderValue::from_bytes(&clean).expect("visible"));
                    }
                    None => {
                        request.body = body.clone().into();
                        request.url = format!("{}?{query}", request.url);
                        request.headers = Headers::new();
                    }
                }
                prop_assert!(vector.verified(request).is_err() || glue.is_empty() || target.is_some());
            }
        }
    }
}
