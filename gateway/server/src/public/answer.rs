//! What a sender hears when nothing was refused: its events, or the answer to its handshake.

use axum::body::Body;
use axum::response::Response;
use hookgate_core::plugin::GuestResponse;
use hookgate_engine::{Receipt, Reception, Taken};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// Writes the answer.
pub(super) fn of(reception: Reception) -> Response {
    match reception {
        Reception::Stored(receipt) => stored(&receipt),
        Reception::Answered(answer) => answered(answer),
    }
}

/// What HTTP itself says of a message.
const OF_HTTP: [HeaderName; 4] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::UPGRADE];

fn answered(answer: GuestResponse) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    // The host took no other status than 200 to 599.
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in answer.headers.iter().filter(|(name, _)| !OF_HTTP.contains(name)) {
        response.headers_mut().append(name.clone(), value.clone());
    }
    response
}

fn stored(receipt: &Receipt) -> Response {
    let body = match receipt.events.as_slice() {
        [only] if !receipt.is_split => format!("{{\"event\":\"{}\"}}\n", only.event),
        all => {
            let each: Vec<String> = all.iter().map(listed).collect();
            format!("{{\"events\":[{}]}}\n", each.join(","))
        }
    };
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if receipt.is_duplicate() {
        headers.insert(HeaderName::from_static("hookgate-duplicate"), HeaderValue::from_static("true"));
    }
    response
}

fn listed(taken: &Taken) -> String {
    format!("{{\"event\":\"{}\",\"duplicate\":{}}}", taken.event, taken.is_duplicate)
}
