//! The bare loop, the limit we measure ourselves against: it verifies a GitHub HMAC, parses the body,
//! commits, answers, signs and sends, and commits the outcome; nothing else. No routes, no dedupe, no
//! retries, no metrics. It is as honest as the gateway has to be where it counts: SQLite FULL, no 2xx
//! before the commit, bounded queues, an attempt row for every send.

mod deliver;
mod intake;
mod store;

pub(crate) use store::now_ms;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::child;
use crate::poster::{ClientKind, Poster};
use crate::serve::serve;
use crate::signing::Key;

/// How a bare loop runs.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Address to listen at
    #[arg(long)]
    listen: SocketAddr,
    /// Address to deliver to
    #[arg(long)]
    sink: SocketAddr,
    /// Database file; it must not exist
    #[arg(long)]
    database: PathBuf,
    /// Client that delivers
    #[arg(long, value_enum, default_value = "raw")]
    client: ClientKind,
    /// Deliveries on the wire at once
    #[arg(long, default_value_t = 64)]
    concurrency: u32,
    /// Secret of the source
    #[arg(long, env = "GITHUB_WEBHOOK_SECRET", hide_env_values = true)]
    source_secret: String,
    /// Secret of the destination
    #[arg(long, env = "SINK_SECRET", hide_env_values = true)]
    sink_secret: String,
}

/// Runs the loop until standard input closes.
///
/// # Errors
/// The database or the address cannot be had, or the writer died.
pub(crate) async fn run(options: Options) -> Result<()> {
    let (source_key, sink_key) =
        (Key::github(&options.source_secret)?, Key::standard_webhooks(&options.sink_secret)?);
    let (store, writer) = store::open(&options.database).await?;
    let mut tasks = JoinSet::new();
    tasks.spawn(writer);

    let poster = Poster::new(options.client, options.sink, "/hook")?;
    let mut lanes = Vec::new();
    for _ in 0..options.concurrency {
        let (lane, deliveries) = deliver::lane();
        lanes.push(lane);
        tasks.spawn(deliver::deliver_all(deliveries, poster.share(), sink_key.clone(), store.clone()));
    }

    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen at {}", options.listen))?;
    let intake = Arc::new(intake::Intake::new(source_key, store, lanes));
    let serving = serve(listener, move |request| {
        let intake = Arc::clone(&intake);
        async move { intake.receive(request).await }
    });
    tokio::select! {
        served = serving => Ok(served?),
        Some(ended) = tasks.join_next() => ended?,
        () = child::parent_gone() => Ok(()),
    }
}
