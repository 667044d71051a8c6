//! A destination hangs, and 100,000 deliveries that are older than all others wait for it. Twenty healthy
//! destinations are served beside it, and again after a kill.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::house::NOTHING;
use super::{Case, House, Outcome, Setting, Stage, healthy};
use crate::serve::{empty, serve};

/// Five events a second for each of the healthy destinations: far from saturated, so that what is seen is
/// waiting and not work.
const PER_SECOND: u32 = 100;

/// Healthy destinations, each with a route of its own.
const HEALTHY: u32 = 20;

/// As many events as one request may bring.
const EVENTS_PER_REQUEST: u32 = 1_000;

/// So long the destination that hangs takes to answer.
const HANGS: Duration = Duration::from_secs(30);

/// Its permits, by default: when so many requests are there it gets no more.
const PERMITS: u64 = 32;

/// A backlog of a million is found by then.
const FOUND_TIMEOUT: Duration = Duration::from_secs(30);

const CASES: [Case; 4] = [Case::Alone, Case::AloneAgain, Case::Beside, Case::AfterRestart];

#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Deliveries that wait for the destination that hangs
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    waiting: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { waiting: 100_000 }
    }
}

/// Requests that hang, and how many there were in all.
struct Hanging {
    address: String,
    count: Arc<watch::Sender<u64>>,
    _serving: JoinSet<Result<()>>,
}

pub(super) async fn run(setting: &Setting<'_>, Options { waiting }: Options) -> Result<Outcome> {
    let trouble = format!("{waiting} older deliveries wait for a destination that hangs");
    let hanging = Hanging::listen().await?;
    let mut stage = Stage::set(setting, trouble, &CASES, PER_SECOND).await?;
    let config = config(&stage.sink_address, &hanging.address);
    for nth in 1..=setting.rounds {
        eprintln!("round {nth} of {}: one destination hangs", setting.rounds);
        let round = round(&mut stage, &hanging, &config, waiting);
        round.await.with_context(|| format!("round {nth}: one destination hangs"))?;
    }
    Ok(stage.outcome)
}

/// The order is A, B, A', C: between both pairs lies as much time, and nothing waits anywhere during A'.
async fn round(stage: &mut Stage<'_>, hanging: &Hanging, config: &str, waiting: u32) -> Result<()> {
    let plain = stage.house(config).await?;
    stage.window(Case::Alone, &plain).await?;
    let mut full = stage.house(config).await?;
    let before = hanging.count();
    fill(&full, waiting).await?;
    hanging.reached(before + PERMITS).await?;
    stage.window(Case::Beside, &full).await?;
    full.kill();
    stage.window(Case::AloneAgain, &plain).await?;
    let before = hanging.count();
    full.start_again().await?;
    hanging.reached(before + PERMITS).await?;
    stage.window(Case::AfterRestart, &full).await
}

/// Lets so many deliveries wait for the destination that hangs, all before one of them is sent.
async fn fill(house: &House, deliveries: u32) -> Result<()> {
    let mut api = house.api();
    house.post(&mut api, "/v1/destinations/hanging/pause", NOTHING, &[StatusCode::OK]).await?;
    let event = json!({ "type": "job.new", "data": { "text": "x".repeat(1_000) } });
    let mut left = deliveries;
    while left > 0 {
        let count = left.min(EVENTS_PER_REQUEST);
        let body = json!({ "events": vec![&event; count as usize] }).to_string();
        let body = ("application/json", body.into());
        house.post(&mut api, "/v1/events", body, &[StatusCode::ACCEPTED]).await?;
        left -= count;
    }
    house.post(&mut api, "/v1/destinations/hanging/resume", NOTHING, &[StatusCode::OK]).await
}

impl Hanging {
    /// Reads each request, counts it, and answers it late.
    async fn listen() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let count = Arc::new(watch::Sender::new(0));
        let mut serving = JoinSet::new();
        let counted = Arc::clone(&count);
        let answer = move |_| {
            let counted = Arc::clone(&counted);
            async move {
                counted.send_modify(|count| *count += 1);
                tokio::time::sleep(HANGS).await;
                empty(StatusCode::NO_CONTENT)
            }
        };
        serving.spawn(async move { Ok(serve(listener, answer).await?) });
        Ok(Self { address, count, _serving: serving })
    }

    fn count(&self) -> u64 {
        *self.count.borrow()
    }

    /// Waits until so many requests hung.
    async fn reached(&self, count: u64) -> Result<()> {
        let mut changes = self.count.subscribe();
        let reached = changes.wait_for(|hung| *hung >= count);
        tokio::time::timeout(FOUND_TIMEOUT, reached).await.context("the backlog was not taken up")??;
        Ok(())
    }
}

fn config(sink: &str, hanging: &str) -> String {
    let trouble = format!(
        "[destination.hanging]\ntimeout = \"60s\"\n\n[destination.hanging.http]\n\
         endpoint = \"http://{hanging}/hook\"\n\n[route.hanging]\nsource = \"api\"\nto = [\"hanging\"]\n\n"
    );
    (0..HEALTHY).fold(trouble, |text, nth| text + &healthy(&format!("healthy-{nth}"), sink) + &route(nth))
}

/// Returns the `nth` healthy route, which takes the events whose number leaves `nth` when it is divided by 20: by
/// its last digit and whether the one before is odd. The node id ends with it.
fn route(nth: u32) -> String {
    let before = if nth < 10 { "[b02468]" } else { "[13579]" };
    format!(
        "[route.healthy-{nth}]\nsource = \"github\"\n\
         match = {{ \"body.pull_request.node_id\" = {{ regex = \"{before}{}$\" }} }}\nto = [\"healthy-{nth}\"]\n\n",
        nth % 10
    )
}
