//! The functions of the contract that the host calls, each as a value: what it is given, what it returns, and
//! how that is checked. Everything else about a call is the same for all of them.

use std::sync::Arc;

use hookgate_core::plugin::{
    Admission, Crash, GuestMessage, GuestOutbound, GuestResponse, Judgement, Role, Stop,
};
use wasmtime::component::{ComponentNamedList, ComponentType, Lift, Lower, Resource};

use crate::check;
use crate::view::{EventView, RequestView, fields};
use crate::wire::{WireAuthenticated, WireBuilt, WireJudgement, WireResponse, WireRouted, WireTransformed};

/// A function by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Transform,
    Route,
    Authenticate,
    Build,
    Judge,
}

impl Entry {
    /// Every function that the host calls, in the order of their numbers.
    pub(crate) const ALL: [Entry; 5] =
        [Entry::Transform, Entry::Route, Entry::Authenticate, Entry::Build, Entry::Judge];

    /// Returns the role that it belongs to.
    pub(crate) fn role(self) -> Role {
        match self {
            Entry::Transform => Role::Transform,
            Entry::Route => Role::Route,
            Entry::Authenticate => Role::Authenticate,
            Entry::Build | Entry::Judge => Role::ConnectOut,
        }
    }

    /// Returns the word for metrics: the role, and which of its functions where there are two.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Entry::Transform => "transform",
            Entry::Route => "route",
            Entry::Authenticate => "authenticate",
            Entry::Build => "connect-out.build",
            Entry::Judge => "connect-out.judge",
        }
    }

    /// Returns its name in the role's interface.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Entry::Transform => "transform",
            Entry::Route => "route",
            Entry::Authenticate => "authenticate",
            Entry::Build => "build",
            Entry::Judge => "judge",
        }
    }
}

/// A function with what it is given in one call.
pub(crate) trait Function: Send + Sync + 'static {
    /// Which one.
    const ENTRY: Entry;
    /// What crosses to the guest.
    type Params: ComponentNamedList + Lower + Send + Sync + 'static;
    /// What comes back.
    type Returned: ComponentType + Lift + Send + Sync + 'static;
    /// The same once it is checked.
    type Output: Send + 'static;

    /// Returns what crosses to the guest.
    fn params(&self) -> Self::Params;

    /// Checks what came back, against the contract and the bounds.
    fn check(&self, returned: Self::Returned) -> Result<Self::Output, Crash>;

    /// Returns the output as one word, for metrics.
    fn word(output: &Self::Output) -> &'static str;
}

/// The handle of what is on loan. There is one such thing in a call, so its number says nothing.
fn lent<T: 'static>() -> Resource<T> {
    Resource::new_borrow(0)
}

fn stop_word(stop: &Stop) -> &'static str {
    match stop {
        Stop::Skip(_) => "skip",
        Stop::Declined(_) => "declined",
        Stop::Retry { .. } => "retry",
    }
}

/// `transform` of the role `transform`.
#[derive(Debug)]
pub(crate) struct Transform;

impl Function for Transform {
    const ENTRY: Entry = Entry::Transform;
    type Params = (Resource<EventView>,);
    type Returned = WireTransformed;
    type Output = Result<Vec<GuestMessage>, Stop>;

    fn params(&self) -> Self::Params {
        (lent(),)
    }

    fn check(&self, returned: WireTransformed) -> Result<Self::Output, Crash> {
        check::transformed(returned)
    }

    fn word(output: &Self::Output) -> &'static str {
        output.as_ref().map_or_else(stop_word, |_| "messages")
    }
}

/// `route` of the role `route`.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) candidates: Arc<[String]>,
}

impl Function for Route {
    const ENTRY: Entry = Entry::Route;
    type Params = (Resource<EventView>, Arc<[String]>);
    type Returned = WireRouted;
    type Output = Result<Vec<String>, Stop>;

    fn params(&self) -> Self::Params {
        (lent(), Arc::clone(&self.candidates))
    }

    fn check(&self, returned: WireRouted) -> Result<Self::Output, Crash> {
        check::routed(returned, &self.candidates)
    }

    fn word(output: &Self::Output) -> &'static str {
        output.as_ref().map_or_else(stop_word, |_| "routed")
    }
}

/// `authenticate` of the role `authenticate`.
#[derive(Debug)]
pub(crate) struct Authenticate;

impl Function for Authenticate {
    const ENTRY: Entry = Entry::Authenticate;
    type Params = (Resource<RequestView>,);
    type Returned = WireAuthenticated;
    type Output = Result<Admission, String>;

    fn params(&self) -> Self::Params {
        (lent(),)
    }

    fn check(&self, returned: WireAuthenticated) -> Result<Self::Output, Crash> {
        check::authenticated(returned)
    }

    fn word(output: &Self::Output) -> &'static str {
        match output {
            Ok(Admission::Accept(_)) => "accept",
            Ok(Admission::Respond(_)) => "respond",
            Ok(Admission::Deny(_)) => "deny",
            Err(_) => "undecided",
        }
    }
}

/// `build` of the role `connect-out`.
#[derive(Debug)]
pub(crate) struct Build;

impl Function for Build {
    const ENTRY: Entry = Entry::Build;
    type Params = (Resource<EventView>,);
    type Returned = WireBuilt;
    type Output = Result<GuestOutbound, Stop>;

    fn params(&self) -> Self::Params {
        (lent(),)
    }

    fn check(&self, returned: WireBuilt) -> Result<Self::Output, Crash> {
        check::built(returned)
    }

    fn word(output: &Self::Output) -> &'static str {
        output.as_ref().map_or_else(stop_word, |_| "outbound")
    }
}

/// `judge` of the role `connect-out`.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(crate) response: GuestResponse,
}

impl Function for Judge {
    const ENTRY: Entry = Entry::Judge;
    type Params = (WireResponse,);
    type Returned = WireJudgement;
    type Output = Judgement;

    fn params(&self) -> Self::Params {
        (WireResponse {
            status: self.response.status,
            headers: fields(&self.response.headers),
            body: self.response.body.to_vec(),
        },)
    }

    fn check(&self, returned: WireJudgement) -> Result<Self::Output, Crash> {
        check::judged(returned)
    }

    fn word(output: &Self::Output) -> &'static str {
        match output {
            Judgement::Delivered => "delivered",
            Judgement::Retry { .. } => "retry",
            Judgement::Declined(_) => "declined",
            Judgement::Gone(_) => "gone",
        }
    }
}
