//! The role `connect-out`: speak a product's API.

use std::marker::PhantomData;
use std::time::Duration;

use crate::__bindings::connect_out::exports::hookgate::plugin::connect_out;
use crate::__bindings::imports::hookgate::plugin::types;
use crate::{Event, Outbound, Response, Stop};

/// The role `connect-out`: makes the request that a product's API wants, and says what its answer
/// means.
///
/// The endpoint and the credentials are not the plugin's: the operator gives them to the destination,
/// and the host adds them.
///
/// ```
/// use hookgate_plugin::{Connect, Event, Judgement, Outbound, Response, Stop, export};
///
/// struct Pager;
///
/// impl Connect for Pager {
///     fn build(event: &Event) -> Result<Outbound, Stop> {
///         let title: String = event.get("/title")?.ok_or(Stop::skip("no title"))?;
///         Outbound::json(&serde_json::json!({ "summary": title, "key": event.id() }))
///     }
///
///     fn judge(response: &Response) -> Judgement {
///         match response.as_text().as_ref() {
///             "duplicate" => Judgement::delivered(),
///             _ => Judgement::by_status(response),
///         }
///     }
/// }
///
/// export!(Pager: Connect);
/// # fn main() {
/// # use hookgate_plugin::testing;
/// # let event = testing::Event::json(&serde_json::json!({ "title": "down" }));
/// # let outbound = testing::Host::new().build::<Pager>(&event).unwrap();
/// # assert_eq!(outbound.body_json()["summary"], "down");
/// # let judged = testing::Host::new().judge::<Pager>(&Response::text(409, "duplicate"));
/// # assert_eq!(judged, Judgement::delivered());
/// # }
/// ```
pub trait Connect {
    /// Makes the request for what the transforms made of an event.
    ///
    /// # Errors
    /// The plugin's own: skip, declined or retry, each with its reason.
    fn build(event: &Event) -> Result<Outbound, Stop>;

    /// Says what an answer means. Asked for every answer, not for a failed connection.
    fn judge(response: &Response) -> Judgement {
        Judgement::by_status(response)
    }
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the delivery is decided by what the role returns"]
pub enum Judgement {
    /// The receiver has the message.
    Delivered,
    /// It may take it later.
    Retry {
        /// Not before so long; none: by the delivery's own schedule. The host keeps it within the
        /// delivery's bounds. Sent in whole milliseconds.
        after: Option<Duration>,
        /// What is missing now.
        reason: String,
    },
    /// It never will take this message. The delivery is dead-lettered now.
    Declined(String),
    /// The destination is gone for good. It is disabled.
    Gone(String),
}

impl Judgement {
    /// The receiver has the message.
    pub fn delivered() -> Judgement {
        Judgement::Delivered
    }

    /// The receiver may take it later, by the delivery's own schedule.
    pub fn retry(reason: impl Into<String>) -> Judgement {
        Judgement::Retry { after: None, reason: reason.into() }
    }

    /// The receiver may take it later, but not before `after`.
    pub fn retry_after(after: Duration, reason: impl Into<String>) -> Judgement {
        Judgement::Retry { after: Some(after), reason: reason.into() }
    }

    /// The receiver never will take this message.
    pub fn declined(reason: impl Into<String>) -> Judgement {
        Judgement::Declined(reason.into())
    }

    /// The destination is gone for good.
    pub fn gone(reason: impl Into<String>) -> Judgement {
        Judgement::Gone(reason.into())
    }

    /// Judges by the status alone, as Hookgate does where there is no connector: 2xx is delivered, 410
    /// is gone, anything else is tried again, not before the answer's `retry-after`.
    pub fn by_status(response: &Response) -> Judgement {
        match response.status() {
            200..=299 => Judgement::Delivered,
            410 => Judgement::gone("the receiver answered 410"),
            status => Judgement::Retry {
                after: response.retry_after(),
                reason: format!("the receiver answered {status}"),
            },
        }
    }
}

impl From<Judgement> for connect_out::Judgement {
    fn from(judgement: Judgement) -> Self {
        match judgement {
            Judgement::Delivered => connect_out::Judgement::Delivered,
            Judgement::Retry { after, reason } => {
                let after_ms = after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
                connect_out::Judgement::Retry(types::Retry { after_ms, reason })
            }
            Judgement::Declined(reason) => connect_out::Judgement::Declined(reason),
            Judgement::Gone(reason) => connect_out::Judgement::Gone(reason),
        }
    }
}

/// Puts a plugin's type behind the generated export of the role.
#[derive(Debug)]
pub struct Glue<T>(PhantomData<T>);

impl<T: Connect> connect_out::Guest for Glue<T> {
    #[cfg(target_family = "wasm")]
    fn build(event: &types::Event) -> Result<types::Outbound, types::Stop> {
        crate::panic::hook();
        Ok(T::build(&Event::new(event))?.into())
    }

    #[cfg(target_family = "wasm")]
    fn judge(response: types::Response) -> connect_out::Judgement {
        crate::panic::hook();
        T::judge(&response.into()).into()
    }

    #[cfg(not(target_family = "wasm"))]
    fn build(_: &types::Event) -> Result<types::Outbound, types::Stop> {
        unreachable!("natively nobody calls the exports: tests use `testing::Host::build`")
    }

    #[cfg(not(target_family = "wasm"))]
    fn judge(_: types::Response) -> connect_out::Judgement {
        unreachable!("natively nobody calls the exports: tests use `testing::Host::judge`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_judged_as_without_a_connector() {
        let late = Response::text(503, "").header("Retry-After", "7");

        assert_eq!(Judgement::by_status(&Response::text(204, "")), Judgement::Delivered);
        assert_eq!(
            Judgement::by_status(&Response::text(410, "")),
            Judgement::gone("the receiver answered 410")
        );
        assert_eq!(
            Judgement::by_status(&late),
            Judgement::retry_after(Duration::from_secs(7), "the receiver answered 503")
        );
        assert_eq!(
            Judgement::by_status(&Response::text(302, "")),
            Judgement::retry("the receiver answered 302")
        );
    }

    #[test]
    fn every_judgement_crosses() {
        let retry = Judgement::retry_after(Duration::from_millis(1500), "busy");

        assert_eq!(connect_out::Judgement::from(Judgement::delivered()), connect_out::Judgement::Delivered);
        assert_eq!(
            connect_out::Judgement::from(retry),
            connect_out::Judgement::Retry(types::Retry { after_ms: Some(1500), reason: "busy".into() })
        );
        assert_eq!(
            connect_out::Judgement::from(Judgement::declined("no")),
            connect_out::Judgement::Declined("no".into())
        );
        assert_eq!(
            connect_out::Judgement::from(Judgement::gone("away")),
            connect_out::Judgement::Gone("away".into())
        );
    }
}
