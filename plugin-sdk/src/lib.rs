//! Write plugins for Hookgate, the webhook gateway, in Rust.
//!
//! A plugin implements the trait of a role and names it once with [`export!`]. Everything else is here:
//! the event, the message that comes of it, the ways to stop, the plugin's configuration and its log.
//!
//! | role | what it does |
//! |---|---|
//! | [`Transform`] | makes messages of an event |
//! | [`Route`] | chooses among a route's destinations |
//! | [`Authenticate`] | decides whether a sender is who it says |
//! | [`Connect`] | speaks a product's API: builds the request, judges the answer |
//!
//! Each role's page has a whole plugin. A transform:
//!
//! ```
//! use hookgate_plugin::{Event, Message, Stop, Transform, config, export};
//!
//! #[derive(serde::Deserialize)]
//! struct Config {
//!     greeting: String,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Signup {
//!     name: String,
//! }
//!
//! struct Greeter;
//!
//! impl Transform for Greeter {
//!     fn transform(event: &Event) -> Result<Vec<Message>, Stop> {
//!         let config: Config = config()?;
//!         let signup: Signup = event.json()?;
//!         let text = format!("{}, {}!", config.greeting, signup.name);
//!         Ok(vec![Message::json(&serde_json::json!({ "text": text }))?])
//!     }
//! }
//!
//! export!(Greeter: Transform);
//! # fn main() {
//! # use hookgate_plugin::testing;
//! # let host = testing::Host::new().config(serde_json::json!({ "greeting": "Hello" }));
//! # let event = testing::Event::json(&serde_json::json!({ "name": "Ada" }));
//! # let messages = host.transform::<Greeter>(&event).unwrap();
//! # assert_eq!(messages[0].body_json()["text"], "Hello, Ada!");
//! # }
//! ```
//!
//! **Build** it with `hookgate plugin build`, which needs `rustup target add wasm32-unknown-unknown`
//! and `crate-type = ["cdylib", "rlib"]` in the `[lib]` of the plugin's `Cargo.toml`.
//! **Test** it natively with `cargo test`; see [`testing`].
//!
//! Rules of the sandbox: every call runs in a fresh instance, so nothing is remembered between
//! calls. There is no thread, no file, no environment and no network, and `std::time` panics; what a
//! plugin may use beyond its own memory ([`clock`], [`mac`], [`secret`]) it asks for in `plugin.toml`
//! and is granted by name in the gateway's configuration. The same input gives the same output. A
//! panic is a crash of the plugin, not an answer: to say no, return a [`Stop`].

// The generated code names this crate by its outer name, here and in plugins alike.
extern crate self as hookgate_plugin;

#[doc(hidden)]
#[path = "bindings.rs"]
pub mod __bindings;
#[cfg(all(target_family = "wasm", feature = "arena"))]
mod arena;
mod authenticate;
pub mod clock;
mod config;
mod connect;
mod event;
mod export;
pub mod log;
pub mod mac;
mod message;
mod not_granted;
mod outbound;
#[cfg(target_family = "wasm")]
mod panic;
mod request;
mod response;
mod route;
pub mod secret;
mod stop;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod transform;

pub use authenticate::{Admission, Authenticate, Shape};
pub use config::{ConfigError, config, config_text};
pub use connect::{Connect, Judgement};
pub use event::Event;
pub use message::Message;
pub use not_granted::NotGranted;
pub use outbound::Outbound;
pub use request::Request;
pub use response::Response;
pub use route::Route;
pub use stop::Stop;
pub use transform::Transform;

/// What the expansion of [`export!`] and the generated code need; not for plugins.
#[doc(hidden)]
pub mod __private {
    pub use crate::authenticate::Glue as AuthenticateGlue;
    pub use crate::connect::Glue as ConnectGlue;
    pub use crate::route::Glue as RouteGlue;
    pub use crate::transform::Glue as TransformGlue;
    pub use wit_bindgen::rt;
}
