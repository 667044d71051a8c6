//! Which of all that happens an onlooker wants to see.

use hookgate_core::word::{EventId, Kind, ScopeId, Slug};
use hookgate_engine::{Observation, What};
use http::StatusCode;
use serde::Deserialize;

use crate::Problem;
use crate::admin::Admin;
use crate::admin::page::bad;

/// The query of `GET /v1/tail`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::admin) struct Parameters {
    kind: Option<String>,
    source: Option<String>,
    route: Option<String>,
    destination: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    event: Option<String>,
    failed: Option<String>,
}

/// What can be asked for by its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Accepted,
    Refused,
    Tried,
}

/// What an onlooker wants to see: whatever fits every part that is given.
pub(super) struct Filter {
    scope: ScopeId,
    kinds: Vec<Asked>,
    source: Option<Slug>,
    route: Option<Slug>,
    destination: Option<Slug>,
    event_type: Option<String>,
    event: Option<EventId>,
    only_failed: bool,
}

impl Asked {
    const ALL: [Asked; 3] = [Asked::Accepted, Asked::Refused, Asked::Tried];

    fn word(self) -> &'static str {
        match self {
            Asked::Accepted => "accepted",
            Asked::Refused => "refused",
            Asked::Tried => "tried",
        }
    }
}

impl Filter {
    /// Reads the parameters.
    ///
    /// # Errors
    /// One does not read, or names what the configuration does not have: its silence would say nothing.
    pub(super) fn read(admin: &Admin, parameters: Parameters) -> Result<Filter, Problem> {
        let event = parameters
            .event
            .as_deref()
            .map(|text| text.parse::<EventId>().map_err(|error| bad("event", error.to_string())));
        Ok(Filter {
            scope: admin.scope,
            kinds: kinds(parameters.kind.as_deref())?,
            source: configured(admin, Kind::Source, "source", parameters.source.as_deref())?,
            route: configured(admin, Kind::Route, "route", parameters.route.as_deref())?,
            destination: configured(
                admin,
                Kind::Destination,
                "destination",
                parameters.destination.as_deref(),
            )?,
            event_type: parameters.event_type,
            event: event.transpose()?,
            only_failed: match parameters.failed.as_deref() {
                None | Some("false") => false,
                Some("true") => true,
                Some(other) => return Err(bad("failed", format!("expected true or false, found {other:?}"))),
            },
        })
    }

    /// Tells whether something is to be seen.
    pub(super) fn fits(&self, observation: &Observation) -> bool {
        let is = |wanted: &Option<Slug>, name: &str| wanted.as_ref().is_none_or(|slug| slug.as_str() == name);
        let to = |wanted: &Option<Slug>, name: &Option<Slug>| wanted.is_none() || wanted == name;
        let of_type = |name: &str| self.event_type.as_deref().is_none_or(|wanted| wanted == name);
        let of_event = |id: &EventId| self.event.as_ref().is_none_or(|wanted| wanted == id);
        let is_of_request = self.route.is_none() && self.destination.is_none();
        let fits = match &observation.what {
            What::Accepted { event, event_type, source, .. } => {
                !self.only_failed
                    && is_of_request
                    && self.asks_for(Asked::Accepted)
                    && is(&self.source, source)
                    && of_type(event_type)
                    && of_event(event)
            }
            What::Refused { source, .. } => {
                is_of_request
                    && self.event_type.is_none()
                    && self.event.is_none()
                    && self.asks_for(Asked::Refused)
                    && is(&self.source, source)
            }
            What::Tried { event, event_type, source, route, destination, outcome, .. } => {
                (outcome.is_failure() || !self.only_failed)
                    && self.asks_for(Asked::Tried)
                    && is(&self.source, source)
                    && to(&self.route, route)
                    && to(&self.destination, destination)
                    && of_type(event_type)
                    && of_event(event)
            }
        };
        fits && observation.scope == self.scope
    }

    fn asks_for(&self, kind: Asked) -> bool {
        self.kinds.contains(&kind)
    }
}

fn kinds(text: Option<&str>) -> Result<Vec<Asked>, Problem> {
    let Some(text) = text else { return Ok(Asked::ALL.to_vec()) };
    let kind = |word: &str| {
        Asked::ALL.into_iter().find(|kind| kind.word() == word).ok_or_else(|| {
            let words = Asked::ALL.map(Asked::word).join(", ");
            bad("kind", format!("expected some of {words}, with commas between, found {word:?}"))
        })
    };
    text.split(',').map(kind).collect()
}

fn configured(admin: &Admin, kind: Kind, field: &str, name: Option<&str>) -> Result<Option<Slug>, Problem> {
    let Some(name) = name else { return Ok(None) };
    let slug = Slug::parse(name).map_err(|error| bad(field, error.to_string()))?;
    let names = admin.engine.current().of(admin.scope).names();
    if names.iter().any(|(_, of, known)| *of == kind && *known == slug) {
        return Ok(Some(slug));
    }
    let detail = format!("there is no {} {slug}", kind.word());
    Err(Problem::new(StatusCode::NOT_FOUND, "unknown-name", detail))
}
