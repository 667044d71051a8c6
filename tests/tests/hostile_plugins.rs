//! Hostile plugins are uploaded to a running gateway and fed beside a control route at 500 events a second. Each is
//! refused or stopped, is reported as itself, and is held or dead-lettered as its route says; the control route,
//! which has a plugin of its own, notices nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hookgate_tests::hostile::{COMPILED, End, Hostile, written};
use hookgate_tests::{
    ADMIN_KEY, Admin, GITHUB_SECRET, Gateway, Heard, PullRequests, RECEIVER_SECRET, Received, Receiver,
    Sender, Wire, eventually,
};
use http::Method;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::setup::{SOON, destination, route, text};

/// Events of the control route in a second, from four senders in turn.
const CONTROL_PER_SECOND: u64 = 500;
const SENDERS: u64 = 4;

/// The control route's events end after two minutes, whatever the others do.
const CONTROL_MAX: u64 = 60_000;

/// More than it takes to be put into quarantine.
const EVENTS_EACH: u64 = 24;

/// Some three seconds alone; the tries before the quarantine run beside everybody else's.
const END_LIMIT: Duration = Duration::from_secs(120);

/// Builds one kind of the hostile crate. What they are built from is compiled once, and kept.
async fn compiled(gateway: &Gateway, kind: &'static str, outcome: &'static str) -> Hostile {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/hostile");
    let out = gateway.folder().join(format!("{kind}.wasm"));
    let mut command = gateway.command();
    command
        .env("HOSTILE", kind)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile"))
        .args(["plugin", "build"])
        .arg(folder)
        .arg("--out")
        .arg(&out);
    let built = hookgate_tests::Said::of(command).await;
    assert_eq!(built.code, Some(0), "{built:?}");
    let component = std::fs::read(out).expect("it was built");
    Hostile { name: kind, component, end: End::Stopped(outcome) }
}

/// Sends events of the control route at a steady pace, whatever the answers do, until it is told to stop.
struct Control {
    stop: Arc<AtomicBool>,
    senders: Vec<JoinHandle<Vec<Heard>>>,
}

impl Control {
    fn start(url: &str) -> Control {
        let stop = Arc::new(AtomicBool::new(false));
        let sender = |nth: u64| {
            let (sender, stop) = (Sender::new(url), Arc::clone(&stop));
            let hook = PullRequests::new(GITHUB_SECRET, 1);
            tokio::spawn(async move {
                let period = Duration::from_secs(SENDERS) / u32::try_from(CONTROL_PER_SECOND).expect("small");
                let mut ticks = tokio::time::interval(period);
                let mut heard = Vec::new();
                for number in (0..CONTROL_MAX).filter(|number| number % SENDERS == nth) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    ticks.tick().await;
                    heard.push(sender.send(&hook.closed(number)).await);
                }
                heard
            })
        };
        Control { senders: (0..SENDERS).map(sender).collect(), stop }
    }

    /// Returns what was heard of each event.
    async fn stop(self) -> Vec<Heard> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for sender in self.senders {
            all.extend(sender.await.expect("a sender ends"));
        }
        all
    }
}

/// Uploads a component and says whether it ended as it has to, so far.
async fn upload(gateway: &Gateway, hostile: &Hostile) {
    let url = format!("{}/v1/plugins/{}/versions", gateway.admin_url(), hostile.name);
    let key = format!("Bearer {ADMIN_KEY}");
    let component = Bytes::from(hostile.component.clone());
    let answer = Wire::new().send(Method::POST, &url, &[("authorization", &key)], component).await;
    let answer = answer.expect("the admin API answers");
    let (status, body) = (answer.status.as_u16(), answer.json());
    match hostile.end {
        End::Refused(why) => {
            assert_eq!((status, text(&body, "code")), (422, "component-refused"), "{}: {body}", hostile.name);
            assert!(text(&body, "detail").contains(why), "{}: {body}", hostile.name);
        }
        End::Stopped(_) => {
            assert_eq!((status, text(&body, "state")), (201, "active"), "{}: {body}", hostile.name)
        }
    }
}

/// Every second one is dead-lettered, the others are held.
fn policy(nth: usize) -> (&'static str, &'static str) {
    if nth.is_multiple_of(2) {
        ("held", "")
    } else {
        ("dead_lettered", "on_plugin_failure = \"dead_letter\"")
    }
}

fn config(receiver: &Receiver, stopped: &[&Hostile]) -> String {
    let mut config = destination("control", &receiver.url("/control"), "")
        + &route("control", "pull_request.*", "control", "transform = [{ plugin = \"pr-summary\" }]");
    for (nth, hostile) in stopped.iter().enumerate() {
        let name = hostile.name;
        config += &format!("[plugin.{name}]\ncomponent = \"uploaded:{name}\"\n\n");
        config += &destination(name, &receiver.url(&format!("/{name}")), "");
        let rest = format!("transform = [{{ plugin = \"{name}\" }}]\n{}", policy(nth).1);
        config += &route(name, name, name, &rest);
    }
    config
}

/// Waits until all deliveries of a plugin's route have ended as its policy says, and returns them.
async fn ended(admin: &Admin, name: &str, state: &str) -> Vec<Value> {
    let count = usize::try_from(EVENTS_EACH).expect("few");
    eventually(&format!("all of {name} are {state}"), END_LIMIT, async || {
        let rows = admin.all(&format!("/v1/deliveries?destination={name}&state={state}")).await;
        (rows.len() == count).then_some(rows)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_plugins_harm_nobody_but_their_own_deliveries() {
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    let gateway = Gateway::start(&config(&receiver, &[])).await;
    let mut all = written();
    for (kind, outcome) in COMPILED {
        all.push(compiled(&gateway, kind, outcome).await);
    }
    let begun = Instant::now();
    let control = Control::start(&gateway.source_url());

    for hostile in &all {
        upload(&gateway, hostile).await;
    }
    let stopped: Vec<&Hostile> = all.iter().filter(|one| matches!(one.end, End::Stopped(_))).collect();
    gateway.configure(&config(&receiver, &stopped));
    let reload = gateway.run(&["reload"]).await;
    assert_eq!(reload.code, Some(0), "{reload:?}");
    let (sender, hook) = (Sender::new(&gateway.source_url()), PullRequests::new(GITHUB_SECRET, 2));
    for number in 0..EVENTS_EACH {
        for (nth, hostile) in stopped.iter().enumerate() {
            sender.send_new(&hook.signed(hostile.name, number * 1_000 + nth as u64, "{\"a\":1}")).await;
        }
    }
    let admin = gateway.admin();
    for (nth, hostile) in stopped.iter().enumerate() {
        each_is_reported_as_itself(&admin, hostile, &ended(&admin, hostile.name, policy(nth).0).await).await;
    }
    let heard = control.stop().await;

    nobody_else_noticed(&receiver, &heard).await;
    println!(
        "hostile plugins: {} refused, {} stopped, beside {} control events in {:?}",
        all.len() - stopped.len(),
        stopped.len(),
        heard.len(),
        begun.elapsed()
    );
    assert!(all.len() >= 15 && heard.len() > 500);
}

/// Attempts have the plugin's own word, or say that it did not get its time beside the others; and the plugin is
/// in quarantine, by its name.
async fn each_is_reported_as_itself(admin: &Admin, hostile: &Hostile, deliveries: &[Value]) {
    let End::Stopped(outcome) = hostile.end else { panic!("{} was stopped", hostile.name) };
    let mut own = 0;
    for delivery in deliveries {
        let attempts = admin.read(&format!("/v1/deliveries/{}/attempts", text(delivery, "id"))).await;
        for attempt in attempts["data"].as_array().into_iter().flatten() {
            let found = text(attempt, "outcome");
            own += usize::from(found == outcome);
            assert!(
                [outcome, "quarantined", "crashed_deadline"].contains(&found),
                "{}: {attempt}",
                hostile.name
            );
            assert!(text(attempt, "detail").contains(hostile.name), "{attempt}");
        }
    }
    assert!(own > 0, "{} never broke as {outcome}", hostile.name);
    let controls = admin.all("/v1/controls").await;
    let mine = controls.iter().find(|control| control["name"] == hostile.name);
    let mine = mine.unwrap_or_else(|| panic!("{} is not in quarantine: {controls:?}", hostile.name));
    assert_eq!((text(mine, "kind"), text(mine, "fact")), ("plugin", "quarantined"), "{mine}");
}

/// Every event was taken, and arrived once, at its first attempt, and nothing untransformed ever left.
async fn nobody_else_noticed(receiver: &Receiver, heard: &[Heard]) {
    for one in heard {
        assert!(matches!(one, Heard::Accepted { is_duplicate: false, .. }), "{one:?}");
    }
    let arrived = receiver.accepted("/control", heard.len(), SOON).await;
    assert_eq!(arrived.len(), heard.len(), "none twice");
    let all: Vec<Received> = receiver.all();
    assert!(all.iter().all(|received| received.path == "/control" && received.signature == Ok(())));
}
