//! Rendering, the pure part: what transforms made of an event becomes the message that is sent.
//!
//! Nothing secret is in it: this is what is stored and shown.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};

use crate::delivery::Message;
use crate::event::{Content, HOPS_HEADER};
use crate::plugin::{GuestEvent, GuestMessage, GuestOutbound};
use crate::topology::{ConnectorTarget, HttpTarget};
use crate::word::{Digest, Headers};

/// A message between two stages: the event, or what the stages so far made of it.
#[derive(Debug, Clone)]
pub struct Draft {
    event: Arc<Content>,
    event_type: Arc<str>,
    headers: Headers,
    body: Bytes,
    is_event_body: bool,
    is_untouched: bool,
}

/// A message as it will be sent, but for what is added at the moment of sending: endpoint, signature,
/// credentials. Stored and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// HTTP method.
    pub method: Method,
    /// The endpoint as it may be shown: of a secret one only the reference.
    pub url: String,
    /// Where it goes below the endpoint, in a connector's words; empty: to the endpoint itself.
    pub reference: String,
    /// Header fields.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
    /// Whether the body is the event's own, byte for byte: then it is stored once.
    pub is_event_body: bool,
    /// The components that made it, first to last.
    pub made_by: Vec<Digest>,
}

impl Draft {
    /// Begins with the event itself. Of the sender's header fields only `content-type` goes on.
    pub fn of(event: &Arc<Content>) -> Draft {
        let content_type = event.headers.first(header::CONTENT_TYPE.as_str()).cloned();
        Draft {
            event: Arc::clone(event),
            event_type: Arc::clone(&event.event_type),
            headers: content_type.map(|value| (header::CONTENT_TYPE, value)).into_iter().collect(),
            body: event.body.clone(),
            is_event_body: true,
            is_untouched: true,
        }
    }

    /// Returns what the next guest is shown: the first one the event with all its header fields, a
    /// later one what the stages before made.
    pub fn shown(&self) -> GuestEvent {
        let json = if self.is_event_body { self.event.json_if_parsed() } else { None };
        let headers =
            if self.is_untouched { Arc::clone(&self.event.headers) } else { Arc::new(self.headers.clone()) };
        GuestEvent {
            id: self.event.id.to_string().into(),
            source: Arc::clone(&self.event.source),
            event_type: Arc::clone(&self.event_type),
            subject: self.event.subject.clone(),
            order_key: self.event.order_key.clone(),
            received_at: self.event.received_at,
            headers,
            body: self.body.clone(),
            json,
        }
    }

    /// Applies what a transform made: fields that it left out stay.
    pub fn with(mut self, message: GuestMessage) -> Draft {
        self.is_untouched = false;
        if let Some(event_type) = message.event_type {
            self.event_type = event_type.into();
        }
        for (name, value) in message.headers.iter() {
            self.headers.set(name.clone(), value.clone());
        }
        if let Some(body) = message.body {
            self.body = body;
            self.is_event_body = false;
        }
        self
    }

    /// Goes on with the message that a Split child holds.
    pub fn resumed(event: &Arc<Content>, message: &Message) -> Draft {
        Draft {
            event: Arc::clone(event),
            event_type: Arc::clone(&message.event_type),
            headers: message.headers.clone(),
            body: message.body.clone().unwrap_or_else(|| event.body.clone()),
            is_event_body: message.body.is_none(),
            is_untouched: false,
        }
    }

    /// Returns the message as a Split child holds it.
    pub fn message(self, made_by: Vec<Digest>) -> Message {
        Message {
            event_type: self.event_type,
            headers: self.headers,
            body: (!self.is_event_body).then_some(self.body),
            made_by,
        }
    }

    /// Returns the request that a connector built of the message, for its endpoint.
    ///
    /// # Errors
    /// Says why the request cannot go there: its method or its reference is none that the connector may ask for.
    pub fn built(
        self,
        connector: &ConnectorTarget,
        outbound: GuestOutbound,
        hops: u32,
        made_by: Vec<Digest>,
    ) -> Result<Rendered, String> {
        let GuestOutbound { method, url: reference, headers, body } = outbound;
        let method = Method::from_bytes(method.as_bytes()).ok().filter(|method| *method != Method::CONNECT);
        let method = method.ok_or("the method of its request is none that sends something")?;
        connector.endpoint.refer(&self.event, &reference).map_err(|why| why.to_string())?;
        let mut headers = headers;
        if let (None, None, Some(of_message)) =
            (&body, headers.first("content-type"), self.headers.first("content-type"))
        {
            headers.push(header::CONTENT_TYPE, of_message.clone());
        }
        let shown = connector.endpoint.shown();
        let url = if reference.is_empty() { shown.to_owned() } else { format!("{shown} {reference}") };
        let is_event_body = body.is_none() && self.is_event_body;
        Ok(Rendered {
            method,
            url,
            reference,
            headers: completed(headers, hops),
            body: body.unwrap_or(self.body),
            is_event_body,
            made_by,
        })
    }

    /// Addresses the message to a destination. `hops` is how often the event passed through before.
    ///
    /// # Errors
    /// Says what the event lacks that the endpoint or a header field is filled with.
    pub fn addressed(self, http: &HttpTarget, hops: u32, made_by: Vec<Digest>) -> Result<Rendered, String> {
        let url = http.endpoint.shown_for(&self.event).map_err(|why| why.to_string())?;
        let mut headers = self.headers;
        for (name, value) in &http.headers {
            let value = value.value(&self.event).map_err(|why| format!("header {name}: {why}"))?;
            headers.set(name.clone(), value);
        }
        let sends_body = http.method != Method::GET;
        Ok(Rendered {
            method: http.method.clone(),
            url,
            reference: String::new(),
            headers: completed(headers, hops),
            body: if sends_body { self.body } else { Bytes::new() },
            is_event_body: self.is_event_body && sends_body,
            made_by,
        })
    }
}

/// Adds what every request carries.
fn completed(mut headers: Headers, hops: u32) -> Headers {
    if headers.first(header::USER_AGENT.as_str()).is_none() {
        let agent = HeaderValue::from_static(concat!("Hookgate/", env!("CARGO_PKG_VERSION")));
        headers.push(header::USER_AGENT, agent);
    }
    headers.set(HeaderName::from_static(HOPS_HEADER), HeaderValue::from(hops.saturating_add(1)));
    headers
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
