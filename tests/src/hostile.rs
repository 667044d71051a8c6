//! Plugins that want more than they may have, or are none: what each does and how it has to end. Those written
//! here do what no compiler would let a plugin do; those of `tests/plugins/hostile` are compiled as any plugin.

use crate::guest::{LOOPS, TRAPS, component, component_of, component_with, parsed, with_module};

/// A hostile plugin, by the name under which it is uploaded.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// What it does, in one word.
    pub name: &'static str,
    /// The file.
    pub component: Vec<u8>,
    /// How it has to end.
    pub end: End,
}

/// How a hostile plugin ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The upload is refused, with these words in the reason.
    Refused(&'static str),
    /// Every call is stopped, and its attempt has this outcome.
    Stopped(&'static str),
}

/// The kinds that `tests/plugins/hostile` is compiled to by `HOSTILE`, with the outcome of each one's attempts.
pub const COMPILED: [(&str, &str); 6] = [
    ("spins", "crashed_deadline"),
    ("hoards", "crashed_memory"),
    ("recurses", "crashed_trap"),
    ("panics", "crashed_trap"),
    ("swells", "crashed_output_too_large"),
    ("chatters", "crashed_deadline"),
];

const LOG: &str = r#"(import "hookgate:plugin/log@0.1.0" "log" (func $log (param i32 i32 i32)))"#;

/// Two memories, of which one has an allocator.
const TWO_MEMORIES: &str = r#"
  (memory (export "memory") 16)
  (memory $other 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))"#;

/// Grows a memory of its own beside the plugin's, so that neither has more than it may.
const GROWS_BESIDE: &str = "(module (memory 1) (func $s (drop (memory.grow (i32.const 256)))) (start $s))";

/// Returns all that are written here.
pub fn written() -> Vec<Hostile> {
    let mut all = refused();
    all.extend(stopped());
    all
}

fn refused() -> Vec<Hostile> {
    let good = component(TRAPS);
    let import = |name: &str| parsed(&format!("(component (import \"{name}\" (instance)))"));
    let cases = [
        ("empty", Vec::new(), "no WebAssembly"),
        ("script", b"#!/bin/sh\nrm -rf /".to_vec(), "no WebAssembly"),
        ("core-module", parsed("(module)"), "not a component"),
        ("damaged", good[..good.len() / 2].to_vec(), "damaged"),
        ("garbage", [&good[..8], &[0xff; 64]].concat(), "damaged"),
        ("roleless", parsed("(component)"), "exports none of the roles"),
        ("wasi", import("wasi:cli/stdin@0.2.0"), "plugins have no WASI"),
        ("foreign-import", import("acme:db/query@1.0.0"), "imports acme:db/query@1.0.0"),
        ("empty-import", import("hookgate:plugin/kv@0.1.0"), "the capability `kv`"),
        ("next-version", import("hookgate:plugin/types@0.2.0"), "version 0.2.0 of the contract"),
        ("start-loops", component_with("", "(func $s (loop (br 0))) (start $s)", TRAPS), "deadline"),
        ("start-traps", component_with("", "(func $s unreachable) (start $s)", TRAPS), "trap"),
        (
            "too-much-from-the-start",
            component_of(
                "",
                "(memory (export \"memory\") 20000)
                 (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (unreachable))",
                TRAPS,
            ),
            "memory",
        ),
        ("grows-beside", with_module(&good, GROWS_BESIDE), "contains 2 Wasm linear memories"),
        ("two-memories", component_of("", TWO_MEMORIES, TRAPS), "defined memories count of 2"),
        (
            "data-beyond-memory",
            component_with("", "(data (i32.const 1048575) \"no room for this\")", TRAPS),
            "does not begin",
        ),
    ];
    let refused = |(name, component, why)| Hostile { name, component, end: End::Refused(why) };
    cases.map(refused).into()
}

fn stopped() -> Vec<Hostile> {
    let result = |items: &str, rest: &str| format!("(call $drop (local.get 0)) {items} {rest} (i32.const 0)");
    let ok_list = |count: u32| {
        format!(
            "(i32.store8 (i32.const 0) (i32.const 0)) (i32.store (i32.const 8) (i32.const 1024)) (i32.store (i32.const 12) (i32.const {count}))"
        )
    };
    let skip = |address: u32, length: u32| {
        format!(
            "(i32.store8 (i32.const 0) (i32.const 1)) (i32.store8 (i32.const 8) (i32.const 0)) (i32.store (i32.const 16) (i32.const {address})) (i32.store (i32.const 20) (i32.const {length}))"
        )
    };
    // A hundred messages that share one body of 64 KiB.
    let aliases = "(local $at i32) (local.set $at (i32.const 1024))
        (loop
          (i32.store8 (i32.add (local.get $at) (i32.const 20)) (i32.const 1))
          (i32.store (i32.add (local.get $at) (i32.const 24)) (i32.const 131072))
          (i32.store (i32.add (local.get $at) (i32.const 28)) (i32.const 65536))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if 0 (i32.lt_u (local.get $at) (i32.const 4224))))";
    let grows = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (unreachable)";
    let floods = "(loop (call $log (i32.const 3) (i32.const 0) (i32.const 60000)) (br 0)) (unreachable)";
    let grown = "(drop (memory.grow (i32.const 100)))";
    let cases = [
        ("loops", component(LOOPS), "crashed_deadline"),
        ("traps", component(TRAPS), "crashed_trap"),
        ("divides-by-zero", component("(i32.div_u (i32.const 1) (i32.const 0))"), "crashed_trap"),
        (
            "recurses-deep",
            component_with("", "(func $r (call $r) (call $r))", "(call $r) (unreachable)"),
            "crashed_trap",
        ),
        ("grows", component(grows), "crashed_memory"),
        ("huge-string", component(&result(grown, &skip(1024, 5_242_880))), "crashed_output_too_large"),
        ("huge-list", component(&result(grown, &ok_list(200_000))), "crashed_output_too_large"),
        (
            "aliased-list",
            component(&format!("{aliases} {}", result("", &ok_list(100)))),
            "crashed_output_too_large",
        ),
        ("too-many", component(&result("", &ok_list(101))), "crashed_output_too_large"),
        (
            "invalid-utf8",
            component(&result("(i32.store8 (i32.const 64) (i32.const 255))", &skip(64, 1))),
            "crashed_incompatible",
        ),
        ("out-of-bounds", component(&result("", &skip(u32::MAX, 8))), "crashed_incompatible"),
        ("unaligned", component("(call $drop (local.get 0)) (i32.const 2)"), "crashed_incompatible"),
        ("keeps-the-event", component(&format!("{} (i32.const 0)", ok_list(0))), "crashed_incompatible"),
        ("floods-the-log", component_with(LOG, "", floods), "crashed_deadline"),
    ];
    let stopped = |(name, component, outcome)| Hostile { name, component, end: End::Stopped(outcome) };
    cases.map(stopped).into()
}
