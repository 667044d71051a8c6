//! Plugins that do what they should not are uploaded to the running gateway and fed beside a control route at 500
//! events a second, which has a plugin of its own; and again while those in quarantine are let out once a second,
//! so that they go on breaking.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hookgate_tests::hostile::{COMPILED, End, Hostile, written};
use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::Full;
use tokio::time::{interval, timeout};

use super::house::NOTHING;
use super::{Case, House, Outcome, Setting, Stage, healthy};
use crate::connection::Connection;
use crate::scratch::Scratch;

/// Events of the control route.
const PER_SECOND: u32 = 500;

/// Hostile events, in turn for each plugin.
const HOSTILE_PER_SECOND: u32 = 100;

const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

const CASES: [Case; 4] = [Case::Alone, Case::AloneAgain, Case::Beside, Case::Unbound];

/// The crate that is compiled to several of them; `make bench` runs in the checkout that it was built from.
const CRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/hostile");

pub(super) async fn run(setting: &Setting<'_>) -> Result<Outcome> {
    let mut all = written();
    all.extend(compiled(setting)?);
    let stopped: Vec<&Hostile> = all.iter().filter(|one| matches!(one.end, End::Stopped(_))).collect();
    let (refused, fed) = (all.len() - stopped.len(), stopped.len());
    let trouble = format!(
        "{fed} hostile plugins are fed {HOSTILE_PER_SECOND} events a second ({refused} more were refused), beside {PER_SECOND} a second"
    );
    let mut stage = Stage::set(setting, trouble, &CASES, PER_SECOND).await?;
    for nth in 1..=setting.rounds {
        eprintln!("round {nth} of {}: hostile plugins", setting.rounds);
        round(&mut stage, &all, &stopped).await.with_context(|| format!("round {nth}: hostile plugins"))?;
    }
    Ok(stage.outcome)
}

/// The order is A, B, A', C: a window begins when its load does, and each pair has as much between.
async fn round(stage: &mut Stage<'_>, all: &[Hostile], stopped: &[&Hostile]) -> Result<()> {
    let control = control(&stage.sink_address);
    let plain = stage.house(&control).await?;
    stage.window(Case::Alone, &plain).await?;
    let full = stage.house(&control).await?;
    let mut api = full.api();
    for hostile in all {
        let path = format!("/v1/plugins/{}/versions", hostile.name);
        let body = ("application/wasm", Bytes::from(hostile.component.clone()));
        let wanted = match hostile.end {
            End::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            End::Stopped(_) => StatusCode::CREATED,
        };
        full.post(&mut api, &path, body, &[wanted]).await?;
    }
    full.configure(&(control + &hostile_routes(&stage.sink_address, stopped)))?;
    full.post(&mut api, "/v1/config/reload", NOTHING, &[StatusCode::OK]).await?;
    tokio::select! {
        window = stage.window(Case::Beside, &full) => window?,
        fed = feed(&full, stopped) => fed?,
    }
    stage.window(Case::AloneAgain, &plain).await?;
    tokio::select! {
        window = stage.window(Case::Unbound, &full) => window,
        fed = feed(&full, stopped) => fed,
        let_out = let_out(&full, stopped) => let_out,
    }
}

/// Feeds the plugins in turn, until it is dropped.
async fn feed(house: &House, stopped: &[&Hostile]) -> Result<()> {
    let mut door = Connection::new(house.address);
    let mut ticks = interval(Duration::from_secs(1) / HOSTILE_PER_SECOND);
    for hostile in stopped.iter().cycle() {
        ticks.tick().await;
        let request = Request::post("/in/hostile")
            .header(HOST, door.host())
            .header("x-kind", hostile.name)
            .body(Full::new(Bytes::from_static(b"{\"a\":1}")))?;
        let status = timeout(ANSWER_TIMEOUT, door.send(request)).await??;
        ensure!(status == StatusCode::OK, "an event for {} was answered {status}", hostile.name);
    }
    Ok(())
}

/// Lets all of them out of quarantine once a second, until it is dropped.
async fn let_out(house: &House, stopped: &[&Hostile]) -> Result<()> {
    let mut api = house.api();
    let mut ticks = interval(Duration::from_secs(1));
    loop {
        ticks.tick().await;
        for hostile in stopped {
            let path = format!("/v1/plugins/{}/resume", hostile.name);
            house.post(&mut api, &path, NOTHING, &[StatusCode::OK]).await?;
        }
    }
}

fn control(sink: &str) -> String {
    let route = "[route.control]\nsource = \"github\"\nto = [\"control\"]\n\
                 transform = [{ plugin = \"pr-summary\", config = { style = \"full\" } }]\n\n";
    healthy("control", sink) + route
}

/// Returns a plugin, a destination and a route for each. What breaks for good is dead-lettered.
fn hostile_routes(sink: &str, stopped: &[&Hostile]) -> String {
    let source = "[source.hostile]\ntype = \"{headers.x-kind}\"\nverify.none = {}\n\n".to_owned();
    stopped.iter().fold(source, |text, Hostile { name, .. }| {
        text + &healthy(name, sink)
            + &format!(
                "[plugin.{name}]\ncomponent = \"uploaded:{name}\"\n\n[route.{name}]\nsource = \"hostile\"\n\
                 types = [\"{name}\"]\nto = [\"{name}\"]\non_plugin_failure = \"dead_letter\"\n\
                 transform = [{{ plugin = \"{name}\" }}]\n\n"
            )
    })
}

/// Has the gateway's own command compile the kinds of the crate. Their target folder is kept.
fn compiled(setting: &Setting<'_>) -> Result<Vec<Hostile>> {
    let files = Scratch::new(setting.directory)?;
    let build = |(kind, outcome): (&'static str, &'static str)| {
        let out = files.path().join(format!("{kind}.wasm"));
        let mut command = Command::new(setting.gateway);
        command.env("HOSTILE", kind).env("CARGO_TARGET_DIR", setting.directory.join("hostile"));
        let built =
            command.args(["plugin", "build"]).arg(Path::new(CRATE)).arg("--out").arg(&out).output()?;
        ensure!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Ok(Hostile { name: kind, component: std::fs::read(out)?, end: End::Stopped(outcome) })
    };
    COMPILED.into_iter().map(build).collect()
}
