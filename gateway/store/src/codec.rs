//! The bytes of stored messages and attempts: compact, versioned, the same in every database.
//!
//! A stored value begins with its format; a length is a 32-bit number, little-endian. Nothing is
//! compressed yet: a later format may be. A body that is the event's own is left out and put back from
//! the event's row when it is read.

use bytes::{Buf, BufMut, Bytes};
use hookgate_core::render::Rendered;
use hookgate_core::word::{Digest, Headers};
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
    /// What came back.
    pub answer: Option<(Headers, Bytes)>,
    /// The components that made it.
    pub made_by: Vec<Digest>,
}

/// Appends a snapshot.
pub fn put_snapshot(
    out: &mut Vec<u8>,
    rendered: Option<&Rendered>,
    answer: Option<&(Headers, Bytes)>,
    made_by: &[Digest],
) {
    out.put_u8(PLAIN);
    out.put_u8(u8::from(rendered.is_some()) | u8::from(answer.is_some()) << 1);
    put_digests(out, made_by);
    if let Some((headers, body)) = answer {
        put(out, &headers.encode());
        put(out, body);
    }
    if let Some(rendered) = rendered {
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
    let answer = if parts & 2 == 0 {
        None
    } else {
        let headers = headers(&mut rest, "answer")?;
        Some((headers, Bytes::copy_from_slice(take(&mut rest, "answer")?)))
    };
    let rendered = if parts & 1 == 0 { None } else { Some(fields(&mut rest, event_body)?) };
    Ok(Snapshot { rendered, answer, made_by })
}

/// Appends a rendered message.
pub fn put_rendered(out: &mut Vec<u8>, rendered: &Rendered) {
    out.put_u8(PLAIN);
    put_fields(out, rendered);
}

/// Reads what [`put_rendered`] wrote. `event_body` takes the place of a body that was the event's own.
///
/// # Errors
/// The bytes are damaged, or of a newer release.
pub fn rendered(bytes: &[u8], event_body: &Bytes) -> Result<Rendered, Damaged> {
    let mut rest = bytes;
    expect_plain(&mut rest, "message")?;
    fields(&mut rest, event_body)
}

fn put_fields(out: &mut Vec<u8>, rendered: &Rendered) {
    out.put_u8(u8::from(rendered.is_event_body));
    put(out, rendered.method.as_str().as_bytes());
    put(out, rendered.url.as_bytes());
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
    let url = String::from_utf8(take(rest, WHAT)?.to_vec()).map_err(|_| Damaged { what: "URL" })?;
    let headers = headers(rest, WHAT)?;
    let made_by = digests(rest)?;
    let body = if is_event_body { event_body.clone() } else { Bytes::copy_from_slice(take(rest, WHAT)?) };
    Ok(Rendered { method, url, headers, body, is_event_body, made_by })
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
