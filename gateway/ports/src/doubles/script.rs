//! What a scripted plugin does in each role that it has.

use std::sync::Arc;

use hookgate_core::plugin::{
    Authenticated, Built, Call, GuestEvent, GuestRequest, GuestResponse, Judged, Role, Routed, Transformed,
};

pub(super) type Transform = Arc<dyn Fn(&Call, &GuestEvent) -> Transformed + Send + Sync>;
pub(super) type Route = Arc<dyn Fn(&Call, &GuestEvent, &[String]) -> Routed + Send + Sync>;
pub(super) type Authenticate = Arc<dyn Fn(&Call, &GuestRequest) -> Authenticated + Send + Sync>;
pub(super) type Build = Arc<dyn Fn(&Call, &GuestEvent) -> Built + Send + Sync>;
pub(super) type Judge = Arc<dyn Fn(&Call, &GuestResponse) -> Judged + Send + Sync>;

/// A plugin's roles, each a closure. It has those that were given.
#[derive(Clone, Default)]
pub struct Script {
    pub(super) transform: Option<Transform>,
    pub(super) route: Option<Route>,
    pub(super) authenticate: Option<Authenticate>,
    pub(super) build: Option<Build>,
    pub(super) judge: Option<Judge>,
}

impl Script {
    /// Makes a script without a role.
    pub fn new() -> Script {
        Script::default()
    }

    /// Gives it the role `transform`.
    pub fn transform(
        mut self,
        transform: impl Fn(&Call, &GuestEvent) -> Transformed + Send + Sync + 'static,
    ) -> Script {
        self.transform = Some(Arc::new(transform));
        self
    }

    /// Gives it the role `route`.
    pub fn route(
        mut self,
        route: impl Fn(&Call, &GuestEvent, &[String]) -> Routed + Send + Sync + 'static,
    ) -> Script {
        self.route = Some(Arc::new(route));
        self
    }

    /// Gives it the role `authenticate`.
    pub fn authenticate(
        mut self,
        authenticate: impl Fn(&Call, &GuestRequest) -> Authenticated + Send + Sync + 'static,
    ) -> Script {
        self.authenticate = Some(Arc::new(authenticate));
        self
    }

    /// Gives it the role `connect-out`, by both of its functions.
    pub fn connect_out(
        mut self,
        build: impl Fn(&Call, &GuestEvent) -> Built + Send + Sync + 'static,
        judge: impl Fn(&Call, &GuestResponse) -> Judged + Send + Sync + 'static,
    ) -> Script {
        self.build = Some(Arc::new(build));
        self.judge = Some(Arc::new(judge));
        self
    }

    /// Returns the roles that were given.
    pub(super) fn roles(&self) -> Vec<Role> {
        let has = |role: &Role| match role {
            Role::Transform => self.transform.is_some(),
            Role::Route => self.route.is_some(),
            Role::Authenticate => self.authenticate.is_some(),
            Role::ConnectIn => false,
            Role::ConnectOut => self.build.is_some(),
        };
        Role::ALL.into_iter().filter(has).collect()
    }
}
