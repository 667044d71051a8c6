//! Stored bytes come back, and damaged ones are errors.

use std::time::Duration;

use hookgate_core::outcome::Word;
use hookgate_core::word::{AttemptId, Millis, SendId};
use http::{HeaderName, HeaderValue};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn headers() -> Headers {
    [
        (HeaderName::from_static("a"), HeaderValue::from_static("1")),
        (HeaderName::from_static("a"), HeaderValue::from_static("")),
    ]
    .into_iter()
    .collect()
}

fn message(body: &Bytes, is_event_body: bool, stages: usize) -> Rendered {
    Rendered {
        method: Method::POST,
        url: "https://example.com/a?b=c".into(),
        reference: "chat/post?a=b".into(),
        headers: headers(),
        body: body.clone(),
        is_event_body,
        made_by: (0..stages).map(|n| Digest::of(&[n as u8])).collect(),
    }
}

fn written(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Vec::new();
    let Snapshot { rendered, sent, answer, made_by } = snapshot.clone();
    let attempt = AttemptRecord {
        id: AttemptId(1),
        send: SendId(2),
        started_at: Millis(3),
        took: Duration::ZERO,
        word: Word::Success,
        status: None,
        detail: String::new(),
        rendered,
        sent,
        answer,
        made_by,
    };
    put_snapshot(&mut out, &attempt);
    out
}

fn kept_bytes(kept: &Kept) -> Vec<u8> {
    let mut out = Vec::new();
    put_kept(&mut out, kept);
    out
}

#[test]
fn a_body_that_is_the_events_own_is_not_written() {
    let body = Bytes::from(vec![b'x'; 10_000]);

    let bytes = written(&Snapshot { rendered: Some(message(&body, true, 1)), ..Snapshot::default() });

    assert!(bytes.len() < 200, "{}", bytes.len());
    assert_eq!(snapshot(&bytes, &body).unwrap().rendered, Some(message(&body, true, 1)));
}

#[test]
fn another_format_is_refused() {
    let mut bytes = written(&Snapshot::default());
    bytes[0] = 2;

    assert_eq!(snapshot(&bytes, &Bytes::new()), Err(Damaged { what: "attempt" }));
}

proptest! {
    #[test]
    fn every_snapshot_comes_back(
        body in vec(any::<u8>(), 0..50), own in any::<bool>(), stages in 0..4usize,
        has_rendered in any::<bool>(), has_sent in any::<bool>(), answer in proptest::option::of(vec(any::<u8>(), 0..50)),
    ) {
        let body = Bytes::from(body);
        let whole = Snapshot {
            rendered: has_rendered.then(|| message(&body, own, stages)),
            sent: if has_sent { headers() } else { Headers::new() },
            answer: answer.map(|answer| (headers(), Bytes::from(answer))),
            made_by: (0..stages).map(|n| Digest::of(&[n as u8])).collect(),
        };

        let bytes = written(&whole);

        prop_assert_eq!(snapshot(&bytes, &body), Ok(whole));
    }

    #[test]
    fn cut_bytes_are_damaged_and_never_a_panic(cut in 0usize..100) {
        let bytes = written(&Snapshot {
            rendered: Some(message(&Bytes::from_static(b"abc"), false, 1)),
            sent: headers(),
            answer: Some((headers(), Bytes::new())),
            made_by: Vec::new(),
        });

        let cut = cut.min(bytes.len() - 1);

        prop_assert!(snapshot(&bytes[..cut], &Bytes::new()).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        drop(snapshot(&bytes, &Bytes::new()));
        drop(kept(&bytes, &Bytes::new()));
    }

    #[test]
    fn what_is_kept_comes_back(
        body in proptest::option::of(vec(any::<u8>(), 0..50)), own in any::<bool>(), stages in 0..4usize,
        cut in 0usize..100, status in any::<u16>(), answered in vec(any::<u8>(), 0..50), was_cut in any::<bool>(),
    ) {
        let event_body = Bytes::from_static(b"the event's");
        let rendered_body = if own { event_body.clone() } else { Bytes::from(body.clone().unwrap_or_default()) };
        let held = Message {
            event_type: "push.é".into(),
            headers: headers(),
            body: body.map(Bytes::from),
            made_by: (0..stages).map(|n| Digest::of(&[n as u8])).collect(),
        };

        let rendered = message(&rendered_body, own, stages);
        let answer = Answer { status, headers: headers(), body: Bytes::from(answered), cut: was_cut };
        let answered = Kept::Answered { rendered: rendered.clone(), answer };

        for whole in [Kept::Message(held), Kept::Rendered(rendered), answered] {
            let bytes = kept_bytes(&whole);
            prop_assert_eq!(kept(&bytes, &event_body), Ok(whole));
            prop_assert!(kept(&bytes[..cut.min(bytes.len() - 1)], &event_body).is_err());
        }
    }
}
