//! The bytes of stored messages and attempts: compact, versioned, the same in every database.
//!
//! A stored value begins with its format; a length is a 32-bit number, little-endian. Nothing is
//! compressed yet: a later format may be. A body that is the event's own is left out and put back from
//! the event's row when it is read.

use bytes::{Buf, BufMut, Bytes};
use hookgate_core::delivery::{Kept, Message};
use hookgate_core::outcome::Answer;
use hookgate_core::render::Rendered;
use hookgate_core::word::{Digest, Headers};
use hookgate_ports::AttemptRecord;
use http::Method;
use thiserror::Error;

/// The first byte of everything written today: plain, not compressed.
const PLAIN: u8 = 1;

/// Stored bytes that do not read: the store was damaged, or a newer release wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a stored {what} is damaged or of a newer release")]
pub struct Damaged {
    /// Which part did not read.
    pub what: &'static str,
}

/// What is stored of an attempt beside its columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// What was sent.
    pub rendered: Option<Rendered>,
    /// What was added to it at the moment of sending.
    pub sent: Headers,
    /// What came back.
    pub answer: Option<(Headers, Bytes)>,
    /// The components that made it.
    pub made_by: Vec<Digest>,
}

/// Parts of a snapshot that may be missing, as bits.
const RENDERED: u8 = 1;
const ANSWER: u8 = 2;
const SENT: u8 = 4;

/// Appends what is kept of an attempt beside its columns.
pub fn put_snapshot(out: &mut Vec<u8>, attempt: &AttemptRecord) {
    let part = |is_there: bool, bit: u8| if is_there { bit } else { 0 };
    out.put_u8(PLAIN);
    out.put_u8(
        part(attempt.rendered.is_some(), RENDERED)
            | part(attempt.answer.is_some(), ANSWER)
            | part(!attempt.sent.is_empty(), SENT),
    );
    put_digests(out, &attempt.made_by);
    if let Some((headers, body)) = &attempt.answer {
        put(out, &headers.encode());
        put(out, body);
    }
    if !attempt.sent.is_empty() {
        put(out, &attempt.sent.encode());
    }
    if let Some(rendered) = &attempt.rendered {
        put_fields(out, rendered);
    }
}

/// Reads what [`put_snapshot`] wrote. `event_body` takes the place of a body that was the event's own.
///
/// # Errors
/// The bytes are damaged, or of a newer release.
pub fn snapshot(bytes: &[u8], event_body: &Bytes) -> Result<Snapshot, Damaged> {
    let mut rest = bytes;
    expect_plain(&mut rest, "attempt")?;
    let parts = byte(&mut rest, "attempt")?;
    let made_by = digests(&mut rest)?;
    let answer = if parts & ANSWER == 0 {
        None
    } else {
        let headers = headers(&mut rest, "answer")?;
        Some((headers, Bytes::copy_from_slice(take(&mut rest, "answer")?)))
    };
    let sent = if parts & SENT == 0 { Headers::new() } else { headers(&mut rest, "attempt")? };
    let rendered = if parts & RENDERED == 0 { None } else { Some(fields(&mut rest, event_body)?) };
    Ok(Snapshot { rendered, sent, answer, made_by })
}

/// Which of the three something kept is.
const MESSAGE: u8 = 0;
const WHOLE: u8 = 1;
const ANSWERED: u8 = 2;

/// Appends something that is kept with a delivery.
pub fn put_kept(out: &mut Vec<u8>, kept: &Kept) {
    out.put_u8(PLAIN);
    match kept {
        Kept::Message(message) => {
            out.put_u8(MESSAGE);
            out.put_u8(u8::from(message.body.is_some()));
            put(out, message.event_type.as_bytes());
            put(out, &message.headers.encode());
            put_digests(out, &message.made_by);
            if let Some(body) = &message.body {
                put(out, body);
            }
        }
        Kept::Rendered(rendered) => {
            out.put_u8(WHOLE);
            put_fields(out, rendered);
        }
        Kept::Answered { rendered, answer } => {
            out.put_u8(ANSWERED);
            out.put_u16_le(answer.status);
            out.put_u8(u8::from(answer.cut));
            put(out, &answer.headers.encode());
            put(out, &answer.body);
            put_fields(out, rendered);
        }
    }
}

/// Reads what [`put_kept`] wrote. `event_body` takes the place of a body that was the event's own.
///
/// # Errors
/// The bytes are damaged, or of a newer release.
pub fn kept(bytes: &[u8], event_body: &Bytes) -> Result<Kept, Damaged> {
    const WHAT: &str = "message";
    let mut rest = bytes;
    expect_plain(&mut rest, WHAT)?;
    match byte(&mut rest, WHAT)? {
        MESSAGE => {
            let has_body = byte(&mut rest, WHAT)? == 1;
            let event_type = text(&mut rest, "event type")?.into();
            let headers = headers(&mut rest, WHAT)?;
            let made_by = digests(&mut rest)?;
            let body = if has_body { Some(Bytes::copy_from_slice(take(&mut rest, WHAT)?)) } else { None };
            Ok(Kept::Message(Message { event_type, headers, body, made_by }))
        }
        WHOLE => fields(&mut rest, event_body).map(Kept::Rendered),
        ANSWERED => {
            let status = u16::from(byte(&mut rest, WHAT)?) | u16::from(byte(&mut rest, WHAT)?) << 8;
            let cut = byte(&mut rest, WHAT)? == 1;
            let headers = headers(&mut rest, "answer")?;
            let body = Bytes::copy_from_slice(take(&mut rest, "answer")?);
            let rendered = fields(&mut rest, event_body)?;
            Ok(Kept::Answered { rendered, answer: Answer { status, headers, body, cut } })
        }
        _ => Err(Damaged { what: WHAT }),
    }
}

fn put_fields(out: &mut Vec<u8>, rendered: &Rendered) {
    out.put_u8(u8::from(rendered.is_event_body));
    put(out, rendered.method.as_str().as_bytes());
    put(out, rendered.url.as_bytes());
    put(out, rendered.reference.as_bytes());
    put(out, &rendered.headers.encode());
    put_digests(out, &rendered.made_by);
    if !rendered.is_event_body {
        put(out, &rendered.body);
    }
}

fn fields(rest: &mut &[u8], event_body: &Bytes) -> Result<Rendered, Damaged> {
    const WHAT: &str = "message";
    let is_event_body = byte(rest, WHAT)? == 1;
    let method = Method::from_bytes(take(rest, WHAT)?).map_err(|_| Damaged { what: "method" })?;
    let url = text(rest, "URL")?;
    let reference = text(rest, "reference")?;
    let headers = headers(rest, WHAT)?;
    let made_by = digests(rest)?;
    let body = if is_event_body { event_body.clone() } else { Bytes::copy_from_slice(take(rest, WHAT)?) };
    Ok(Rendered { method, url, reference, headers, body, is_event_body, made_by })
}

fn put_digests(out: &mut Vec<u8>, digests: &[Digest]) {
    // A recipe has far fewer stages than a u16 counts; what does not fit is not written.
    let count = u16::try_from(digests.len()).unwrap_or(u16::MAX);
    out.put_u16_le(count);
    for digest in digests.iter().take(usize::from(count)) {
        out.put_slice(digest.as_bytes());
    }
}

fn digests(rest: &mut &[u8]) -> Result<Vec<Digest>, Damaged> {
    const WHAT: Damaged = Damaged { what: "digest" };
    let count = rest.try_get_u16_le().map_err(|_| WHAT)?;
    (0..count)
        .map(|_| {
            let (digest, after) = rest.split_at_checked(32).ok_or(WHAT)?;
            *rest = after;
            Digest::from_bytes(digest).ok_or(WHAT)
        })
        .collect()
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    // Bodies end far below 4 GiB: `limits::BODY_BYTES_MAX`.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.put_u32_le(length);
    out.put_slice(&bytes[..length as usize]);
}

fn take<'a>(rest: &mut &'a [u8], what: &'static str) -> Result<&'a [u8], Damaged> {
    let length = rest.try_get_u32_le().map_err(|_| Damaged { what })?;
    let (bytes, after) = rest.split_at_checked(length as usize).ok_or(Damaged { what })?;
    *rest = after;
    Ok(bytes)
}

fn text(rest: &mut &[u8], what: &'static str) -> Result<String, Damaged> {
    String::from_utf8(take(rest, what)?.to_vec()).map_err(|_| Damaged { what })
}

fn headers(rest: &mut &[u8], what: &'static str) -> Result<Headers, Damaged> {
    Headers::decode(take(rest, what)?).map_err(|_| Damaged { what })
}

fn byte(rest: &mut &[u8], what: &'static str) -> Result<u8, Damaged> {
    rest.try_get_u8().map_err(|_| Damaged { what })
}

fn expect_plain(rest: &mut &[u8], what: &'static str) -> Result<(), Damaged> {
    if byte(rest, what)? == PLAIN { Ok(()) } else { Err(Damaged { what }) }
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
