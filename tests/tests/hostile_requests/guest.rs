//! Guests in WebAssembly text, encoded by the contract: they do what no compiler would let a plugin do.

const CONTRACT: &str = include_str!("../../../plugin-sdk/wit/hookgate-plugin.wit");

/// A memory, and an allocator that never gives back.
const PRELUDE: &str = r#"
  (memory (export "memory") 16)
  (global $next (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get 3))))
"#;

/// Returns one message in which nothing is said: the event goes on as it came.
pub(crate) const PASSES_ON: &str = "(call $drop (local.get 0)) (i32.store (i32.const 8) (i32.const 1024)) \
     (i32.store (i32.const 12) (i32.const 1)) (i32.const 0)";

/// Hits an instruction that says: never here.
pub(crate) const TRAPS: &str = "(unreachable)";

/// Never returns.
pub(crate) const LOOPS: &str = "(loop (br 0)) (unreachable)";

/// Encodes a component whose `transform` has this body: it gets the event as local 0 and returns the
/// address of its result.
pub(crate) fn component(body: &str) -> Vec<u8> {
    encoded("event", "transform", "transformer", body)
}

/// Returns one message whose body is this text of at most eight letters.
pub(crate) fn says(text: &str) -> String {
    let letters = text.len();
    let at = |address: u32, value: usize| format!("(i32.store (i32.const {address}) (i32.const {value})) ");
    let mut padded = [0; 8];
    padded[..letters].copy_from_slice(text.as_bytes());
    let word = i64::from_le_bytes(padded);
    format!("(call $drop (local.get 0)) (i64.store (i32.const 2048) (i64.const {word})) ")
        + "(i32.store8 (i32.const 1044) (i32.const 1)) "
        + &at(1048, 2048)
        + &at(1052, letters)
        + &at(8, 1024)
        + &at(12, 1)
        + "(i32.const 0)"
}

/// Adds a custom section to a component. Its name and content are short.
pub(crate) fn stamped(component: &[u8], name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("short");
    let mut section = vec![length(name)];
    section.extend_from_slice(name);
    section.extend_from_slice(content);
    [component, &[0, length(&section)], &section].concat()
}

/// Encodes a component whose `authenticate` has this body: it gets the request as local 0 and returns the
/// address of its result. What is zero there accepts and names nothing.
pub(crate) fn authenticator(body: &str) -> Vec<u8> {
    encoded("request", "authenticate", "authenticator", body)
}

/// `resource` is what every call hands over, and `$drop` gives it back.
fn encoded(resource: &str, role: &str, world: &str, body: &str) -> Vec<u8> {
    let module = format!(
        r#"(module
          (import "hookgate:plugin/types@0.1.0" "[resource-drop]{resource}" (func $drop (param i32)))
          {PRELUDE}
          (func (export "hookgate:plugin/{role}@0.1.0#{role}") (param i32) (result i32) {body}))"#
    );
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("contract.wit", CONTRACT).expect("the contract parses");
    let world = resolve.select_world(&[package], Some(world)).expect("the world is there");
    let mut core = wat::parse_str(module).expect("the guest's text parses");
    let encoding = wit_component::StringEncoding::UTF8;
    wit_component::embed_component_metadata(&mut core, &resolve, world, encoding)
        .expect("it takes the world");
    let encoder = wit_component::ComponentEncoder::default().validate(true).module(&core).expect("a module");
    let mut encoder = encoder;
    encoder.encode().expect("it encodes")
}
