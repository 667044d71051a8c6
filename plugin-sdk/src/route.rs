//! The role `route`: choose among the route's destinations.

use std::marker::PhantomData;

use crate::__bindings::imports::hookgate::plugin::types;
use crate::{Event, Stop};

/// The role `route`: chooses to which of the route's destinations an event goes.
///
/// ```
/// use hookgate_plugin::{Event, Route, Stop, export};
///
/// struct BySize;
///
/// impl Route for BySize {
///     fn route(event: &Event, candidates: &[String]) -> Result<Vec<String>, Stop> {
///         let cents: u64 = event.get("/amount_cents")?.unwrap_or_default();
///         let wanted = if cents < 100_000 { "small" } else { "large" };
///         Ok(candidates.iter().filter(|name| name.starts_with(wanted)).cloned().collect())
///     }
/// }
///
/// export!(BySize: Route);
/// # fn main() {
/// # use hookgate_plugin::testing;
/// # let event = testing::Event::json(&serde_json::json!({ "amount_cents": 100_000 }));
/// # let chosen = testing::Host::new().route::<BySize>(&event, &["small-crm", "large-crm"]);
/// # assert_eq!(chosen.unwrap(), ["large-crm"]);
/// # }
/// ```
pub trait Route {
    /// Returns some of `candidates`, in any order. A name that is not among them is a crash; an empty
    /// list is a skip without a reason.
    ///
    /// # Errors
    /// The plugin's own: skip, declined or retry, each with its reason.
    fn route(event: &Event, candidates: &[String]) -> Result<Vec<String>, Stop>;
}

/// Puts a plugin's type behind the generated export of the role.
#[derive(Debug)]
pub struct Glue<T>(PhantomData<T>);

impl<T: Route> crate::__bindings::route::exports::hookgate::plugin::route::Guest for Glue<T> {
    #[cfg(target_family = "wasm")]
    fn route(event: &types::Event, candidates: Vec<String>) -> Result<Vec<String>, types::Stop> {
        crate::panic::hook();
        Ok(T::route(&Event::new(event), &candidates)?)
    }

    #[cfg(not(target_family = "wasm"))]
    fn route(_: &types::Event, _: Vec<String>) -> Result<Vec<String>, types::Stop> {
        unreachable!("natively nobody calls the exports: tests use `testing::Host::route`")
    }
}
