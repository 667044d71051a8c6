//! The role `transform`: one event in, messages out.

use std::marker::PhantomData;

use crate::__bindings::imports::hookgate::plugin::types;
use crate::{Event, Message, Stop};

/// The role `transform`: makes messages of an event, each delivered on its own.
pub trait Transform {
    /// Makes messages of an event. An empty list is a skip without a reason.
    ///
    /// # Errors
    /// The plugin's own: skip, declined or retry, each with its reason.
    fn transform(event: &Event) -> Result<Vec<Message>, Stop>;
}

/// Puts a plugin's type behind the generated export of the role.
#[derive(Debug)]
pub struct Glue<T>(PhantomData<T>);

impl<T: Transform> crate::__bindings::transform::exports::hookgate::plugin::transform::Guest for Glue<T> {
    #[cfg(target_family = "wasm")]
    fn transform(event: &types::Event) -> Result<Vec<types::Message>, types::Stop> {
        crate::panic::hook();
        let messages = T::transform(&Event::new(event))?;
        Ok(messages.into_iter().map(types::Message::from).collect())
    }

    #[cfg(not(target_family = "wasm"))]
    fn transform(_: &types::Event) -> Result<Vec<types::Message>, types::Stop> {
        unreachable!("natively nobody calls the exports: tests use `testing::Host::transform`")
    }
}
