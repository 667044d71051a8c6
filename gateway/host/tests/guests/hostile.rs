//! Guests that want more than they may have. Each ends with its own word, and the host goes on.

use std::time::Duration;

use hookgate_core::plugin::{Call, CrashKind, PluginLimits, Refused};
use hookgate_ports::Guests;

use crate::guest::{CLOSED, call, call_for, crash, event, guest, guest_with, host, load, refusal, serves};

/// Returns the result `Ok` with `count` messages at address 1024, of 32 bytes each.
fn messages(count: usize) -> String {
    format!(
        "(call $drop (local.get 0))
         (i32.store8 (i32.const 0) (i32.const 0))
         (i32.store (i32.const 8) (i32.const 1024))
         (i32.store (i32.const 12) (i32.const {count}))
         (i32.const 0)"
    )
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline() {
    let (kind, message) = crash(&guest("(loop (br 0)) (unreachable)")).await;

    assert_eq!((kind, message.as_str()), (CrashKind::Deadline, "the guest ran for its deadline of 50 ms"));
}

#[tokio::test]
async fn an_endless_loop_while_the_host_hands_over_ends_at_its_deadline() {
    let config = r#"(import "hookgate:plugin/config@0.1.0" "get" (func $config (param i32)))"#;
    let component = crate::guest::encode(&format!(
        r#"(module {config}
          (memory (export "memory") 1)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop (br 0)) (unreachable))
          (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32)
            (call $config (i32.const 0)) (unreachable)))"#
    ));

    let (kind, _) = crash(&component).await;

    assert_eq!(kind, CrashKind::Deadline);
}

#[tokio::test]
async fn an_endless_loop_in_start_is_refused_at_load() {
    let host = host();
    let component = guest_with("(func $s (loop (br 0))) (start $s)", "(unreachable)");

    let refused = refusal(&host, &component).await;

    assert_eq!(
        refused,
        Refused::Unusable(
            "the component does not begin: deadline: the guest ran for its deadline of 2000 ms".to_owned()
        )
    );
    serves(&host).await;
}

#[tokio::test]
async fn more_memory_than_allowed_is_memory() {
    // 40 MiB: fits the self-test, not the call.
    let grows = "(if (i32.eq (memory.grow (i32.const 640)) (i32.const -1)) (then (unreachable)))";
    let component = guest(&format!("{grows} {}", messages(0)));
    let host = host();
    let digest = load(&host, &component).await.digest;

    let refused = host.transform(call(digest), event(CLOSED)).await.expect_err("it asks for too much");
    let limits = PluginLimits { memory_bytes_max: 48 << 20, ..PluginLimits::default() };
    let granted = host.transform(Call { limits, ..call(digest) }, event(CLOSED)).await;

    assert_eq!(refused.kind, CrashKind::Memory);
    assert_eq!(refused.message, "the guest asked for more than its 33554432 bytes of memory");
    assert!(granted.expect("it has enough").expect("no stop").is_empty());
    assert_eq!(host.grows_memory(&digest), Some(true));
    serves(&host).await;
}

#[tokio::test]
async fn more_memory_than_allowed_from_the_start_is_memory() {
    let module = r#"(module (memory (export "memory") 640)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (unreachable))
          (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32) (unreachable)))"#;

    let (kind, _) = crash(&crate::guest::encode(module)).await;

    assert_eq!(kind, CrashKind::Memory);
}

#[tokio::test]
async fn more_than_the_pool_has_is_refused_at_load() {
    let module = r#"(module (memory (export "memory") 20000)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (unreachable))
          (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32) (unreachable)))"#;
    let host = host();

    let refused = refusal(&host, &crate::guest::encode(module)).await;

    assert!(matches!(&refused, Refused::Unusable(text) if text.contains("memory")), "{refused}");
    serves(&host).await;
}

#[tokio::test]
async fn endless_recursion_is_a_trap() {
    let (kind, message) =
        crash(&guest_with("(func $r (call $r) (call $r))", "(call $r) (unreachable)")).await;

    assert_eq!(kind, CrashKind::Trap);
    assert!(message.contains("call stack exhausted"), "{message}");
}

#[tokio::test]
async fn a_trap_is_a_trap_and_carries_what_the_guest_said_last() {
    let log = r#"(import "hookgate:plugin/log@0.1.0" "log" (func $log (param i32 i32 i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "panicked at src/lib.rs:7:5: no\nsuch thing")
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (unreachable))
      (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32)
        (call $log (i32.const 3) (i32.const 16) (i32.const 41)) (unreachable))"#;

    let (kind, message) = crash(&crate::guest::encode(&format!("(module {log})"))).await;
    let (divided, _) = crash(&guest("(i32.div_u (i32.const 1) (i32.const 0))")).await;

    assert_eq!((kind, divided), (CrashKind::Trap, CrashKind::Trap));
    assert_eq!(
        message,
        "wasm trap: wasm `unreachable` instruction executed; it said: panicked at src/lib.rs:7:5: no such thing"
    );
}

#[tokio::test]
async fn more_output_than_crosses_is_output_too_large() {
    // One string of 5 MiB; 200,000 messages without anything; 100 messages that share one body of 64 KiB.
    let string = "(drop (memory.grow (i32.const 100)))
        (call $drop (local.get 0))
        (i32.store8 (i32.const 0) (i32.const 1))
        (i32.store8 (i32.const 8) (i32.const 0))
        (i32.store (i32.const 16) (i32.const 1024))
        (i32.store (i32.const 20) (i32.const 5242880))
        (i32.const 0)";
    let empty = format!("(drop (memory.grow (i32.const 100))) {}", messages(200_000));
    let aliases = format!(
        "(local $at i32)
         (local.set $at (i32.const 1024))
         (loop
           (i32.store8 (i32.add (local.get $at) (i32.const 20)) (i32.const 1))
           (i32.store (i32.add (local.get $at) (i32.const 24)) (i32.const 131072))
           (i32.store (i32.add (local.get $at) (i32.const 28)) (i32.const 65536))
           (local.set $at (i32.add (local.get $at) (i32.const 32)))
           (br_if 0 (i32.lt_u (local.get $at) (i32.const 4224))))
         {}",
        messages(100)
    );

    for body in [string, &empty, &aliases] {
        let (kind, message) = crash(&guest(body)).await;

        assert_eq!(
            (kind, message.as_str()),
            (CrashKind::OutputTooLarge, "the guest handed over more than crosses in one call")
        );
    }
}

#[tokio::test]
async fn more_messages_than_allowed_is_output_too_large() {
    let (kind, message) = crash(&guest(&messages(101))).await;

    assert_eq!(
        (kind, message.as_str()),
        (CrashKind::OutputTooLarge, "the guest returned 101 messages, at most 100 are allowed")
    );
}

#[tokio::test]
async fn a_deadline_of_a_slow_guest_is_its_own_not_its_neighbours() {
    let host = host();
    let spins = load(&host, &guest("(loop (br 0)) (unreachable)")).await.digest;
    let summary = crate::guest::load_summary(&host).await;

    let long = host.transform(call_for(spins, Duration::from_millis(300)), event(CLOSED));
    let short = async {
        for _ in 0..20 {
            host.transform(call(summary), event(CLOSED)).await.expect("no crash").expect("no stop");
        }
        "short ones first"
    };

    tokio::select! {
        ended = long => panic!("the long call came first: {ended:?}"),
        first = short => assert_eq!(first, "short ones first"),
    }
}
