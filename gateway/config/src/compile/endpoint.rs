//! An HTTP destination's endpoint: a URL, literal or by reference.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use hookgate_core::address::Allowed;
use hookgate_core::destination::EndpointTemplate;
use hookgate_core::topology::Endpoint;
use hookgate_core::word::Secret;
use url::{Host, Url};

use super::Compiler;
use super::secret::Given;
use crate::at::At;
use crate::codes;

/// Whether placeholders in an endpoint are filled in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Filled {
    /// From each event.
    ByEvents,
    /// A connector says itself where below its endpoint a message goes.
    Never,
}

impl Compiler<'_> {
    /// Compiles an endpoint, or notes what is wrong. Of one by reference nothing but the reference is said.
    pub(super) fn endpoint(
        &mut self,
        at: &At<String>,
        filled: Filled,
        allowed: &Allowed,
    ) -> Option<Endpoint> {
        match self.given(at)? {
            Given::Text { text, shown: None } if filled == Filled::ByEvents && text.contains(['{', '}']) => {
                let template =
                    EndpointTemplate::parse(&text).map_err(|error| self.template_error(at, error)).ok()?;
                let sample = self.endpoint_url(&at.span, &template.sample(), "this")?;
                self.private_endpoint(&at.span, &sample, allowed);
                Some(Endpoint::Template(template))
            }
            Given::Text { text, shown: None } => {
                let url = self.endpoint_url(&at.span, &text, "this")?;
                self.private_endpoint(&at.span, &url, allowed);
                Some(Endpoint::Plain(url))
            }
            Given::Text { text, shown: Some(shown) } => {
                let url = self.endpoint_url(&at.span, text.trim(), &format!("what {shown} stands for"))?;
                self.private_endpoint(&at.span, &url, allowed);
                Some(Endpoint::Secret { url: Secret::from(url.as_str()), shown })
            }
            Given::Skipped { shown } => Some(Endpoint::Secret { url: Secret::from(""), shown }),
        }
    }

    fn endpoint_url(&mut self, span: &Range<usize>, text: &str, what: &str) -> Option<Url> {
        let help = "write the whole URL, such as \"https://crm.example.com/hooks\"";
        let (why, help) = match Url::parse(text) {
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                (format!("{what} begins with neither http:// nor https://"), help)
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                let help = "leave out what stands before @, and use `auth.basic`";
                self.add(codes::URL_CREDENTIALS, span, format!("{what} carries a user or a password"), help);
                return None;
            }
            Ok(url) if url.fragment().is_some() => {
                (format!("{what} has a fragment, which is never sent"), "leave out what begins with #")
            }
            Ok(_) if text.contains(['{', '}']) => (
                format!("{what} has a placeholder, but is not filled in"),
                "only an `http.endpoint` that stands here itself is filled from events; %7B and %7D are braces",
            ),
            Ok(url) => return Some(url),
            Err(error) => (format!("{what} is no URL: {error}"), help),
        };
        self.add(codes::BAD_URL, span, why, help);
        None
    }

    /// A literal private address is refused at every send; better to know it now.
    fn private_endpoint(&mut self, span: &Range<usize>, url: &Url, allowed: &Allowed) {
        let (address, name) = match url.host() {
            Some(Host::Ipv4(v4)) => (IpAddr::V4(v4), None),
            Some(Host::Ipv6(v6)) => (IpAddr::V6(v6), None),
            Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => {
                (IpAddr::V4(Ipv4Addr::LOCALHOST), Some(name))
            }
            Some(Host::Domain(_)) | None => return,
        };
        if !allowed.allows_address(address) && !name.is_some_and(|name| allowed.allows_name(name)) {
            let message = "this address is private: every delivery to it will be refused";
            let help = "allow it by `[egress] allow`, by name or network, if it is meant";
            self.add(codes::PRIVATE_ENDPOINT, span, message, help);
        }
    }
}
