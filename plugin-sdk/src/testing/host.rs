//! A host for tests: it holds what the plugin is given and keeps its log, for the length of a closure.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use super::{Event, Request};
use crate::log::Level;
use crate::mac::Algorithm;
use crate::{
    Admission, Authenticate, Connect, Judgement, Message, Outbound, Response, Route, Stop, Transform,
};

thread_local! {
    static CURRENT: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// What the gateway supplies to a plugin, for a test.
#[derive(Debug, Clone)]
pub struct Host {
    config: String,
    now: u64,
    keys: BTreeMap<String, Vec<Vec<u8>>>,
    secrets: BTreeMap<String, String>,
    lines: Rc<RefCell<Vec<(Level, String)>>>,
}

impl Default for Host {
    fn default() -> Host {
        Host {
            config: "{}".to_owned(),
            now: 1_700_000_000_000,
            keys: BTreeMap::new(),
            secrets: BTreeMap::new(),
            lines: Rc::default(),
        }
    }
}

impl Host {
    /// Makes a host without a configuration, keys and secrets; its clock shows a time in 2023.
    pub fn new() -> Host {
        Host::default()
    }

    /// Sets the plugin's configuration.
    ///
    /// # Panics
    /// `value` has no JSON form.
    pub fn config<T: Serialize>(mut self, value: T) -> Host {
        self.config = serde_json::to_string(&value).expect("the test's config has a JSON form");
        self
    }

    /// Sets what the capability `clock` shows, in milliseconds since 1970-01-01 UTC.
    pub fn clock(mut self, now: u64) -> Host {
        self.now = now;
        self
    }

    /// Grants a key of the capability `mac`, with its secrets, newest first.
    pub fn mac<S: AsRef<[u8]>>(
        mut self,
        key: impl Into<String>,
        secrets: impl IntoIterator<Item = S>,
    ) -> Host {
        let secrets = secrets.into_iter().map(|secret| secret.as_ref().to_vec()).collect();
        self.keys.insert(key.into(), secrets);
        self
    }

    /// Grants a secret of the capability `secret`.
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Host {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// Runs `work` in this host: its config and log are the plugin's.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        let _outer = Restore(CURRENT.replace(Some(self.clone())));
        work()
    }

    /// Calls the role `transform` of a plugin.
    ///
    /// # Errors
    /// The plugin's own stop.
    pub fn transform<T: Transform>(&self, event: &Event) -> Result<Vec<Message>, Stop> {
        self.run(|| T::transform(&crate::Event::new(event)))
    }

    /// Calls the role `route` of a plugin. That it chose among the candidates is not checked here.
    ///
    /// # Errors
    /// The plugin's own stop.
    pub fn route<T: Route>(&self, event: &Event, candidates: &[&str]) -> Result<Vec<String>, Stop> {
        let candidates: Vec<String> = candidates.iter().map(|name| (*name).to_owned()).collect();
        self.run(|| T::route(&crate::Event::new(event), &candidates))
    }

    /// Calls the role `authenticate` of a plugin.
    ///
    /// # Errors
    /// What the plugin could not decide.
    pub fn authenticate<T: Authenticate>(&self, request: &Request) -> Result<Admission, String> {
        self.run(|| T::authenticate(&crate::Request::new(request)))
    }

    /// Calls `build` of the role `connect-out` of a plugin.
    ///
    /// # Errors
    /// The plugin's own stop.
    pub fn build<T: Connect>(&self, event: &Event) -> Result<Outbound, Stop> {
        self.run(|| T::build(&crate::Event::new(event)))
    }

    /// Calls `judge` of the role `connect-out` of a plugin.
    pub fn judge<T: Connect>(&self, response: &Response) -> Judgement {
        self.run(|| T::judge(response))
    }

    /// Returns the lines that were logged, in order.
    pub fn lines(&self) -> Vec<(Level, String)> {
        self.lines.borrow().clone()
    }
}

/// What a plugin asks, as the host answers it.
impl Host {
    pub(crate) fn config_text(&self) -> String {
        self.config.clone()
    }

    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    pub(crate) fn secret_of(&self, name: &str) -> Result<String, String> {
        let value = self.secrets.get(name).cloned();
        value.ok_or_else(|| format!("no secret \"{name}\" is granted to this plugin"))
    }

    pub(crate) fn sign(&self, key: &str, algorithm: Algorithm, data: &[u8]) -> Result<Vec<u8>, String> {
        let newest = self.key(key)?.first().ok_or_else(|| format!("the key \"{key}\" has no secret"))?;
        Ok(tag(algorithm, newest, data))
    }

    pub(crate) fn verify(
        &self,
        key: &str,
        algorithm: Algorithm,
        data: &[u8],
        expected: &[u8],
    ) -> Result<bool, String> {
        Ok(self.key(key)?.iter().any(|secret| tag(algorithm, secret, data) == expected))
    }

    fn key(&self, name: &str) -> Result<&[Vec<u8>], String> {
        let secrets = self.keys.get(name).map(Vec::as_slice);
        secrets.ok_or_else(|| format!("no key \"{name}\" is granted to this plugin"))
    }
}

fn tag(algorithm: Algorithm, secret: &[u8], data: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Sha1 => tag_by::<Hmac<Sha1>>(secret, data),
        Algorithm::Sha256 => tag_by::<Hmac<Sha256>>(secret, data),
        Algorithm::Sha512 => tag_by::<Hmac<Sha512>>(secret, data),
    }
}

fn tag_by<M: Mac + KeyInit>(secret: &[u8], data: &[u8]) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

/// Puts the outer host back, also when a test panics.
struct Restore(Option<Host>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Asks the current host; none outside of one.
pub(crate) fn current<R>(ask: impl FnOnce(&Host) -> R) -> Option<R> {
    CURRENT.with_borrow(|host| host.as_ref().map(ask))
}

/// Keeps a line in the current host; outside of one it is lost, as on any machine without a log.
pub(crate) fn write_log(level: Level, message: &str) {
    current(|host| host.lines.borrow_mut().push((level, message.to_owned())));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config_text, log};

    #[test]
    fn an_inner_host_gives_way_to_the_outer_one() {
        let outer = Host::new().config(1);
        let inner = Host::new().config(2);

        let seen = outer.run(|| (inner.run(config_text), config_text()));

        assert_eq!(seen, ("2".into(), "1".into()));
        assert_eq!(config_text(), "{}");
    }

    #[test]
    fn a_panic_leaves_no_host_behind() {
        let host = Host::new().config(1);

        let ended =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| host.run(|| panic!("on purpose"))));

        assert!(ended.is_err());
        assert_eq!(config_text(), "{}");
        log::info("nobody hears this");
        assert!(host.lines().is_empty());
    }
}
