//! Plugins as the rest of Hookgate knows them: what a component is, may use, was given and gave back.
//!
//! How a component runs is the host's business; these are the words it answers in.

mod call;
mod component;
mod crash;
mod grants;
mod guest;

pub use call::{Call, PluginLimits};
pub use component::{Capability, Facts, Manifest, Refused, Role};
pub use crash::{Crash, CrashKind};
pub use grants::{Grants, MacError};
pub use guest::{
    Admission, GuestEvent, GuestMessage, GuestOutbound, GuestRequest, GuestResponse, Judgement, Shape, Stop,
};

/// What a call of `transform` came to: messages, the plugin's own stop, or its crash.
pub type Transformed = Result<Result<Vec<GuestMessage>, Stop>, Crash>;

/// What a call of `route` came to: some of the candidates, the plugin's own stop, or its crash.
pub type Routed = Result<Result<Vec<String>, Stop>, Crash>;

/// What a call of `authenticate` came to: a decision, why the plugin could not decide (the sender may try
/// again), or its crash.
pub type Authenticated = Result<Result<Admission, String>, Crash>;

/// What a call of `build` came to: a request to send, the plugin's own stop, or its crash.
pub type Built = Result<Result<GuestOutbound, Stop>, Crash>;

/// What a call of `judge` came to: what the answer means, or the plugin's crash.
pub type Judged = Result<Judgement, Crash>;
