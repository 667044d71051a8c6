//! The client comparison: what one POST costs in CPU with each client, at 8 and at 32 at once, against
//! a sink in a process of its own. The clients take turns in every round; the ratio to the bare
//! connection is what counts, for the microseconds change with the machine's hour.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::Uri;
use tokio::task::JoinSet;

use crate::child::{Child, free_address, ourselves};
use crate::event::{EventKind, EventMaker};
use crate::gateway::SINK_SECRET;
use crate::poster::{ClientKind, Message, Poster};
use crate::process;
use crate::scratch::Scratch;
use crate::signing::Key;

/// How many requests are on the wire at once: a quiet destination and a busy one.
const CONCURRENCIES: [u32; 2] = [8, 32];

/// No answer of the sink takes longer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What one client did in one round.
#[derive(Clone, Copy, Debug, serde::Serialize)]
pub(crate) struct Cost {
    /// CPU of this process per POST.
    pub(crate) cpu_us: f64,
    /// CPU of the sink per POST.
    pub(crate) sink_cpu_us: f64,
    /// POSTs a second.
    pub(crate) per_s: f64,
}

/// One client at one concurrency, over the rounds.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Row {
    /// The client's name.
    pub(crate) client: &'static str,
    /// POSTs at once.
    pub(crate) concurrency: u32,
    /// By round.
    pub(crate) rounds: Vec<Cost>,
}

/// Compares the clients.
///
/// # Errors
/// The sink does not start, or a POST fails.
pub(crate) async fn compare(rounds: u32, window: Duration, directory: &std::path::Path) -> Result<Vec<Row>> {
    let files = Scratch::new(directory)?;
    let address = free_address()?;
    let mut command = ourselves("sink")?;
    command.args(["--listen", &address.to_string()]).env("SINK_SECRET", SINK_SECRET);
    let sink = Child::start("sink", command, files.path().join("log"), address).await?;

    let cases = CONCURRENCIES.iter().flat_map(|at_once| ClientKind::ALL.map(|kind| (kind, *at_once)));
    let mut rows: Vec<_> = cases.map(|(kind, at_once)| (kind, at_once, Vec::new())).collect();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}: clients");
        for (kind, at_once, costs) in &mut rows {
            let cost = measure(*kind, *at_once, address, window, &sink).await;
            costs.push(cost.with_context(|| format!("client {}", kind.name()))?);
        }
    }
    let rows = rows.into_iter();
    Ok(rows.map(|(kind, concurrency, rounds)| Row { client: kind.name(), concurrency, rounds }).collect())
}

async fn measure(
    kind: ClientKind,
    at_once: u32,
    address: SocketAddr,
    window: Duration,
    sink: &Child,
) -> Result<Cost> {
    let key = Key::standard_webhooks(SINK_SECRET)?;
    let uri = Uri::from_static("http://127.0.0.1/");
    let body = EventMaker::new(uri, key.clone(), EventKind::Routed, 0).body(1);
    let signature = key.sign_standard("del_0000000000001", "1614265330", &body);
    let poster = Poster::new(kind, address, "/hook")?;
    let (before, sink_before, start) = (process::read_self()?, sink.read()?, Instant::now());
    let mut senders = JoinSet::new();
    for _ in 0..at_once {
        senders.spawn(post_until(start + window, poster.share(), body.clone(), signature.clone()));
    }
    let mut posts = 0;
    while let Some(sender) = senders.join_next().await {
        posts += sender??;
    }
    let (elapsed, after, sink_after) = (start.elapsed(), process::read_self()?, sink.read()?);
    let posts = posts as f64;
    Ok(Cost {
        cpu_us: (after.cpu - before.cpu).as_secs_f64() * 1e6 / posts,
        sink_cpu_us: (sink_after.cpu - sink_before.cpu).as_secs_f64() * 1e6 / posts,
        per_s: posts / elapsed.as_secs_f64(),
    })
}

async fn post_until(end: Instant, mut poster: Poster, body: Bytes, signature: String) -> Result<u64> {
    let mut posts = 0;
    while Instant::now() < end {
        let message = Message {
            id: "del_0000000000001".to_owned(),
            timestamp: "1614265330".to_owned(),
            signature: signature.clone(),
            body: body.clone(),
        };
        let status =
            tokio::time::timeout(ANSWER_TIMEOUT, poster.post(message)).await.context("no answer")??;
        ensure!(status.is_success(), "the sink answered {status}");
        posts += 1;
    }
    Ok(posts)
}
