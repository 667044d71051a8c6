//! Tries a component when it is loaded: does it begin, does it have the types of the contract, does its own
//! fixture crash it, and does its memory grow when it is called.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::limits::{PLUGIN_DEADLINE, PLUGIN_MEMORY_BYTES_MAX};
use hookgate_core::plugin::{Crash, GuestEvent, PluginLimits, Refused, Role};
use hookgate_core::word::{Headers, Millis};
use http::{HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::engine::Memory;
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
    if loaded.facts.roles.contains(&Role::Transform) {
        grew |= transform(loaded, fixtures, ticker).await?;
    }
    Ok(if grew { Memory::Grows } else { Memory::Preset })
}

async fn begin(loaded: &Arc<Loaded>, ticker: &Ticker) -> Result<bool, Refused> {
    let begun = run::begin(Arc::clone(loaded), input("", "{}", PATIENCE), ticker.run()).await;
    begun.map_err(|crash| refused("the component does not begin", &crash))
}

async fn transform(loaded: &Arc<Loaded>, fixtures: &Fixtures, ticker: &Ticker) -> Result<bool, Refused> {
    let mut grew = false;
    for (event_type, body) in fixtures {
        let Ran { transformed, grew: by_this } =
            run::transform(Arc::clone(loaded), input(event_type, body.get(), PATIENCE), ticker.run()).await;
        if let Err(crash) = transformed {
            return Err(refused(&format!("its own fixture {event_type} crashes it"), &crash));
        }
        grew |= by_this;
    }
    if fixtures.is_empty() {
        // Any event tells whether memory grows, and at once; what else comes of it says nothing against a
        // plugin that is for other events.
        let any = input("", "{}", PLUGIN_DEADLINE);
        grew = run::transform(Arc::clone(loaded), any, ticker.run()).await.grew;
    }
    Ok(grew)
}

fn refused(what: &str, crash: &Crash) -> Refused {
    Refused::Unusable(format!("{what}: {crash}"))
}

fn input(event_type: &str, body: &str, deadline: Duration) -> Input {
    let headers = [(HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"))];
    let event = GuestEvent {
        id: "evt_fixture".into(),
        source: "fixture".into(),
        event_type: event_type.into(),
        subject: None,
        order_key: None,
        received_at: RECEIVED_AT,
        headers: Arc::new(headers.into_iter().collect::<Headers>()),
        body: Bytes::copy_from_slice(body.as_bytes()),
        json: None,
    };
    let limits = PluginLimits { deadline, memory_bytes_max: PLUGIN_MEMORY_BYTES_MAX };
    Input { plugin: None, config: "{}".into(), limits, event }
}
