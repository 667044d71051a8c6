//! From a rendered message to a request on the wire: today's endpoint, signed now. Never stored.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use url::Url;

use crate::render::Rendered;
use crate::scheme::standard;
use crate::topology::{Destination, Signing};
use crate::word::{Headers, MessageId, Millis};

/// A request to be sent: it carries secrets, so it is neither stored nor shown.
#[derive(Clone)]
pub struct OutboundRequest {
    /// HTTP method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Header fields, the signature's included.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
    /// Within what the whole answer must be there.
    pub timeout: Duration,
}

impl OutboundRequest {
    /// Signs a rendered message for its destination. `now` is the attempt's own time: Standard
    /// Webhooks signs each attempt anew, under the same message id.
    ///
    /// # Errors
    /// The endpoint is no URL. It was checked, so this does not happen.
    pub fn signed(
        rendered: &Rendered,
        destination: &Destination,
        message: &MessageId,
        now: Millis,
    ) -> Result<OutboundRequest, url::ParseError> {
        let mut headers = rendered.headers.clone();
        let message = message.to_string();
        let id = HeaderValue::from_str(&message).expect("a message id is made of letters, digits and _");
        let seconds = now.seconds();
        headers.set(HeaderName::from_static(standard::ID), id);
        headers.set(HeaderName::from_static(standard::TIMESTAMP), HeaderValue::from(seconds));
        match &destination.http.signing {
            Signing::None => {}
            Signing::StandardWebhooks { secrets } => {
                let signature = standard::sign(secrets, &message, seconds, &rendered.body);
                let value =
                    HeaderValue::from_str(&signature).expect("a signature is base64, commas and spaces");
                headers.set(HeaderName::from_static(standard::SIGNATURE), value);
            }
        }
        Ok(OutboundRequest {
            method: rendered.method.clone(),
            url: destination.http.endpoint.url()?,
            headers,
            body: rendered.body.clone(),
            timeout: destination.timeout,
        })
    }
}

impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}
