//! The native test kit: events and requests to feed a plugin and a host to run it in, without WebAssembly.
//!
//! ```
//! use hookgate_plugin::{Event, Message, Stop, Transform, testing};
//!
//! struct Upper;
//! impl Transform for Upper {
//!     fn transform(event: &Event) -> Result<Vec<Message>, Stop> {
//!         let text = String::from_utf8(event.body()).map_err(|_| Stop::declined("not text"))?;
//!         Ok(vec![Message::text(text.to_uppercase())])
//!     }
//! }
//!
//! let messages = testing::Host::new().transform::<Upper>(&testing::Event::bytes("hi")).unwrap();
//!
//! assert_eq!(messages[0].get_body(), Some(&b"HI"[..]));
//! ```

mod event;
mod host;
mod request;

pub use event::Event;
pub use host::Host;
pub(crate) use host::{current, write_log};
pub use request::Request;
