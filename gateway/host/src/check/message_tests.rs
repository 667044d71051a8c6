//! What a guest may give back, and what of it is refused.

use std::time::Duration;

use hookgate_core::limits::{HEADER_BYTES_MAX, HEADER_COUNT_MAX};
use hookgate_core::plugin::CrashKind;

use super::super::{HOST_FIELDS, REASON_BYTES_MAX, SIGNING_FIELDS};
use super::*;
use crate::wire::{WireRetry, WireStop};

fn message(headers: &[(&str, &str)], body: Option<usize>) -> WireMessage {
    WireMessage {
        event_type: None,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.map(|bytes| vec![b'x'; bytes]),
    }
}

fn refusal(messages: Vec<WireMessage>) -> (CrashKind, String) {
    let crash = transformed(Ok(messages)).expect_err("it is refused");
    (crash.kind, crash.message)
}

#[test]
fn a_message_comes_through_as_it_was_made() {
    let made = message(&[("Content-Type", "text/plain"), ("x-a", "1"), ("x-a", "é\t")], Some(2));

    let messages = transformed(Ok(vec![made])).expect("allowed").expect("no stop");

    let fields: Vec<(&str, &[u8])> =
        messages[0].headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    assert_eq!(fields, [("content-type", &b"text/plain"[..]), ("x-a", b"1"), ("x-a", "é\t".as_bytes())]);
    assert_eq!(messages[0].body.as_deref(), Some(&b"xx"[..]));
}

#[test]
fn fields_that_are_not_the_plugins_are_refused_by_name() {
    let owned = HOST_FIELDS.iter().chain(&SIGNING_FIELDS).chain(&["Host", "WEBHOOK-ID", "hookgate-hops"]);
    for name in owned {
        let (kind, text) = refusal(vec![message(&[("x-ok", "1"), (name, "1")], None)]);

        assert_eq!(kind, CrashKind::Incompatible);
        assert!(text.contains(&format!("{name:?}")) && text.contains("belongs to the host"), "{text}");
    }
}

#[test]
fn fields_that_are_no_header_fields_are_refused_by_name() {
    let cases = [
        ("", "v", "not an HTTP token"),
        ("a b", "v", "not an HTTP token"),
        ("a\r\nb", "v", "not an HTTP token"),
        ("é", "v", "not an HTTP token"),
        ("a", "v\r\nevil: 1", "control character"),
        ("a", "\0", "control character"),
        ("a", "\u{7f}", "control character"),
        ("a", "\u{85}", "control character"),
    ];
    for (name, value, reason) in cases {
        let (kind, text) = refusal(vec![message(&[(name, value)], None)]);

        assert_eq!(kind, CrashKind::Incompatible);
        assert!(text.starts_with("header field ") && text.contains(reason), "{name:?}: {text}");
    }
}

#[test]
fn every_bound_holds_at_its_edge() {
    let many = |count: usize| (0..count).map(|_| message(&[], None)).collect::<Vec<_>>();
    let fields = |count: usize| vec![message(&vec![("x", "1"); count], None)];
    let value = "v".repeat(HEADER_BYTES_MAX);
    let event_type =
        |bytes: usize| vec![WireMessage { event_type: Some("t".repeat(bytes)), ..message(&[], None) }];

    for fits in [
        many(SPLIT_MAX),
        fields(HEADER_COUNT_MAX),
        vec![message(&[("x", &value[1..])], None)],
        event_type(EVENT_TYPE_BYTES_MAX),
        vec![message(&[], Some(PLUGIN_OUTPUT_BYTES_MAX))],
        many(0),
    ] {
        assert!(transformed(Ok(fits)).is_ok());
    }
    for (exceeds, text) in [
        (many(SPLIT_MAX + 1), "101 messages"),
        (fields(HEADER_COUNT_MAX + 1), "101 header fields"),
        (vec![message(&[("x", &value)], None)], "1 header fields of 32769 bytes"),
        (event_type(EVENT_TYPE_BYTES_MAX + 1), "an event type of 257 bytes"),
        (vec![message(&[], Some(PLUGIN_OUTPUT_BYTES_MAX)), message(&[], Some(1))], "4194305 bytes"),
    ] {
        let (kind, message) = refusal(exceeds);

        assert_eq!(kind, CrashKind::OutputTooLarge);
        assert!(message.contains(text), "{message}");
    }
}

#[test]
fn a_stop_comes_through_and_a_reason_is_bounded() {
    let retry = WireStop::Retry(WireRetry { after_ms: Some(1500), reason: "busy".to_owned() });

    assert_eq!(
        transformed(Err(retry)),
        Ok(Err(Stop::Retry { after: Some(Duration::from_millis(1500)), reason: "busy".to_owned() }))
    );
    assert_eq!(transformed(Err(WireStop::Skip("s".to_owned()))), Ok(Err(Stop::Skip("s".to_owned()))));
    let long = transformed(Err(WireStop::Declined("r".repeat(REASON_BYTES_MAX + 1)))).expect_err("too long");
    assert_eq!(long.kind, CrashKind::OutputTooLarge);
}
