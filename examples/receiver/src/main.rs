//! A receiver to look at: prints each webhook that arrives, says whether its signature holds, and fails
//! where it is told to. It is what the customer of a gateway would write, so it uses none of our crates.

mod print;
mod signature;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use bytes::Bytes;
use clap::Parser;
use http::{HeaderMap, Method, StatusCode, Uri};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use signature::Key;

/// As much as Hookgate takes in; a transform may make more, but not of an example.
const BODY_BYTES_MAX: usize = 25 << 20;

/// Prints each webhook that arrives.
#[derive(Parser)]
#[command(name = "hookgate-receiver")]
struct Options {
    /// Address to listen at
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Secret of Standard Webhooks (`whsec_…`); with it signatures are verified, and 401 answers a wrong one
    #[arg(long, env = "RECEIVER_SECRET", hide_env_values = true, value_parser = Key::parse)]
    secret: Option<Key>,
    /// A path whose webhooks need no signature, as a chat's incoming webhook has none
    #[arg(long, default_value = "/slack", value_name = "PATH")]
    open: String,
    /// Answer the first N webhooks with `--fail-status`
    #[arg(long, default_value_t = 0, value_name = "N")]
    fail_first: u64,
    /// What a failing answer is
    #[arg(long, default_value = "503", value_name = "CODE")]
    fail_status: StatusCode,
    /// Answer with this status
    #[arg(long, default_value = "200", value_name = "CODE")]
    status: StatusCode,
    /// Wait so many milliseconds before the answer
    #[arg(long, default_value_t = 0, value_name = "MS")]
    delay: u64,
}

struct Receiver {
    options: Options,
    arrived: AtomicU64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse();
    let listener =
        TcpListener::bind(options.listen).await.map_err(|error| format!("{}: {error}", options.listen))?;
    println!("receiver: listening at http://{}", listener.local_addr()?);
    let receiver = Arc::new(Receiver { options, arrived: AtomicU64::new(0) });
    let router =
        Router::new().fallback(receive).layer(DefaultBodyLimit::max(BODY_BYTES_MAX)).with_state(receiver);
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    // Connections that idle are the sender's to keep; an example does not wait for them.
    tokio::select! {
        served = axum::serve(listener, router) => served?,
        () = stop => println!("receiver: stopped"),
    }
    Ok(())
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let options = &receiver.options;
    let nth = receiver.arrived.fetch_add(1, Ordering::Relaxed) + 1;
    let secret = options.secret.as_ref().filter(|_| uri.path() != options.open);
    let verified = secret.map(|key| key.verify(&headers, &body, seconds_now()));
    let status = match &verified {
        Some(Err(_)) => StatusCode::UNAUTHORIZED,
        Some(Ok(())) | None if nth <= options.fail_first => options.fail_status,
        Some(Ok(())) | None => options.status,
    };
    tokio::time::sleep(Duration::from_millis(options.delay)).await;
    print!("{}", print::webhook(nth, &format!("{method} {uri}"), &headers, &body, verified.as_ref(), status));
    // Chat products say `ok` to what they took, and a connector looks for it.
    (status, if status.is_success() { "ok" } else { "" })
}

fn seconds_now() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
}
