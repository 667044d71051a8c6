//! A component in a host of its own, ready to be called.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::plugin::{Call, Facts, PluginLimits, Role};
use hookgate_core::word::Slug;
use hookgate_host::{Host, HostSettings, Spent};
use hookgate_ports::Guests;
use prometheus_client::registry::Registry;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::answer;
use super::case::Case;
use crate::cli::Exit;

/// What a call may take here. A busy machine must not fail a test; how long it took is shown.
const DEADLINE: Duration = Duration::from_secs(2);

/// A component that can be called.
pub(super) struct Trial {
    host: Host,
    runtime: Runtime,
    pub(super) facts: Facts,
}

impl Trial {
    /// Loads a component as `serve` would: inspects, compiles, self-tests.
    pub(super) fn load(component: Bytes) -> Result<Trial, Exit> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Exit::Failed(format!("no runtime: {error}")))?;
        let settings = HostSettings { cache_dir: None, threads: NonZeroUsize::MIN };
        let host =
            Host::new(settings, &mut Registry::default()).map_err(|error| Exit::Failed(error.to_string()))?;
        let facts =
            runtime.block_on(host.load(component)).map_err(|refused| Exit::Failed(refused.to_string()))?;
        Ok(Trial { host, runtime, facts })
    }

    /// Returns what its last call took.
    pub(super) fn spent(&self) -> Option<Spent> {
        self.host.last_spent(&self.facts.digest)
    }

    /// Tells whether its memory grows when it is called.
    pub(super) fn grows_memory(&self) -> bool {
        self.host.grows_memory(&self.facts.digest).unwrap_or_default()
    }

    /// Returns the role that a case is about.
    pub(super) fn role(&self, case: &Case) -> Result<Role, String> {
        let roles = &self.facts.roles;
        let names = || roles.iter().map(|role| role.interface()).collect::<Vec<&str>>().join(", ");
        match (case.role, roles.as_slice()) {
            (Some(role), roles) if roles.contains(&role) => Ok(role),
            (Some(role), _) => {
                Err(format!("the component has not the role {}; it has {}", role.interface(), names()))
            }
            (None, [only]) => Ok(*only),
            (None, _) => Err(format!("the component has several roles; name one of {}", names())),
        }
    }

    /// Calls the component. `event_type` and `body` are the fixture's.
    pub(super) fn call(&self, case: &Case, event_type: &str, body: &Bytes) -> Result<Value, String> {
        let call = Call {
            plugin: self.plugin(),
            digest: self.facts.digest,
            config: case.config_text(),
            limits: PluginLimits { deadline: DEADLINE, ..PluginLimits::default() },
            grants: Arc::new(case.grants()),
            now: case.clock(),
        };
        let (host, runtime) = (&self.host, &self.runtime);
        Ok(match (self.role(case)?, &case.response) {
            (Role::Transform, _) => {
                answer::transformed(runtime.block_on(host.transform(call, case.event(event_type, body)?)))
            }
            (Role::Route, _) => {
                let event = case.event(event_type, body)?;
                answer::routed(runtime.block_on(host.route(call, event, case.candidates.clone())))
            }
            (Role::Authenticate, _) => {
                answer::authenticated(runtime.block_on(host.authenticate(call, case.request(body)?)))
            }
            (Role::ConnectOut, None) => {
                answer::built(runtime.block_on(host.build(call, case.event(event_type, body)?)))
            }
            (Role::ConnectOut, Some(response)) => {
                answer::judged(runtime.block_on(host.judge(call, response.response()?)))
            }
            (Role::ConnectIn, _) => return Err("the role connect-in comes with a later release".to_owned()),
        })
    }

    /// The plugin's own name if it is a slug, for the log.
    fn plugin(&self) -> Slug {
        let own = self.facts.manifest.as_ref().and_then(|manifest| Slug::parse(&manifest.name).ok());
        own.unwrap_or_else(|| Slug::parse("plugin").expect("a word of letters is a slug"))
    }
}
