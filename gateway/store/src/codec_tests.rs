//! Stored bytes come back, and damaged ones are errors.

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
        headers: headers(),
        body: body.clone(),
        is_event_body,
        made_by: (0..stages).map(|n| Digest::of(&[n as u8])).collect(),
    }
}

fn written(rendered: Option<&Rendered>, answer: Option<&(Headers, Bytes)>, made_by: &[Digest]) -> Vec<u8> {
    let mut out = Vec::new();
    put_snapshot(&mut out, rendered, answer, made_by);
    out
}

#[test]
fn a_body_that_is_the_events_own_is_not_written() {
    let body = Bytes::from(vec![b'x'; 10_000]);

    let bytes = written(Some(&message(&body, true, 1)), None, &[]);

    assert!(bytes.len() < 200, "{}", bytes.len());
    assert_eq!(snapshot(&bytes, &body).unwrap().rendered, Some(message(&body, true, 1)));
}

#[test]
fn another_format_is_refused() {
    let mut bytes = written(None, None, &[]);
    bytes[0] = 2;

    assert_eq!(snapshot(&bytes, &Bytes::new()), Err(Damaged { what: "attempt" }));
}

proptest! {
    #[test]
    fn every_snapshot_comes_back(
        body in vec(any::<u8>(), 0..50), own in any::<bool>(), stages in 0..4usize,
        has_rendered in any::<bool>(), answer in proptest::option::of(vec(any::<u8>(), 0..50)),
    ) {
        let body = Bytes::from(body);
        let whole = Snapshot {
            rendered: has_rendered.then(|| message(&body, own, stages)),
            answer: answer.map(|answer| (headers(), Bytes::from(answer))),
            made_by: (0..stages).map(|n| Digest::of(&[n as u8])).collect(),
        };

        let bytes = written(whole.rendered.as_ref(), whole.answer.as_ref(), &whole.made_by);

        prop_assert_eq!(snapshot(&bytes, &body), Ok(whole));
    }

    #[test]
    fn cut_bytes_are_damaged_and_never_a_panic(cut in 0usize..100) {
        let bytes = written(Some(&message(&Bytes::from_static(b"abc"), false, 1)), Some(&(headers(), Bytes::new())), &[]);

        let cut = cut.min(bytes.len() - 1);

        prop_assert!(snapshot(&bytes[..cut], &Bytes::new()).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        drop(snapshot(&bytes, &Bytes::new()));
    }
}
