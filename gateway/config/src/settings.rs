//! Settings: what the process itself runs by, outside any scope's topology.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hookgate_core::address::Allowed;
use hookgate_core::word::Secret;
use ipnet::IpNet;
use url::Url;

/// What the process runs by.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Both doors.
    pub server: Server,
    /// Where events are kept.
    pub storage: Storage,
    /// Private targets that deliveries may go to.
    pub egress: Allowed,
    /// What all plugins have in common.
    pub plugins: Plugins,
}

/// Both doors.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where senders come in.
    pub listen: SocketAddr,
    /// The address that senders call and sign over, if it is not the one they seem to call.
    pub public_url: Option<Url>,
    /// Proxies whose word on the sender's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Where API, dashboard, metrics and health are.
    pub admin_listen: SocketAddr,
    /// What opens the admin door; none: a key is made at first start.
    pub admin_key: Option<Secret>,
}

/// Where events are kept.
#[derive(Debug, Clone)]
pub struct Storage {
    /// Which database.
    pub url: StorageUrl,
    /// How long an event is kept after it was received, once all its deliveries have ended.
    pub retention: Duration,
}

/// A database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorageUrl {
    /// A SQLite file; a relative path begins at the working directory.
    Sqlite(PathBuf),
}

/// What all plugins have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugins {
    /// Where machine code is cached; none: beside the database.
    pub cache: Option<PathBuf>,
}

impl Settings {
    /// Returns the keys that differ from `other` and rule from the next start only: sockets, database and
    /// cache are opened once, and the environment behind the admin key is read at start. `egress.allow`
    /// is not among them: a reload swaps it.
    pub fn needs_restart(&self, other: &Settings) -> Vec<&'static str> {
        let exposed = |key: &Option<Secret>| key.as_ref().map(|key| key.expose().to_vec());
        let differs = [
            ("server.listen", self.server.listen != other.server.listen),
            ("server.public_url", self.server.public_url != other.server.public_url),
            ("server.trusted_proxies", self.server.trusted_proxies != other.server.trusted_proxies),
            ("server.admin_listen", self.server.admin_listen != other.server.admin_listen),
            ("server.admin_key", exposed(&self.server.admin_key) != exposed(&other.server.admin_key)),
            ("storage.url", self.storage.url != other.storage.url),
            ("storage.retention", self.storage.retention != other.storage.retention),
            ("plugins.cache", self.plugins != other.plugins),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::{Secrets, check};

    #[test]
    fn keys_that_differ_are_named() {
        let settings = |text: &str| {
            check(text, |_| Err("no component is named".to_owned().into()), Secrets::Skip)
                .expect("it compiles")
                .settings
        };
        let one = settings("version = 1\n");
        let other = settings(
            "version = 1\n[server]\nlisten = '127.0.0.1:1'\npublic_url = 'https://a.example/'\n\
             trusted_proxies = ['10.0.0.1']\nadmin_listen = '127.0.0.1:2'\nadmin_key = 'k'\n\
             [storage]\nurl = 'sqlite://b.db'\nretention = '7d'\n[egress]\nallow = ['10.0.0.0/8']\n[plugins]\ncache = 'c'\n",
        );

        let all = [
            "server.listen",
            "server.public_url",
            "server.trusted_proxies",
            "server.admin_listen",
            "server.admin_key",
            "storage.url",
            "storage.retention",
            "plugins.cache",
        ];
        assert_eq!(one.needs_restart(&other), all);
        assert!(other.needs_restart(&other.clone()).is_empty());
    }
}
