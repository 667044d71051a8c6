//! From an outbound request to the one that goes on the wire.
//!
//! The sender's header fields pass as they are, but for those that belong to the connection: the target,
//! the framing of the body and the connection's own life are the client's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hookgate_core::outbound::OutboundRequest;
use http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue, TE, TRAILER, TRANSFER_ENCODING,
    UPGRADE,
};
use http::{HeaderMap, Method, Request, Uri};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use url::Url;

use crate::failure::Failure;

/// Fields that speak about one connection, RFC 9110 section 7.6.1, and the framing of one message.
const CLIENTS_OWN: [HeaderName; 9] = [
    HOST,
    CONTENT_LENGTH,
    TRANSFER_ENCODING,
    CONNECTION,
    UPGRADE,
    TE,
    TRAILER,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Makes the request that goes on the wire.
///
/// # Errors
/// `Misconfigured`: the URL is none of HTTP, or the method makes tunnels instead of requests.
pub(super) fn wire(outbound: OutboundRequest) -> Result<Request<Full<Bytes>>, Failure> {
    let uri = target(&outbound.url)?;
    if outbound.method == Method::CONNECT {
        return Err(Failure::Misconfigured("the method CONNECT makes tunnels, it sends nothing".into()));
    }
    let mut headers = HeaderMap::with_capacity(outbound.headers.len() + 1);
    for (name, value) in outbound.headers.iter().filter(|(name, _)| !CLIENTS_OWN.contains(name)) {
        headers.append(name.clone(), value.clone());
    }
    if let Some(basic) = credentials(&outbound.url)
        && !headers.contains_key(AUTHORIZATION)
    {
        headers.insert(AUTHORIZATION, basic);
    }
    // hyper names no length for an empty body, and servers answer 411 to that; RFC 9110, section 8.6.
    if outbound.body.is_empty() && [Method::POST, Method::PUT, Method::PATCH].contains(&outbound.method) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    let mut request = Request::new(Full::new(outbound.body));
    *request.method_mut() = outbound.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Returns scheme, host, port, path and query; credentials and fragment stay here.
fn target(url: &Url) -> Result<Uri, Failure> {
    let not_http = || Failure::Misconfigured("the endpoint's URL is no URL of http or https".into());
    if !matches!(url.scheme(), "http" | "https") {
        return Err(not_http());
    }
    let after_host = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    Uri::builder()
        .scheme(url.scheme())
        .authority(authority)
        .path_and_query(after_host)
        .build()
        .map_err(|_| not_http())
}

/// Returns what a URL's user and password mean to every client of HTTP: basic authentication.
fn credentials(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut plain: Vec<u8> = percent_decode_str(url.username()).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value =
        HeaderValue::try_from(format!("Basic {}", STANDARD.encode(plain))).expect("base64 is a value");
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
