//! From a host name to its addresses, as this machine is set up to: its hosts file, then its name servers.
//!
//! Answers are cached for as long as their TTL says. What of them may be connected to is the guard's business.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use tracing::warn;

use crate::failure::Failure;

/// A query is repeated after this: one lost datagram must not cost a whole attempt's connect timeout of 5 s.
const QUERY_TIMEOUT_MAX: Duration = Duration::from_millis(1500);

/// That a name does not exist is believed for so long at most: it may be created while deliveries are retried.
const NEGATIVE_TTL_MAX: Duration = Duration::from_secs(30);

/// Resolves host names.
pub(crate) struct Names(TokioResolver);

impl Names {
    /// Reads `/etc/resolv.conf` and `/etc/hosts`. Without a usable `resolv.conf` the name server of this
    /// machine itself is asked, as resolv.conf(5) says; the hosts file and `localhost` work all the same.
    ///
    /// # Errors
    /// The resolver does not accept what it read.
    pub(crate) fn of_this_machine() -> Result<Names, NetError> {
        let mut builder = TokioResolver::builder_tokio().unwrap_or_else(|error| {
            warn!(%error, "resolv.conf does not read ({error}): asking the name server at 127.0.0.1");
            let local = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
            let config = ResolverConfig::from_name_servers(vec![local]);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        });
        let options = builder.options_mut();
        // Both in parallel: a host may have either, and this machine may reach either.
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.timeout = options.timeout.min(QUERY_TIMEOUT_MAX);
        options.negative_max_ttl = Some(NEGATIVE_TTL_MAX);
        Ok(Names(builder.build()?))
    }

    /// Returns every address of a host, in the order to try them in; at least one.
    ///
    /// # Errors
    /// `Unreachable` at DNS, in words.
    pub(crate) async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Failure> {
        let answer = self.0.lookup_ip(host).await.map_err(|error| Failure::dns(words(host, &error)))?;
        let addresses: Vec<IpAddr> = answer.iter().collect();
        if addresses.is_empty() {
            return Err(Failure::dns(format!("{host} has no address")));
        }
        Ok(addresses)
    }
}

fn words(host: &str, error: &NetError) -> String {
    if error.is_nx_domain() {
        format!("{host} does not exist, say the name servers")
    } else if error.is_no_records_found() {
        format!("{host} has no address, say the name servers")
    } else if matches!(error, NetError::Timeout) {
        format!("no name server answered for {host}")
    } else {
        format!("{host} does not resolve: {error}")
    }
}
