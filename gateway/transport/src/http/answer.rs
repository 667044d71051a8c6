//! Reads a receiver's answer, and no more of it than is kept.

use bytes::{Bytes, BytesMut};
use hookgate_core::outcome::Answer;
use hookgate_core::word::Headers;
use http::Response;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::error::cause;
use crate::failure::Failure;

/// Reads an answer up to `body_bytes_max` bytes of body. A longer body is cut, and its HTTP/1.1 connection
/// dropped with the rest: reading on to save a connection would be at the receiver's mercy.
///
/// # Errors
/// The connection broke before the body was whole: `Unreachable` by reset, which names the status.
pub(super) async fn read(
    response: Response<Incoming>,
    body_bytes_max: usize,
    host: &str,
) -> Result<Answer, Failure> {
    let (head, mut incoming) = response.into_parts();
    let status = head.status.as_u16();
    let headers: Headers = head.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut body = Kept { bytes: Bytes::new(), more: BytesMut::new() };
    let mut cut = false;
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| {
            Failure::reset(format!("{host} answered {status}, but not wholly: {}", cause(&error)))
        })?;
        // Trailers are no part of what is kept.
        let Ok(mut data) = frame.into_data() else { continue };
        let room = body_bytes_max - body.len();
        if data.len() > room {
            data.truncate(room);
            cut = true;
        }
        body.push(data);
        if cut {
            break;
        }
    }
    Ok(Answer { status, headers, body: body.whole(), cut })
}

/// A body in parts; one part alone, which is the rule, is not copied.
struct Kept {
    bytes: Bytes,
    more: BytesMut,
}

impl Kept {
    fn len(&self) -> usize {
        self.bytes.len() + self.more.len()
    }

    fn push(&mut self, part: Bytes) {
        if self.bytes.is_empty() && self.more.is_empty() {
            self.bytes = part;
        } else {
            self.more.extend_from_slice(&self.bytes);
            self.bytes.clear();
            self.more.extend_from_slice(&part);
        }
    }

    fn whole(self) -> Bytes {
        if self.more.is_empty() { self.bytes } else { self.more.freeze() }
    }
}
