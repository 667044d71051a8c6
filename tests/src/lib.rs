//! The harness of the integration tests: the real binary as a process, receivers that misbehave on
//! request, senders, and signatures written from their specifications. It uses no crate of the
//! gateway, so that a mistake there cannot excuse itself here.

mod admin;
mod binary;
mod dice;
mod events;
mod gateway;
mod github;
pub mod guest;
pub mod hostile;
mod patience;
mod ports;
mod receiver;
mod running;
mod said;
mod scratch;
mod sender;
pub mod signature;
mod wire;

pub use admin::Admin;
pub use binary::hookgate;
pub use dice::{Dice, scale};
pub use events::{Ended, Events};
pub use gateway::{ADMIN_KEY, GITHUB_SECRET, Gateway, RECEIVER_SECRET};
pub use github::{PullRequests, Signed};
pub use patience::{eventually, within};
pub use receiver::{Behaviour, Received, Receiver};
pub use running::Running;
pub use said::Said;
pub use scratch::Scratch;
pub use sender::{Heard, Sender};
pub use wire::{Answer, Wire};
