//! What guests get by capabilities, and how much of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use hookgate_core::limits::PLUGIN_DEADLINE_MAX;
use hookgate_core::plugin::{Call, Capability, CrashKind, Grants, PluginLimits, Stop};
use hookgate_core::word::Secret;
use hookgate_ports::Guests;

use crate::guest::{CLOSED, call, event, guest_with_capabilities, host, load, serves};

/// Asks for the secret "token" and skips with what it got, value or refusal: both are texts.
fn asks_for_a_secret() -> Vec<u8> {
    guest_with_capabilities(
        r#"(import "hookgate:plugin/secret@0.1.0" "get" (func $get (param i32 i32 i32)))"#,
        r#"(data (i32.const 512) "token")"#,
        "(call $get (i32.const 512) (i32.const 5) (i32.const 256))
         (call $drop (local.get 0))
         (i32.store8 (i32.const 0) (i32.const 1))
         (i32.store8 (i32.const 8) (i32.const 0))
         (i32.store (i32.const 16) (i32.load (i32.const 260)))
         (i32.store (i32.const 20) (i32.load (i32.const 264)))
         (i32.const 0)",
    )
}

/// Has so many HMACs of half a MiB computed under the key "key", and skips.
fn asks_for_macs(times: u32) -> Vec<u8> {
    let body = format!(
        "(local $n i32)
         (loop
           (global.set $next (i32.const 65536))
           (call $sign (i32.const 512) (i32.const 3) (i32.const 1) (i32.const 131072) (i32.const 524288) (i32.const 256))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if 0 (i32.lt_u (local.get $n) (i32.const {times}))))
         (call $drop (local.get 0))
         (i32.store8 (i32.const 0) (i32.const 1))
         (i32.store8 (i32.const 8) (i32.const 0))
         (i32.store (i32.const 16) (i32.const 512))
         (i32.store (i32.const 20) (i32.const 3))
         (i32.const 0)"
    );
    guest_with_capabilities(
        r#"(import "hookgate:plugin/mac@0.1.0" "sign" (func $sign (param i32 i32 i32 i32 i32 i32)))"#,
        r#"(data (i32.const 512) "key")"#,
        &body,
    )
}

fn secret(name: &str) -> Grants {
    let secret = BTreeMap::from([(name.to_owned(), Secret::from("hunter2"))]);
    Grants { secret, ..Grants::default() }
}

#[tokio::test]
async fn a_secret_reaches_the_guest_that_was_granted_it_and_no_other() {
    let host = host();
    let facts = load(&host, &asks_for_a_secret()).await;
    let with = |grants: Grants| Call { grants: Arc::new(grants), ..call(facts.digest) };

    let granted = host.transform(with(secret("token")), event(CLOSED)).await.expect("no crash");
    let other = host.transform(with(secret("other")), event(CLOSED)).await.expect("no crash");
    let nothing = host.transform(call(facts.digest), event(CLOSED)).await.expect_err("not granted");

    assert_eq!(facts.uses, [Capability::Secret]);
    assert_eq!(granted, Err(Stop::Skip("hunter2".into())));
    let Err(Stop::Skip(refusal)) = other else { panic!("it skips") };
    assert!(refusal.contains("no secret \"token\" is granted") && !refusal.contains("hunter2"), "{refusal}");
    assert_eq!(nothing.kind, CrashKind::Incompatible);
}

#[tokio::test]
async fn hmacs_are_bounded_in_bytes_since_no_tick_interrupts_the_host() {
    let host = host();
    let key = BTreeMap::from([("key".to_owned(), vec![Secret::from("k")])]);
    let grants = Arc::new(Grants { mac: key, ..Grants::default() });
    let limits = PluginLimits { deadline: PLUGIN_DEADLINE_MAX, ..PluginLimits::default() };
    let mut ended = Vec::new();
    for times in [128, 129] {
        let digest = load(&host, &asks_for_macs(times)).await.digest;
        let call = Call { grants: Arc::clone(&grants), limits, ..call(digest) };
        ended.push(host.transform(call, event(CLOSED)).await);
    }

    let crash = ended.pop().expect("two calls").expect_err("it is more than the bound");
    assert_eq!(ended.pop().expect("two calls"), Ok(Err(Stop::Skip("key".into()))));
    assert_eq!(crash.kind, CrashKind::Deadline);
    assert_eq!(crash.message, "the guest asked for HMACs over more than 67108864 bytes in one call");
    serves(&host).await;
}
