//! Hosts, calls and guests for the tests. A guest is core WebAssembly text that is encoded against the
//! contract, so that it can do what no compiler would let a plugin do.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::plugin::{Call, Crash, CrashKind, Facts, GuestEvent, PluginLimits, Refused, Transformed};
use hookgate_core::word::{Digest, Headers, Millis, Slug};
use hookgate_host::{Host, HostSettings};
use hookgate_ports::Guests;
use http::{HeaderName, HeaderValue};
use prometheus_client::registry::Registry;

/// A GitHub payload of 2 KB.
pub(crate) const CLOSED: &str =
    include_str!("../../../../plugins/pr-summary/fixtures/pull_request.closed.json");

const CONTRACT: &str = include_str!("../../../../plugin-sdk/wit/hookgate-plugin.wit");

/// What every guest has: a memory, an allocator that never gives back, and the drop of its event.
const PRELUDE: &str = r#"
  (import "hookgate:plugin/types@0.1.0" "[resource-drop]event" (func $drop (param i32)))
  (memory (export "memory") 16 4096)
  (global $next (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get 3))))
"#;

/// Makes a host with one thread. All tests share a cache, so that our own plugin is compiled once.
pub(crate) fn host() -> Host {
    Host::new(settings(), &mut Registry::default()).expect("a host")
}

pub(crate) fn settings() -> HostSettings {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugin-cache");
    HostSettings { cache_dir: Some(cache), threads: NonZeroUsize::MIN }
}

/// Encodes a core module that exports the role `transform`, by the contract.
pub(crate) fn encode(module: &str) -> Vec<u8> {
    encode_by(CONTRACT, "transformer", module)
}

/// Encodes a core module by another text of the contract.
pub(crate) fn encode_by(contract: &str, world: &str, module: &str) -> Vec<u8> {
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("contract.wit", contract).expect("the contract parses");
    let world = resolve.select_world(&[package], Some(world)).expect("the world is there");
    let mut core = wat::parse_str(module).expect("the guest's text parses");
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut core, &resolve, world, encoding)
        .expect("it takes the world");
    let encoder = wit_component::ComponentEncoder::default().module(&core).expect("a module");
    encoder.validate(true).encode().expect("it encodes")
}

/// A guest whose `transform` has this body. It gets the event as local 0 and returns the address of its
/// result; memory below 65536 is its own.
pub(crate) fn guest(body: &str) -> Vec<u8> {
    guest_with("", body)
}

/// The same, with more items in the module.
pub(crate) fn guest_with(items: &str, body: &str) -> Vec<u8> {
    encode(&format!(
        r#"(module {PRELUDE} {items}
          (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32) {body}))"#
    ))
}

/// The same in a world that has every capability; imports go before what is the guest's own.
pub(crate) fn guest_with_capabilities(imports: &str, items: &str, body: &str) -> Vec<u8> {
    let world = "world capable { import config; import log; import clock; import mac; import secret; export transform; }";
    let module = format!(
        r#"(module {imports} {PRELUDE} {items}
          (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32) {body}))"#
    );
    encode_by(&format!("{CONTRACT}\n{world}"), "capable", &module)
}

/// Loads a component that is expected to be fine.
pub(crate) async fn load(host: &Host, component: &[u8]) -> Facts {
    host.load(Bytes::copy_from_slice(component)).await.expect("it loads")
}

/// Loads our own plugin.
pub(crate) async fn load_summary(host: &Host) -> Digest {
    let summary = hookgate_connectors::EMBEDDED.iter().find(|plugin| plugin.name == "pr-summary");
    load(host, summary.expect("it is embedded").component).await.digest
}

/// Loads a component that is expected to be refused.
pub(crate) async fn refusal(host: &Host, component: &[u8]) -> Refused {
    host.load(Bytes::copy_from_slice(component)).await.expect_err("it is refused")
}

/// An event of the type `pull_request.closed`.
pub(crate) fn event(body: &str) -> GuestEvent {
    let headers = [("content-type", "application/json"), ("x-github-event", "pull_request")];
    let fields =
        headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    GuestEvent {
        id: "evt_1".into(),
        source: "github".into(),
        event_type: "pull_request.closed".into(),
        subject: None,
        order_key: None,
        received_at: Millis(1_767_225_600_000),
        headers: Arc::new(fields.into_iter().collect::<Headers>()),
        body: Bytes::copy_from_slice(body.as_bytes()),
        json: None,
    }
}

/// A call with default limits.
pub(crate) fn call(digest: Digest) -> Call {
    Call {
        plugin: Slug::parse("guest").expect("a slug"),
        digest,
        config: "{}".into(),
        limits: PluginLimits::default(),
        grants: Arc::default(),
        now: Millis(1_767_225_600_000),
    }
}

/// A call that may run so long.
pub(crate) fn call_for(digest: Digest, deadline: Duration) -> Call {
    Call { limits: PluginLimits { deadline, ..PluginLimits::default() }, ..call(digest) }
}

/// Loads a guest, calls it and returns how it broke. Checks that the host then still serves our own plugin.
pub(crate) async fn crash(component: &[u8]) -> (CrashKind, String) {
    let host = host();
    let digest = load(&host, component).await.digest;
    let Crash { kind, message } = host.transform(call(digest), event(CLOSED)).await.expect_err("it breaks");
    serves(&host).await;
    (kind, message)
}

/// Checks that the host serves our own plugin.
pub(crate) async fn serves(host: &Host) {
    let digest = load_summary(host).await;
    let transformed: Transformed = host.transform(call(digest), event(CLOSED)).await;
    let messages = transformed.expect("no crash").expect("no stop");
    assert_eq!(messages.len(), 1);
}
