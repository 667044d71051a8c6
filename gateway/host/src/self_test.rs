//! Tries a component when it is loaded: does it begin, does it have the types of the contract, does its own
//! fixture crash it, and does its memory grow when it is called.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::limits::{PLUGIN_DEADLINE, PLUGIN_MEMORY_BYTES_MAX};
use hookgate_core::plugin::{
    Crash, CrashKind, Grants, GuestEvent, GuestRequest, PluginLimits, Refused, Role,
};
use hookgate_core::word::{Headers, Millis};
use http::{HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::call::Lent;
use crate::engine::Memory;
use crate::function::{Authenticate, Build, Entry, Function, Route, Transform};
use crate::loader::Loaded;
use crate::run::{self, Input, Ran};
use crate::ticker::Ticker;

/// What beginning and a fixture may take. A component is not refused because an operator has yet to give it
/// more time, so it is the longest that makes sense while a start waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// When the events of self-tests were received: 2026-01-01, always, so that a self-test always ends alike.
const RECEIVED_AT: Millis = Millis(1_767_225_600_000);

/// Events that a component brings along: type and body.
pub(crate) type Fixtures = BTreeMap<String, Box<RawValue>>;

/// Reads the section of fixtures.
///
/// # Errors
/// It is no JSON object.
pub(crate) fn fixtures(section: Option<&[u8]>) -> Result<Fixtures, Refused> {
    let Some(section) = section else { return Ok(Fixtures::new()) };
    serde_json::from_slice(section).map_err(|error| {
        Refused::Unusable(format!("the fixtures in section hookgate:fixtures do not read: {error}"))
    })
}

/// What a route's candidates are called here. A plugin that knows others by name may choose those: what it
/// chooses says nothing against it.
const CANDIDATES: [&str; 2] = ["one", "other"];

/// Tries a component, and says how its memory behaves.
///
/// A plugin may decline its fixtures, since it has no config here; it may not crash by them.
///
/// # Errors
/// It cannot begin, or one of its own fixtures crashes it.
pub(crate) async fn run(
    loaded: &Arc<Loaded>,
    fixtures: &Fixtures,
    ticker: &Ticker,
) -> Result<Memory, Refused> {
    let mut grew = begin(loaded, ticker).await?;
    let trial = Trial { loaded, fixtures, ticker };
    for role in &loaded.facts.roles {
        grew |= match role {
            Role::Transform => trial.events(|| Transform).await?,
            Role::Route => {
                let candidates: Arc<[String]> = CANDIDATES.map(str::to_owned).into();
                trial.events(|| Route { candidates: Arc::clone(&candidates) }).await?
            }
            Role::ConnectOut => trial.events(|| Build).await?,
            Role::Authenticate => trial.request().await,
            // Nobody calls it yet.
            Role::ConnectIn => false,
        };
    }
    Ok(if grew { Memory::Grows } else { Memory::Preset })
}

async fn begin(loaded: &Arc<Loaded>, ticker: &Ticker) -> Result<bool, Refused> {
    let begun = run::begin(Arc::clone(loaded), input(event("", "{}"), PATIENCE), ticker.run()).await;
    begun.map_err(|crash| refused("the component does not begin", &crash))
}

/// A component, and what it is tried with.
struct Trial<'a> {
    loaded: &'a Arc<Loaded>,
    fixtures: &'a Fixtures,
    ticker: &'a Ticker,
}

impl Trial<'_> {
    /// Tries a function of events with the fixtures. Returns whether memory grew.
    async fn events<F: Function>(&self, function: impl Fn() -> F) -> Result<bool, Refused> {
        let mut grew = false;
        for (event_type, body) in self.fixtures {
            let ran = self.call(event(event_type, body.get()), PATIENCE, function()).await;
            // A name that is no candidate here may well be one where the plugin is used.
            if let Err(crash) = ran.answer
                && !(F::ENTRY == Entry::Route && crash.kind == CrashKind::Incompatible)
            {
                return Err(refused(&format!("its own fixture {event_type} crashes it"), &crash));
            }
            grew |= ran.grew;
        }
        if self.fixtures.is_empty() {
            // Any event tells whether memory grows, and at once; what else comes of it says nothing against
            // a plugin that is for other events.
            grew = self.call(event("", "{}"), PLUGIN_DEADLINE, function()).await.grew;
        }
        Ok(grew)
    }

    /// Tries `authenticate` with any request: it has no keys here, so what comes of it says nothing.
    async fn request(&self) -> bool {
        let request = GuestRequest {
            method: "POST".into(),
            path: "/in/fixture".into(),
            query: "".into(),
            headers: Arc::new(json_headers()),
            body: Bytes::from_static(b"{}"),
        };
        self.call(request.into(), PLUGIN_DEADLINE, Authenticate).await.grew
    }

    async fn call<F: Function>(&self, lent: Lent, deadline: Duration, function: F) -> Ran<F::Output> {
        run::call(Arc::clone(self.loaded), input(lent, deadline), function, self.ticker.run()).await
    }
}

fn refused(what: &str, crash: &Crash) -> Refused {
    Refused::Unusable(format!("{what}: {crash}"))
}

fn json_headers() -> Headers {
    let field = (HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"));
    [field].into_iter().collect()
}

fn event(event_type: &str, body: &str) -> Lent {
    Lent::from(GuestEvent {
        id: "evt_fixture".into(),
        source: "fixture".into(),
        event_type: event_type.into(),
        subject: None,
        order_key: None,
        received_at: RECEIVED_AT,
        headers: Arc::new(json_headers()),
        body: Bytes::copy_from_slice(body.as_bytes()),
        json: None,
    })
}

/// Everything is granted and nothing is there: a frozen clock, no key, no secret.
fn input(lent: Lent, deadline: Duration) -> Input {
    let limits = PluginLimits { deadline, memory_bytes_max: PLUGIN_MEMORY_BYTES_MAX };
    let grants = Arc::new(Grants { clock: true, ..Grants::default() });
    Input { plugin: None, config: "{}".into(), limits, grants, now: RECEIVED_AT, lent }
}
