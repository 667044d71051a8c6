//! Reading a body: bounded in size, in time, and in what all bodies together hold.

use std::sync::Arc;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use hookgate_core::limits;
use hookgate_core::word::Headers;
use http::{StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::Problem;

/// Refuses a body in a coding that could not be looked into: types, keys and conditions would silently
/// find nothing in it.
///
/// # Errors
/// 415, with the codings that are taken.
pub(crate) fn readable(headers: &Headers) -> Result<(), Problem> {
    match headers.first_text(header::CONTENT_ENCODING.as_str()) {
        Some(coding) if !coding.trim().eq_ignore_ascii_case("identity") => {
            let detail = "bodies are taken as they are, without a content coding";
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-coding", detail);
            Err(problem.accept_encoding("identity"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Reads a body of at most `bytes_max`. The bytes are counted in `room` as they arrive, so that a slow
/// client holds no more than it has sent; the permits are held until the commit.
///
/// # Errors
/// 413 too large, 408 too slow, 400 broken off, 503 no room.
pub(crate) async fn read(
    body: Body,
    bytes_max: usize,
    room: &Arc<Semaphore>,
) -> Result<(Bytes, Vec<OwnedSemaphorePermit>), Problem> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    match timeout(limits::BODY_TIMEOUT, collect(body, bytes_max, room)).await {
        Ok(read) => read,
        Err(_) => {
            let detail = format!("the body was not complete within {} s", limits::BODY_TIMEOUT.as_secs());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body-timeout", detail))
        }
    }
}

async fn collect(
    mut body: Body,
    bytes_max: usize,
    room: &Arc<Semaphore>,
) -> Result<(Bytes, Vec<OwnedSemaphorePermit>), Problem> {
    let mut held = Vec::new();
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "body-broken", "the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + whole.len() + data.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        let count = u32::try_from(data.len()).map_err(|_| too_large(bytes_max))?;
        held.push(Arc::clone(room).try_acquire_many_owned(count).map_err(|_| no_room())?);
        if first.is_empty() && whole.is_empty() {
            first = data;
            continue;
        }
        // Only a body of several frames is copied.
        if whole.is_empty() {
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&data);
    }
    Ok((if whole.is_empty() { compact(first) } else { whole.freeze() }, held))
}

/// Copies a body out of the connection's read buffer, which it would keep alive as long as it lives.
fn compact(data: Bytes) -> Bytes {
    Bytes::copy_from_slice(&data)
}

fn too_large(bytes_max: usize) -> Problem {
    let detail = format!("bodies of at most {bytes_max} bytes are taken here");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

fn no_room() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many bodies are being received").retry_after(1)
}
