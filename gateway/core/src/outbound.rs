//! From a rendered message to a request on the wire: today's endpoint, authorised and signed now. Never stored.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use url::Url;

use crate::destination::{Auth, Destination, HttpVersion, Signing, Target, Unaddressed};
use crate::event::Content;
use crate::render::Rendered;
use crate::scheme::standard;
use crate::word::{Headers, MessageId, Millis, Secret};

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
    /// The version of HTTP to speak.
    pub version: HttpVersion,
}

/// A request to be sent, and what may be shown of what sending adds to a rendered message.
#[derive(Debug, Clone)]
pub struct Signed {
    /// What goes on the wire.
    pub request: OutboundRequest,
    /// The header fields that were added: message id, time and signature as they are sent, credentials
    /// as the word [`MASKED`].
    pub sent: Headers,
}

/// What is shown in place of a credential that was added to a request.
pub const MASKED: &str = "«configured»";

impl OutboundRequest {
    /// Authorises and signs a rendered message for its destination of today. `now` is the attempt's own
    /// time: each attempt is signed anew, under the same message id.
    ///
    /// # Errors
    /// Says why the message has no address at this destination.
    pub fn signed(
        rendered: &Rendered,
        destination: &Destination,
        event: &Content,
        message: &MessageId,
        now: Millis,
    ) -> Result<Signed, Unaddressed> {
        let mut url = destination.endpoint().refer(event, &rendered.reference)?;
        let mut sent = signature(&destination.signing, &rendered.body, message, now);
        let mut headers = rendered.headers.clone();
        for (name, value) in sent.iter() {
            headers.set(name.clone(), value.clone());
        }
        match &destination.auth {
            Auth::None => {}
            Auth::QueryKey { name, key } => {
                url.query_pairs_mut().append_pair(name, &String::from_utf8_lossy(key.expose()));
            }
            Auth::Bearer(token) => {
                authorise(&mut headers, &mut sent, header::AUTHORIZATION, &[b"Bearer ", token.expose()]);
            }
            Auth::HeaderKey { name, key } => {
                authorise(&mut headers, &mut sent, name.clone(), &[key.expose()]);
            }
            Auth::Basic { user, password } => {
                let credentials = STANDARD.encode([user.as_bytes(), b":", password.expose()].concat());
                authorise(
                    &mut headers,
                    &mut sent,
                    header::AUTHORIZATION,
                    &[b"Basic ", credentials.as_bytes()],
                );
            }
        }
        let request = OutboundRequest {
            method: rendered.method.clone(),
            url,
            headers,
            body: rendered.body.clone(),
            timeout: destination.timeout,
            version: match &destination.target {
                Target::Http(http) => http.version,
                Target::Connector(_) => HttpVersion::Agreed,
            },
        };
        Ok(Signed { request, sent })
    }
}

/// Returns the header fields that name, date and sign a message.
fn signature(signing: &Signing, body: &[u8], message: &MessageId, now: Millis) -> Headers {
    let message = message.to_string();
    let seconds = now.seconds();
    let id = HeaderValue::from_str(&message).expect("a message id is made of letters, digits and _");
    let mut fields = Headers::new();
    fields.set(HeaderName::from_static(standard::ID), id);
    fields.set(HeaderName::from_static(standard::TIMESTAMP), HeaderValue::from(seconds));
    match signing {
        Signing::None => {}
        Signing::StandardWebhooks { secrets } => {
            let value = standard::sign(secrets, &message, seconds, body);
            let value = HeaderValue::from_str(&value).expect("a signature is base64, commas and spaces");
            fields.set(HeaderName::from_static(standard::SIGNATURE), value);
        }
        Signing::Hmac(scheme) => {
            let value = scheme.sign(&message, seconds, body);
            let value = HeaderValue::from_str(&value)
                .expect("prefix and separator were checked, the rest is base64 or hex");
            if let Some(name) = &scheme.timestamp_header {
                fields.set(name.clone(), HeaderValue::from(seconds));
            }
            fields.set(scheme.header.clone(), value);
        }
    }
    fields
}

/// Adds a credential to the request, and to what is shown that there was one.
fn authorise(headers: &mut Headers, sent: &mut Headers, name: HeaderName, parts: &[&[u8]]) {
    let mut value =
        HeaderValue::from_bytes(&parts.concat()).expect("credentials were checked to be a field's value");
    value.set_sensitive(true);
    headers.set(name.clone(), value);
    sent.set(name, HeaderValue::from_bytes(MASKED.as_bytes()).expect("its bytes are a field's value"));
}

/// Tells whether a credential can stand in a header field.
pub fn is_field_value(credential: &Secret) -> bool {
    HeaderValue::from_bytes(credential.expose()).is_ok()
}

impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "outbound_tests.rs"]
mod tests;
