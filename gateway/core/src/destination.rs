//! Destinations: configured targets, each with its policy and the way it is reached.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use thiserror::Error;
use url::Url;

use crate::breaker::BreakerPolicy;
use crate::envelope::Envelope;
use crate::event::Content;
use crate::limits;
use crate::rate::Rate;
use crate::retry::RetryPolicy;
use crate::scheme::declared::HmacSigning;
use crate::template::{Facts, Missing, Template, TemplateError};
use crate::word::{Kind, NameId, ScopeId, Secret, Slug};

/// A configured target with its policy.
#[derive(Debug)]
pub struct Destination {
    /// The owner.
    pub scope: ScopeId,
    /// The name as an integer.
    pub id: NameId,
    /// The name.
    pub name: Slug,
    /// When it is tried again.
    pub retry: RetryPolicy,
    /// Within what an answer must be there.
    pub timeout: Duration,
    /// Requests that may be on the wire at once.
    pub concurrency: u32,
    /// Requests that may begin in a time; none: as many as there are.
    pub rate: Option<Rate>,
    /// When it is spared; none: never.
    pub breaker: Option<BreakerPolicy>,
    /// Of which attempts what was sent and what came back is kept.
    pub keep: Keep,
    /// How it is reached.
    pub target: Target,
    /// What lets requests in, added at the moment of sending.
    pub auth: Auth,
    /// How requests are signed.
    pub signing: Signing,
}

/// Of which attempts what was sent and what came back is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Of all: people look at them.
    #[default]
    All,
    /// Of those that were no success.
    Failed,
    /// Of none: only that they happened, and what they came to.
    Nothing,
}

/// How a destination is reached.
#[derive(Debug)]
pub enum Target {
    /// By a request that the configuration describes.
    Http(HttpTarget),
    /// By a request that a plugin builds, which also judges the answer.
    Connector(ConnectorTarget),
}

/// An HTTP endpoint and how it is spoken to.
#[derive(Debug)]
pub struct HttpTarget {
    /// The URL.
    pub endpoint: Endpoint,
    /// The method; `GET` sends no body.
    pub method: Method,
    /// Set on every request.
    pub headers: Vec<(HeaderName, FieldValue)>,
    /// The version of HTTP.
    pub version: HttpVersion,
}

/// A plugin that speaks for a product.
#[derive(Debug)]
pub struct ConnectorTarget {
    /// Its name; today's component is used.
    pub plugin: Slug,
    /// Its config there, as JSON text.
    pub config: Arc<str>,
    /// What its references are resolved against. The plugin never sees it.
    pub endpoint: Endpoint,
}

/// The version of HTTP that a destination is spoken to in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum HttpVersion {
    /// What TLS agrees upon; 1.1 without TLS.
    #[default]
    Agreed,
    /// HTTP/2 and nothing else, without TLS by prior knowledge (RFC 9113, 3.3).
    Two,
}

/// The value of a header field that a destination sets.
#[derive(Debug, Clone)]
pub enum FieldValue {
    /// The same on every request.
    Plain(HeaderValue),
    /// Filled from the event.
    Template(Template),
}

/// An endpoint's URL, and whether it may be shown.
#[derive(Debug, Clone)]
pub enum Endpoint {
    /// Written in the configuration.
    Plain(Url),
    /// Written in the configuration, and filled from the event.
    Template(EndpointTemplate),
    /// Given by reference: a URL such as Slack's is a credential. Shown as the reference only.
    Secret {
        /// The URL's bytes, which were checked to be one.
        url: Secret,
        /// What stands for it where it is shown, such as `${env:SLACK_WEBHOOK_URL}`.
        shown: String,
    },
}

/// A URL with placeholders behind its host.
#[derive(Debug, Clone)]
pub struct EndpointTemplate {
    template: Template,
    text: String,
}

/// What lets requests in at a destination.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    /// Nothing.
    #[default]
    None,
    /// `Authorization: Bearer`, RFC 6750.
    Bearer(Secret),
    /// `Authorization: Basic`, RFC 7617.
    Basic {
        /// The user, which has no colon.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A key in a header field.
    HeaderKey {
        /// Its name.
        name: HeaderName,
        /// The key; checked to be a field's value.
        key: Secret,
    },
    /// A key in the URL's query.
    QueryKey {
        /// Its name.
        name: String,
        /// The key.
        key: Secret,
    },
}

/// How requests to a destination are signed.
#[derive(Debug, Default)]
pub enum Signing {
    /// Not at all.
    #[default]
    None,
    /// Standard Webhooks 1.0, `v1`: one signature a secret, newest first.
    StandardWebhooks {
        /// The keys' bytes, decoded.
        secrets: Vec<Secret>,
    },
    /// An HMAC that the configuration declares.
    Hmac(HmacSigning),
}

/// Why a message has no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unaddressed {
    /// The event lacks what the endpoint is filled with.
    #[error("{0}, which the endpoint is filled with")]
    Missing(#[from] Missing),
    /// A value would lead out of the path that the endpoint names.
    #[error("the endpoint {0} filled from this event would lead to another path")]
    OtherPath(String),
    /// A connector's reference leads to another host than the endpoint's.
    #[error("the reference {0} leads away from the destination's endpoint")]
    OtherOrigin(String),
    /// It is no URL. The configuration was checked, so this does not happen.
    #[error("the endpoint is no URL: {0}")]
    NotAUrl(#[from] url::ParseError),
}

impl Destination {
    /// Returns a destination that events are posted to, with the policy that holds where the
    /// configuration names none, unsigned.
    pub fn posting_to(endpoint: Endpoint, scope: ScopeId, name: Slug) -> Destination {
        let http =
            HttpTarget { endpoint, method: Method::POST, headers: Vec::new(), version: HttpVersion::Agreed };
        Destination {
            scope,
            id: NameId::of(scope, Kind::Destination, &name),
            name,
            retry: RetryPolicy::default(),
            timeout: limits::SEND_TIMEOUT,
            concurrency: limits::DESTINATION_CONCURRENCY,
            rate: None,
            breaker: None,
            keep: Keep::All,
            target: Target::Http(http),
            auth: Auth::None,
            signing: Signing::None,
        }
    }

    /// Returns the endpoint, whatever kind the destination is of.
    pub fn endpoint(&self) -> &Endpoint {
        match &self.target {
            Target::Http(http) => &http.endpoint,
            Target::Connector(connector) => &connector.endpoint,
        }
    }

    /// Returns how much of it may be used at once and in a time.
    pub fn terms(&self) -> Terms {
        Terms { concurrency: self.concurrency, rate: self.rate, breaker: self.breaker }
    }
}

/// What a permit depends on, of a destination of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Requests that may be on the wire at once.
    pub concurrency: u32,
    /// How often one may begin.
    pub rate: Option<Rate>,
    /// When it is spared.
    pub breaker: Option<BreakerPolicy>,
}

impl Endpoint {
    /// Returns what may be shown of it: of a template the text with its placeholders.
    pub fn shown(&self) -> &str {
        match self {
            Endpoint::Plain(url) => url.as_str(),
            Endpoint::Template(template) => &template.text,
            Endpoint::Secret { shown, .. } => shown,
        }
    }

    /// Returns what may be shown of the URL for one event.
    ///
    /// # Errors
    /// As [`Endpoint::url`].
    pub fn shown_for(&self, event: &Content) -> Result<String, Unaddressed> {
        match self {
            Endpoint::Plain(_) | Endpoint::Secret { .. } => Ok(self.shown().to_owned()),
            Endpoint::Template(template) => template.url(event).map(String::from),
        }
    }

    /// Returns where a reference leads that is resolved against the endpoint (RFC 3986), on the same origin
    /// (RFC 6454): or the destination's credentials would go to somebody else. An empty one is the endpoint.
    ///
    /// # Errors
    /// As [`Endpoint::url`], or the reference leads to another origin.
    pub fn refer(&self, event: &Content, reference: &str) -> Result<Url, Unaddressed> {
        let endpoint = self.url(event)?;
        if reference.is_empty() {
            return Ok(endpoint);
        }
        let elsewhere = || Unaddressed::OtherOrigin(reference.to_owned());
        let url = endpoint.join(reference).map_err(|_| elsewhere())?;
        let is_same =
            url.origin() == endpoint.origin() && url.username().is_empty() && url.password().is_none();
        if is_same { Ok(url) } else { Err(elsewhere()) }
    }

    /// Tells whether other events go to other URLs, so that one of them says nothing about the others.
    pub fn is_template(&self) -> bool {
        matches!(self, Endpoint::Template(_))
    }

    /// Returns the URL for an event, to send to. Of a secret one, never store or show it.
    ///
    /// # Errors
    /// The event lacks what a template needs, or has what leads out of it.
    pub fn url(&self, event: &Content) -> Result<Url, Unaddressed> {
        match self {
            Endpoint::Plain(url) => Ok(url.clone()),
            Endpoint::Template(template) => template.url(event),
            Endpoint::Secret { url, .. } => Ok(Url::parse(&String::from_utf8_lossy(url.expose()))?),
        }
    }
}

impl EndpointTemplate {
    /// Reads a URL with placeholders, all of them behind its host: an event must not choose who gets it.
    ///
    /// # Errors
    /// Says which placeholder does not read, or stands before the path.
    pub fn parse(text: &str) -> Result<EndpointTemplate, TemplateError> {
        let template = Template::parse(text)?;
        let begin = text.find("://").map_or(0, |at| at + 3);
        let path = text[begin..].find(['/', '?']).map_or(text.len(), |at| begin + at);
        match text.find('{') {
            Some(at) if at < path => Err(TemplateError {
                at,
                why: "an event cannot choose the host that it is sent to".into(),
                help: "write placeholders behind the host: https://crm.example.com/{body.account}".into(),
            }),
            Some(_) | None => Ok(EndpointTemplate { template, text: text.to_owned() }),
        }
    }

    /// Returns a URL as events would make it, to check the rest of the text by.
    pub fn sample(&self) -> String {
        self.template.sample("x")
    }

    /// Fills it in. A value is data: it cannot add a segment to the path, a parameter or a fragment.
    fn url(&self, event: &Content) -> Result<Url, Unaddressed> {
        let facts = Facts::of(Envelope::of(event));
        let text = self.template.render_encoded(&facts, percent_encode)?;
        let path = text.split(['?', '#']).next().unwrap_or_default();
        // Of a dot's two spellings the URL parser takes either as a step.
        let steps = |segment: &str| matches!(&*segment.to_ascii_lowercase().replace("%2e", "."), "." | "..");
        if path.split('/').skip(3).any(steps) {
            return Err(Unaddressed::OtherPath(self.text.clone()));
        }
        Ok(Url::parse(&text)?)
    }
}

/// Writes a value for any place behind the host of a URL: all but RFC 3986's unreserved characters encoded.
fn percent_encode(value: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

impl FieldValue {
    /// Returns the field's value for an event.
    ///
    /// # Errors
    /// Says what the event lacks, or has that no header field can carry.
    pub fn value(&self, event: &Content) -> Result<HeaderValue, String> {
        match self {
            FieldValue::Plain(value) => Ok(value.clone()),
            FieldValue::Template(template) => {
                let facts = Facts::of(Envelope::of(event));
                let text = template.render(&facts).map_err(|missing| missing.to_string())?;
                HeaderValue::from_str(&text)
                    .map_err(|_| "a value of the event has characters that no header field can carry".into())
            }
        }
    }
}

impl Keep {
    /// Tells whether what was sent and what came back is kept of an attempt.
    pub fn keeps(self, succeeded: bool) -> bool {
        match self {
            Keep::All => true,
            Keep::Failed => !succeeded,
            Keep::Nothing => false,
        }
    }
}

/// What a route may have rendered at once until it splits: a router takes no receiver's time.
pub const ROUTE_TERMS: Terms =
    Terms { concurrency: limits::DESTINATION_CONCURRENCY, rate: None, breaker: None };

#[cfg(test)]
#[path = "destination_tests.rs"]
mod tests;
