//! The words that every other module is written in: ids, names, scopes, digests, times, secrets.

mod actor;
mod digest;
mod headers;
mod id;
mod name;
mod scope;
mod secret;
mod time;

pub use actor::{Actor, Origin};
pub use digest::Digest;
pub(crate) use digest::{hex_decode, hex_encode};
pub use headers::{HeaderError, Headers, header_text};
pub use id::{AttemptId, DeliveryId, EventId, IdError, MessageId, Minter, SendId, Token, first_id};
pub use name::{Kind, NameError, NameId, SLUG_BYTES_MAX, Slug};
pub use scope::{Scope, ScopeId};
pub use secret::Secret;
pub use time::{Millis, duration_text};
