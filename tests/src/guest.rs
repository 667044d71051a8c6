//! Guests in WebAssembly text, encoded by the contract: they do what no compiler would let a plugin do.

const CONTRACT: &str = include_str!("../../plugin-sdk/wit/hookgate-plugin.wit");

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
pub const PASSES_ON: &str = "(call $drop (local.get 0)) (i32.store (i32.const 8) (i32.const 1024)) \
     (i32.store (i32.const 12) (i32.const 1)) (i32.const 0)";

/// Hits an instruction that says: never here.
pub const TRAPS: &str = "(unreachable)";

/// Never returns.
pub const LOOPS: &str = "(loop (br 0)) (unreachable)";

/// Passes on where it may have 4 MiB more than it began with, and breaks where it may not.
pub fn wants_memory() -> String {
    format!("(if (i32.eq (memory.grow (i32.const 64)) (i32.const -1)) (then (unreachable))) {PASSES_ON}")
}

/// Returns so many messages, up to ten, each with its place among them as its body: a digit.
pub fn splits(messages: u32) -> String {
    // A message has 32 bytes; its body is an option, a pointer and a length at the 20th.
    let message = |nth: u32| {
        let (at, text) = (1024 + 32 * nth + 20, 2048 + nth);
        format!(
            "(i32.store8 (i32.const {text}) (i32.const {})) (i32.store (i32.const {at}) (i32.const 1)) \
             (i32.store (i32.const {}) (i32.const {text})) (i32.store (i32.const {}) (i32.const 1))",
            u32::from(b'0') + nth,
            at + 4,
            at + 8
        )
    };
    let all: String = (0..messages).map(message).collect();
    format!(
        "(call $drop (local.get 0)) {all} (i32.store (i32.const 8) (i32.const 1024)) \
         (i32.store (i32.const 12) (i32.const {messages})) (i32.const 0)"
    )
}

/// Returns one message whose body is this text of at most eight letters.
pub fn says(text: &str) -> String {
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
pub fn stamped(component: &[u8], name: &[u8], content: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("short");
    let mut section = vec![length(name)];
    section.extend_from_slice(name);
    section.extend_from_slice(content);
    [component, &[0, length(&section)], &section].concat()
}

/// Encodes a component whose `transform` has this body: it gets the event as local 0 and returns the
/// address of its result.
pub fn component(body: &str) -> Vec<u8> {
    component_with("", "", body)
}

/// The same, with imports and with more items in the module.
pub fn component_with(imports: &str, items: &str, body: &str) -> Vec<u8> {
    encoded(imports, &format!("{PRELUDE} {items}"), &TRANSFORM, body)
}

/// The same with a memory and an allocator of its own in `items`.
pub fn component_of(imports: &str, items: &str, body: &str) -> Vec<u8> {
    encoded(imports, items, &TRANSFORM, body)
}

/// Encodes a component whose `authenticate` has this body: it gets the request as local 0 and returns the
/// address of its result. What is zero there accepts and names nothing.
pub fn authenticator(body: &str) -> Vec<u8> {
    encoded("", PRELUDE, &AUTHENTICATE, body)
}

/// A role of the contract.
struct Role {
    name: &'static str,
    world: &'static str,
    /// What every call hands over, and `$drop` gives back.
    resource: &'static str,
}

const TRANSFORM: Role = Role { name: "transform", world: "transformer", resource: "event" };

const AUTHENTICATE: Role = Role { name: "authenticate", world: "authenticator", resource: "request" };

fn encoded(imports: &str, items: &str, role: &Role, body: &str) -> Vec<u8> {
    let Role { name, world, resource } = role;
    let module = format!(
        r#"(module
          (import "hookgate:plugin/types@0.1.0" "[resource-drop]{resource}" (func $drop (param i32)))
          {imports} {items}
          (func (export "hookgate:plugin/{name}@0.1.0#{name}") (param i32) (result i32) {body}))"#
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

/// Adds another core module to a component, and an instance of it that begins when the component does.
pub fn with_module(component: &[u8], text: &str) -> Vec<u8> {
    let module = parsed(text);
    // Component Model, "Binary Format": section 1 is a core module, 2 are core instances; 0 instantiates.
    let index = sections(component).filter(|id| *id == 1).count();
    let index = u8::try_from(index).expect("few modules");
    let mut all = component.to_vec();
    all.push(1);
    leb128(&mut all, module.len());
    all.extend_from_slice(&module);
    all.extend_from_slice(&[2, 4, 1, 0, index, 0]);
    all
}

/// Returns the ids of a component's sections, in order.
fn sections(component: &[u8]) -> impl Iterator<Item = u8> {
    // What comes before the first section: four bytes of magic, four of version.
    let mut at = 8;
    std::iter::from_fn(move || {
        let id = *component.get(at)?;
        let (mut size, mut shift) = (0, 0);
        loop {
            at += 1;
            let byte = usize::from(component[at]);
            size |= (byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
        }
        at += 1 + size;
        Some(id)
    })
}

fn leb128(to: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        to.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).expect("seven bits"));
}

/// Returns a component from its text, whatever it is.
pub fn parsed(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text parses")
}
