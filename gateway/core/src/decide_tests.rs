//! Every outcome has exactly one reaction.

use bytes::Bytes;
use http::{HeaderName, HeaderValue};

use super::*;
use crate::outcome::Reach;
use crate::plugin::{Crash, CrashKind};
use crate::retry::Failure;

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
    let tried = Tried { attempt, plugin_tries, outcome, age: Duration::ZERO, now: NOW };
    decide(&tried, &Policy { retry: &retry, on_plugin_failure }, 0.0)
}

/// What a policy that names failures makes of an outcome, at the first attempt of a delivery this old.
fn by(retry: RetryPolicy, outcome: &Outcome, age: u64) -> Verdict {
    let tried =
        Tried { attempt: NonZeroU32::MIN, plugin_tries: 0, outcome, age: Duration::from_secs(age), now: NOW };
    decide(&tried, &Policy { retry: &retry, on_plugin_failure: OnPluginFailure::Hold }, 0.0)
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

fn failures(texts: &[&str]) -> Vec<Failure> {
    texts.iter().map(|text| Failure::parse(text).expect("a failure")).collect()
}

#[test]
fn a_failure_that_the_policy_calls_final_is_not_tried_again() {
    let list = || RetryPolicy::list(vec![Duration::from_secs(10)]);
    let not_4xx = || RetryPolicy { final_on: failures(&["4xx", "postponed"]), ..list() };
    let only_5xx = || RetryPolicy { retry_on: Some(failures(&["5xx"])), ..list() };
    let even_gone = || RetryPolicy { retry_on: Some(failures(&["410", "503"])), ..list() };
    let (again, is_final) = (Verdict::Retry(Duration::from_secs(10)), Verdict::Dead(DeadReason::Final));
    let postponed = Outcome::Postponed { after: None, reason: "later".into() };
    let timeout = Outcome::Unreachable { at: Reach::Timeout, detail: "silence".into() };

    assert_eq!(by(not_4xx(), &answered(404, None), 0), is_final);
    assert_eq!(by(not_4xx(), &answered(503, None), 0), again);
    assert_eq!(by(not_4xx(), &postponed, 0), is_final);
    assert_eq!(by(only_5xx(), &answered(503, None), 0), again);
    assert_eq!(by(only_5xx(), &timeout, 0), is_final);
    assert_eq!(by(only_5xx(), &answered(200, None), 0), Verdict::Delivered, "a success is never a failure");
    assert_eq!(by(only_5xx(), &answered(410, None), 0), Verdict::Dead(DeadReason::Gone));
    assert_eq!(by(even_gone(), &answered(410, None), 0), again);
}

#[test]
fn a_delivery_that_would_be_too_old_is_not_tried_again() {
    let policy = || RetryPolicy {
        age_max: Some(Duration::from_secs(60)),
        ..RetryPolicy::list(vec![Duration::from_secs(10)])
    };

    assert_eq!(by(policy(), &answered(500, None), 50), Verdict::Retry(Duration::from_secs(10)));
    assert_eq!(by(policy(), &answered(500, None), 51), Verdict::Dead(DeadReason::Exhausted));
}

#[test]
fn a_connectors_judgement_counts_whatever_the_status_says() {
    let judged = |status, retry_after, judgement| {
        let Outcome::Answered(answer) = answered(status, retry_after) else { unreachable!("it answered") };
        Outcome::Judged { answer, judgement }
    };
    let later = |after| Judgement::Retry { after, reason: "rate_limited".into() };
    let in_seconds = |seconds| Verdict::Retry(Duration::from_secs(seconds));
    let minute = Some(Duration::from_secs(60));

    assert_eq!(first(&judged(500, None, Judgement::Delivered)), Verdict::Delivered);
    assert_eq!(first(&judged(200, None, later(None))), in_seconds(10));
    assert_eq!(first(&judged(429, Some("30"), later(None))), in_seconds(30), "the answer's own Retry-After");
    assert_eq!(first(&judged(429, Some("30"), later(minute))), in_seconds(60));
    let declined = Judgement::Declined("invalid_payload".into());
    assert_eq!(first(&judged(400, None, declined)), Verdict::Dead(DeadReason::Declined));
    assert_eq!(first(&judged(404, None, Judgement::Gone("no".into()))), Verdict::Dead(DeadReason::Gone));
    let last = verdict(&judged(200, None, later(None)), 2, 0, OnPluginFailure::Hold);
    assert_eq!(last, Verdict::Dead(DeadReason::Exhausted));
}

#[test]
fn a_quarantined_plugin_is_not_waited_for() {
    let outcome = Outcome::Quarantined { plugin: "summary".into(), reason: "it kept breaking".into() };

    assert_eq!(first(&outcome), Verdict::Hold);
    let by_dead_letter = verdict(&outcome, 1, 0, OnPluginFailure::DeadLetter);
    assert_eq!(by_dead_letter, Verdict::Dead(DeadReason::PluginFailed));
}

#[test]
fn what_became_several_deliveries_has_ended() {
    assert_eq!(first(&Outcome::Split(3)), Verdict::Split);
}

#[test]
fn a_crash_says_nothing_about_the_attempts_that_are_left() {
    assert_eq!(
        verdict(&crashed(), 2, 0, OnPluginFailure::Hold),
        Verdict::RetryPlugin(Duration::from_secs(1))
    );
}
