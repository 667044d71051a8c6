//! The SSRF guard: which hosts and addresses a request may go to.
//!
//! Three checks keep a webhook's URL from reaching into the operator's network, all of them here or in what
//! is not here: the host of the URL before every send ([`Guard::check`]), the addresses of a name before
//! every connect ([`Guard::addresses`]), and no redirect is followed by anybody. The addresses that were
//! checked are the ones connected to; nothing resolves the name a second time.

use std::net::IpAddr;
use std::sync::Arc;

use hookgate_core::address::Allowed;
use url::{Host, Url};

use crate::failure::Failure;
use crate::names::Names;

/// Decides by one allow list, for its whole life: a new list is a new guard.
pub(crate) struct Guard {
    allowed: Allowed,
    names: Arc<Names>,
}

impl Guard {
    pub(crate) fn new(allowed: Allowed, names: Arc<Names>) -> Guard {
        Guard { allowed, names }
    }

    /// Returns the list that it decides by.
    pub(crate) fn allowed(&self) -> &Allowed {
        &self.allowed
    }

    /// Returns what it asks for addresses.
    pub(crate) fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// Checks a URL's host where it is an address. The URL's parser has brought `0x7f.1`, `2130706433`,
    /// `127.0.0.1.` and their like to the one spelling of their address.
    ///
    /// # Errors
    /// `Blocked`, or `Misconfigured` for a URL that names no host.
    pub(crate) fn check(&self, url: &Url) -> Result<(), Failure> {
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            // The URL's parser leaves no numeric name, but a mistake there must not open the network.
            Some(Host::Domain(name)) => match name.parse() {
                Ok(address) => address,
                Err(_) => return Ok(()),
            },
            None => return Err(Failure::Misconfigured("the endpoint's URL names no host".into())),
        };
        self.allows(address)
    }

    /// Returns the addresses of a host that may be connected to, in the order to try them in; at least one.
    /// A name on the allow list may have any address.
    ///
    /// # Errors
    /// `Blocked` with the first address if none may be used; `Unreachable` if the name does not resolve.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse() {
            self.allows(address)?;
            return Ok(vec![address]);
        }
        let found = self.names.resolve(host).await?;
        if self.allowed.allows_name(host) {
            return Ok(found);
        }
        let first = found.first().copied();
        let usable: Vec<IpAddr> = found.into_iter().filter(|one| self.allowed.allows_address(*one)).collect();
        if usable.is_empty() {
            return Err(Failure::Blocked { host: host.to_owned(), address: first });
        }
        Ok(usable)
    }

    fn allows(&self, address: IpAddr) -> Result<(), Failure> {
        if self.allowed.allows_address(address) {
            return Ok(());
        }
        Err(Failure::Blocked { host: address.to_string(), address: None })
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
