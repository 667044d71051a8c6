//! Every outcome has exactly one reaction.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::*;
use crate::outcome::Reach;
use crate::plugin::{Crash, CrashKind};

const NOW: Millis = Millis(784_111_777_000);

fn answered(status: u16, retry_after: Option<&'static str>) -> Outcome {
    let headers = retry_after
        .map(|value| (HeaderName::from_static("retry-after"), HeaderValue::from_static(value)))
        .into_iter()
        .collect();
    Outcome::Answered(Answer { status, headers, body: Bytes::new(), cut: false })
}

fn crashed() -> Outcome {
    let crash = Crash { kind: CrashKind::Trap, message: "unreachable".into() };
    Outcome::Crashed { plugin: "summary".into(), crash }
}

/// Two attempts, ten seconds apart.
fn verdict(
    outcome: &Outcome,
    attempt: u32,
    plugin_tries: u32,
    on_plugin_failure: OnPluginFailure,
) -> Verdict {
    let retry = RetryPolicy::list(vec![Duration::from_secs(10)]);
    let attempt = NonZeroU32::new(attempt).expect("counted from 1");
    decide(
        &Tried { attempt, plugin_tries, outcome, now: NOW },
        &Policy { retry: &retry, on_plugin_failure },
        0.0,
    )
}

fn first(outcome: &Outcome) -> Verdict {
    verdict(outcome, 1, 0, OnPluginFailure::Hold)
}

#[test]
fn any_2xx_is_success_and_3xx_is_not() {
    for status in [200, 202, 204, 299] {
        assert_eq!(first(&answered(status, None)), Verdict::Delivered, "{status}");
    }
    for status in [199, 300, 301, 400, 404, 429, 500, 503] {
        assert_eq!(first(&answered(status, None)), Verdict::Retry(Duration::from_secs(10)), "{status}");
    }
}

#[test]
fn the_last_attempt_that_fails_makes_a_dead_letter() {
    let unreachable = Outcome::Unreachable { at: Reach::Connect, detail: "refused".into() };

    for outcome in [answered(500, None), answered(503, Some("5")), unreachable] {
        assert_eq!(verdict(&outcome, 2, 0, OnPluginFailure::Hold), Verdict::Dead(DeadReason::Exhausted));
    }
}

#[test]
fn a_receiver_that_is_gone_is_not_tried_again() {
    assert_eq!(first(&answered(410, None)), Verdict::Dead(DeadReason::Gone));
}

#[test]
fn retry_after_is_read_as_seconds_or_as_a_date() {
    let cases = [
        ("30", 30),
        (" 30 ", 30),
        ("5", 10),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
        ("Sun, 06 Nov 1990 08:50:37 GMT", 10),
        ("soon", 10),
        ("-1", 10),
        ("99999999999999999999", 10),
    ];
    for (text, seconds) in cases {
        let outcome = answered(503, Some(text));
        assert_eq!(first(&outcome), Verdict::Retry(Duration::from_secs(seconds)), "{text}");
    }
}

#[test]
fn what_our_guard_refused_is_final() {
    let blocked = Outcome::Blocked { host: "metadata".into(), address: None };

    assert_eq!(first(&blocked), Verdict::Dead(DeadReason::Blocked));
    assert_eq!(first(&Outcome::Misconfigured("no".into())), Verdict::Dead(DeadReason::Misconfigured));
}

#[test]
fn a_plugin_that_speaks_is_obeyed() {
    let postponed = |after| Outcome::Postponed { after, reason: "later".into() };

    assert_eq!(first(&Outcome::Declined("no".into())), Verdict::Dead(DeadReason::Declined));
    assert_eq!(first(&Outcome::Skipped("draft".into())), Verdict::Skipped("draft".into()));
    assert_eq!(first(&postponed(None)), Verdict::Retry(Duration::from_secs(10)));
    assert_eq!(first(&postponed(Some(Duration::from_secs(60)))), Verdict::Retry(Duration::from_secs(60)));
    assert_eq!(verdict(&postponed(None), 2, 0, OnPluginFailure::Hold), Verdict::Dead(DeadReason::Exhausted));
}

#[test]
fn a_plugin_that_breaks_is_tried_shortly_and_then_held_or_dead_lettered() {
    for (tries, seconds) in [(0, 1), (1, 5), (2, 30)] {
        let again = Verdict::RetryPlugin(Duration::from_secs(seconds));
        assert_eq!(verdict(&crashed(), 1, tries, OnPluginFailure::DeadLetter), again);
    }
    assert_eq!(verdict(&crashed(), 1, 3, OnPluginFailure::Hold), Verdict::Hold);
    assert_eq!(
        verdict(&crashed(), 1, 3, OnPluginFailure::DeadLetter),
        Verdict::Dead(DeadReason::PluginFailed)
    );
    assert_eq!(verdict(&crashed(), 1, u32::MAX, OnPluginFailure::Hold), Verdict::Hold);
}

#[test]
fn a_crash_says_nothing_about_the_attempts_that_are_left() {
    assert_eq!(
        verdict(&crashed(), 2, 0, OnPluginFailure::Hold),
        Verdict::RetryPlugin(Duration::from_secs(1))
    );
}
