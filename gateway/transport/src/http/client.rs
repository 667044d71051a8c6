//! The client that keeps the connections, with every knob that differs from its defaults and why.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::destination::HttpVersion;
use hookgate_core::limits;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::Connector;
use super::settings::HttpSettings;

/// A shared HTTP/2 connection with requests on it is asked for a sign of life after this much silence ...
const PING_AFTER: Duration = Duration::from_secs(10);

/// ... and given up this much later. Otherwise a path that died silently would fail every request of its
/// host by timeout for as long as new ones keep it from being idle.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// What a receiver may send ahead on one HTTP/2 stream before it was read: twice what is kept of a body,
/// instead of hyper's 2 MiB, times as many streams as there are requests in flight.
const STREAM_WINDOW_BYTES: u32 = 128 << 10;

/// The same for all streams of a connection together.
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// Builds a client that sends what it is given, once. With [`HttpVersion::Two`] it speaks HTTP/2 whatever
/// TLS agrees upon, and without TLS by prior knowledge (RFC 9113, 3.3).
///
/// It drives each connection on a task of its own, which ends with its connection: when the receiver
/// closes it, it was idle too long, its request was dropped, or the client is.
pub(super) fn build(
    settings: &HttpSettings,
    connector: Connector,
    version: HttpVersion,
) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.idle_connection)
        .pool_max_idle_per_host(settings.idle_connections_max)
        // Repeats only what was never written to a kept connection, see the module's words.
        .retry_canceled_requests(true)
        .http2_only(version == HttpVersion::Two)
        .http1_max_buf_size(limits::HEADER_BYTES_MAX)
        .http1_max_headers(limits::HEADER_COUNT_MAX)
        // Some receivers compare header names with their case; `Webhook-Id` is what they expect to see.
        .http1_title_case_headers(true)
        // A receiver that answers 200 with one malformed field has received the webhook.
        .http1_ignore_invalid_headers_in_responses(true)
        .http2_max_header_list_size(limits::HEADER_BYTES_MAX as u32)
        .http2_initial_stream_window_size(STREAM_WINDOW_BYTES)
        .http2_initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keep_alive_interval(PING_AFTER)
        .http2_keep_alive_timeout(PING_TIMEOUT)
        .build(connector)
}
