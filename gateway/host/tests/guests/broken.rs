//! Guests that break the contract in what they return, and components that never belonged here.

use hookgate_core::limits::COMPONENT_BYTES_MAX;
use hookgate_core::plugin::{CrashKind, Refused};
use hookgate_ports::Guests;

use crate::guest::{crash, encode_by, guest, host, refusal, serves};

/// Returns the stop `skip` with a string at this address and of this length.
fn skip(address: u32, length: u32) -> String {
    format!(
        "(call $drop (local.get 0))
         (i32.store8 (i32.const 0) (i32.const 1))
         (i32.store8 (i32.const 8) (i32.const 0))
         (i32.store (i32.const 16) (i32.const {address}))
         (i32.store (i32.const 20) (i32.const {length}))
         (i32.const 0)"
    )
}

#[tokio::test]
async fn results_that_the_contract_forbids_are_incompatible() {
    let cases = [
        (format!("(i32.store8 (i32.const 64) (i32.const 255)) {}", skip(64, 1)), "invalid utf-8"),
        (skip(1_048_570, 64), "out of bounds"),
        (skip(u32::MAX, 8), "out of bounds"),
        (
            "(call $drop (local.get 0)) (i32.store8 (i32.const 0) (i32.const 7)) (i32.const 0)".to_owned(),
            "discriminant",
        ),
        ("(call $drop (local.get 0)) (i32.const 2)".to_owned(), "not aligned"),
        ("(call $drop (local.get 0)) (i32.const -16)".to_owned(), "out of bounds"),
        ("(i32.store8 (i32.const 0) (i32.const 0)) (i32.const 0)".to_owned(), "borrow"),
    ];
    for (body, expected) in cases {
        let (kind, message) = crash(&guest(&body)).await;

        assert_eq!(kind, CrashKind::Incompatible, "{message}");
        assert!(message.starts_with("the guest broke the contract: "), "{message}");
        assert!(message.contains(expected), "{expected}: {message}");
    }
}

#[tokio::test]
async fn a_header_field_of_the_host_is_incompatible_by_name() {
    let body = "(call $drop (local.get 0))
        (i64.store (i32.const 512) (i64.const 0x2d74_6e65_746e_6f63))
        (i64.store (i32.const 520) (i64.const 0x6874_676e_656c))
        (i32.store8 (i32.const 600) (i32.const 0x37))
        (i32.store (i32.const 256) (i32.const 512)) (i32.store (i32.const 260) (i32.const 14))
        (i32.store (i32.const 264) (i32.const 600)) (i32.store (i32.const 268) (i32.const 1))
        (i32.store (i32.const 1036) (i32.const 256)) (i32.store (i32.const 1040) (i32.const 1))
        (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const 1))
        (i32.const 0)";

    let (kind, message) = crash(&guest(body)).await;

    assert_eq!(
        (kind, message.as_str()),
        (CrashKind::Incompatible, "header field \"content-length\": it belongs to the host")
    );
}

#[tokio::test]
async fn what_is_no_plugin_is_refused_before_it_is_compiled() {
    let host = host();
    let component = |text: &str| wat::parse_str(text).expect("the text parses");
    let good = guest("(unreachable)");
    let cases: [(Vec<u8>, &str); 10] = [
        (Vec::new(), "this is no WebAssembly"),
        (b"#!/bin/sh".to_vec(), "this is no WebAssembly"),
        (component("(module)"), "a core WebAssembly module, not a component; run `hookgate plugin build`"),
        (good[..good.len() / 2].to_vec(), "the component is damaged"),
        ([&good[..8], &[0xff; 64]].concat(), "the component is damaged"),
        (component("(component)"), "exports none of the roles transform, route"),
        (component("(component (import \"wasi:cli/stdin@0.2.0\" (instance)))"), "plugins have no WASI"),
        (
            component("(component (import \"acme:db/query@1.0.0\" (instance)))"),
            "imports acme:db/query@1.0.0: only",
        ),
        (
            component("(component (import \"hookgate:plugin/types@0.2.0\" (instance)))"),
            "version 0.2.0 of the contract",
        ),
        (component("(component (import \"hookgate:plugin/kv@0.1.0\" (instance)))"), "the capability `kv`"),
    ];
    for (bytes, expected) in cases {
        let inspected = host.inspect(&bytes).expect_err(expected);
        let loaded = refusal(&host, &bytes).await;

        assert_eq!(inspected, loaded);
        assert!(inspected.to_string().contains(expected), "{expected}: {inspected}");
    }
    serves(&host).await;
}

#[tokio::test]
async fn a_component_beyond_the_bound_is_refused_unread() {
    let refused = host().inspect(&vec![0; COMPONENT_BYTES_MAX + 1]).expect_err("too large");

    assert_eq!(refused, Refused::TooLarge { bytes: COMPONENT_BYTES_MAX + 1, max: COMPONENT_BYTES_MAX });
}

#[tokio::test]
async fn a_manifest_that_does_not_read_is_refused() {
    let host = host();
    let mut component = guest("(unreachable)");
    let name = b"hookgate:manifest";
    component.extend([
        0,
        u8::try_from(name.len() + 3).expect("short"),
        u8::try_from(name.len()).expect("short"),
    ]);
    component.extend(name);
    component.extend(b"{}");

    let refused = refusal(&host, &component).await;

    assert!(
        matches!(&refused, Refused::Manifest(reason) if reason.contains("missing field `name`")),
        "{refused}"
    );
}

#[tokio::test]
async fn a_role_or_a_method_of_other_types_is_refused_at_load() {
    let host = host();
    let role = "package hookgate:plugin@0.1.0;
        interface transform { transform: func(n: u32) -> u32; }
        world w { export transform; }";
    let other_role = encode_by(
        role,
        "w",
        r#"(module (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32) (i32.const 1)))"#,
    );
    let method = "package hookgate:plugin@0.1.0;
        interface config { got: func() -> u32; }
        interface transform { transform: func(n: u32) -> u32; }
        world w { import config; export transform; }";
    let other_method = encode_by(
        method,
        "w",
        r#"(module (import "hookgate:plugin/config@0.1.0" "got" (func (result i32)))
          (func (export "hookgate:plugin/transform@0.1.0#transform") (param i32) (result i32) (i32.const 1)))"#,
    );

    for (component, expected) in [
        (other_role, "the component does not begin: incompatible"),
        (other_method, "does not fit the contract"),
    ] {
        let refused = refusal(&host, &component).await;

        assert!(matches!(&refused, Refused::Unusable(text) if text.contains(expected)), "{refused}");
    }
    serves(&host).await;
}
