//! `hookgate tail`: looks on for as long as it is let, over restarts of the gateway.

mod line;
mod stream;

use std::io::Write;
use std::time::Duration;

use clap::Args;

use super::client::{Gateway, online};
use super::{Exit, Online};
use line::line;
use stream::Stream;

/// A gateway that starts again takes seconds.
const PAUSE: Duration = Duration::from_secs(1);

/// What to look at.
#[derive(Args)]
pub(super) struct Tail {
    /// Only this source, and attempts of its events
    #[arg(long)]
    source: Option<String>,
    /// Only attempts by this route
    #[arg(long)]
    route: Option<String>,
    /// Only attempts at this destination
    #[arg(long)]
    destination: Option<String>,
    /// Only events of this type, and attempts of them
    #[arg(long = "type")]
    event_type: Option<String>,
    /// Only this event, and attempts of it
    #[arg(long)]
    event: Option<String>,
    /// Only these kinds: accepted, refused, tried, with commas between
    #[arg(long)]
    kind: Option<String>,
    /// Only refused requests and attempts that failed
    #[arg(long)]
    failed: bool,
    #[command(flatten)]
    online: Online,
}

impl Tail {
    /// Returns the query parameters of the API.
    fn query(&self) -> [(&'static str, Option<&str>); 7] {
        [
            ("source", self.source.as_deref()),
            ("route", self.route.as_deref()),
            ("destination", self.destination.as_deref()),
            ("type", self.event_type.as_deref()),
            ("event", self.event.as_deref()),
            ("kind", self.kind.as_deref()),
            ("failed", self.failed.then_some("true")),
        ]
    }
}

/// Whether somebody still reads what is printed.
enum Reader {
    Listens,
    Gone,
}

/// Looks on until Ctrl-C.
pub(super) fn run(tail: Tail) -> Result<(), Exit> {
    let access = tail.online.clone();
    online(access, async move |gateway| {
        let query = tail.query();
        tokio::select! {
            _ = tokio::signal::ctrl_c() => Ok(()),
            ended = watch(&gateway, &query) => ended,
        }
    })
}

/// What is wrong at the beginning ends it; later a gateway that is gone is waited for.
async fn watch(gateway: &Gateway, query: &[(&str, Option<&str>)]) -> Result<(), Exit> {
    let mut stream = Stream::open(gateway, query).await?;
    eprintln!("looking on; Ctrl-C ends it");
    loop {
        match show(&mut stream, gateway.json).await {
            Reader::Gone => return Ok(()),
            Reader::Listens => {}
        }
        eprintln!("the gateway stopped answering; waiting until it is back");
        stream = back(gateway, query).await?;
        eprintln!(
            "looking on again; what happened between is in `hookgate events` and `hookgate deliveries`"
        );
    }
}

/// Prints what comes until the stream ends or breaks, or nobody reads any more.
async fn show(stream: &mut Stream, as_json: bool) -> Reader {
    while let Some(data) = stream.next().await {
        let text = if as_json { data } else { line(&data) };
        let mut out = std::io::stdout().lock();
        if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
            return Reader::Gone;
        }
    }
    Reader::Listens
}

/// Waits until the gateway is back.
async fn back(gateway: &Gateway, query: &[(&str, Option<&str>)]) -> Result<Stream, Exit> {
    loop {
        tokio::time::sleep(PAUSE).await;
        match Stream::open(gateway, query).await {
            Err(Exit::Unreachable(_) | Exit::TryAgain(_)) => {}
            opened_or_refused => return opened_or_refused,
        }
    }
}
