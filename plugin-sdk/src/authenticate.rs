//! The role `authenticate`: decide whether a sender is who it says.

use std::marker::PhantomData;

use crate::__bindings::imports::hookgate::plugin::types;
use crate::{Request, Response};

/// The role `authenticate`: decides whether a sender is who it says. Runs while the sender waits,
/// under a short deadline.
///
/// ```
/// use hookgate_plugin::{Admission, Authenticate, Request, export, mac};
///
/// struct Partner;
///
/// impl Authenticate for Partner {
///     fn authenticate(request: &Request) -> Result<Admission, String> {
///         let tag = request.header("x-partner-tag").and_then(|hex| mac::from_hex(&hex));
///         let Some(tag) = tag else { return Ok(Admission::deny("no tag")) };
///         let fits = mac::verify("partner", mac::Algorithm::Sha256, &request.body(), &tag)?;
///         Ok(if fits { Admission::accept() } else { Admission::deny("wrong tag") })
///     }
/// }
///
/// export!(Partner: Authenticate);
/// # fn main() {
/// # use hookgate_plugin::testing;
/// # let host = testing::Host::new().mac("partner", ["k"]);
/// # let request = testing::Request::bytes("hi").with_header("x-partner-tag", "00");
/// # assert_eq!(host.authenticate::<Partner>(&request), Ok(Admission::deny("wrong tag")));
/// # }
/// ```
pub trait Authenticate {
    /// Decides about a request.
    ///
    /// # Errors
    /// What could not be decided: a wrong config, a key that is not granted. The sender gets 503 and
    /// may try again. A sender that is not who it says is [`Admission::deny`], which is no error.
    fn authenticate(request: &Request) -> Result<Admission, String>;
}

/// What is done with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the request is decided by what the role returns"]
pub enum Admission {
    /// Store it as an event.
    Accept(Shape),
    /// A handshake or ping: answer this, store nothing.
    Respond(Response),
    /// Refuse it. The reason is logged, never sent.
    Deny(String),
}

impl Admission {
    /// Stores the request as an event, in the shape that the source's configuration says.
    pub fn accept() -> Admission {
        Admission::Accept(Shape::default())
    }

    /// Answers a handshake or ping.
    pub fn respond(response: Response) -> Admission {
        Admission::Respond(response)
    }

    /// Refuses the request. The reason is logged, never sent.
    pub fn deny(reason: impl Into<String>) -> Admission {
        Admission::Deny(reason.into())
    }
}

/// How an accepted request becomes an event. What is left out is as the source's configuration says:
/// `Admission::Accept(Shape { event_type: Some(kind), ..Shape::default() })`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shape {
    /// The event's type, such as `invoice.paid`.
    pub event_type: Option<String>,
    /// A second request with the same key is a duplicate.
    pub dedupe_key: Option<String>,
    /// Events of one key are delivered in order where the route asks for it.
    pub order_key: Option<String>,
    /// What the event is about.
    pub subject: Option<String>,
}

impl From<Admission> for types::Admission {
    fn from(admission: Admission) -> Self {
        match admission {
            Admission::Accept(shape) => {
                let Shape { event_type, dedupe_key, order_key, subject } = shape;
                types::Admission::Accept(types::Shape { event_type, dedupe_key, order_key, subject })
            }
            Admission::Respond(response) => types::Admission::Respond(response.into()),
            Admission::Deny(reason) => types::Admission::Deny(reason),
        }
    }
}

/// Puts a plugin's type behind the generated export of the role.
#[derive(Debug)]
pub struct Glue<T>(PhantomData<T>);

impl<T: Authenticate> crate::__bindings::authenticate::exports::hookgate::plugin::authenticate::Guest
    for Glue<T>
{
    #[cfg(target_family = "wasm")]
    fn authenticate(request: &types::Request) -> Result<types::Admission, String> {
        crate::panic::hook();
        T::authenticate(&Request::new(request)).map(types::Admission::from)
    }

    #[cfg(not(target_family = "wasm"))]
    fn authenticate(_: &types::Request) -> Result<types::Admission, String> {
        unreachable!("natively nobody calls the exports: tests use `testing::Host::authenticate`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_admission_crosses() {
        let shape = Shape { event_type: Some("a".into()), dedupe_key: Some("b".into()), ..Shape::default() };

        let types::Admission::Accept(crossed) = types::Admission::from(Admission::Accept(shape)) else {
            panic!("an accept")
        };
        assert_eq!(
            (crossed.event_type.as_deref(), crossed.dedupe_key.as_deref(), crossed.subject),
            (Some("a"), Some("b"), None)
        );
        let pong = types::Admission::from(Admission::respond(Response::text(200, "pong")));
        let types::Admission::Respond(pong) = pong else { panic!("an answer") };
        assert_eq!((pong.status, &pong.body[..]), (200, &b"pong"[..]));
        assert_eq!(types::Admission::from(Admission::deny("no")), types::Admission::Deny("no".into()));
    }
}
