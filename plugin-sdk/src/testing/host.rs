//! A host for tests: it holds the configuration and keeps the log, for the length of a closure.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;

use super::Event;
use crate::log::Level;
use crate::{Message, Stop, Transform};

thread_local! {
    static CURRENT: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// What the gateway supplies to a plugin, for a test.
#[derive(Debug, Clone)]
pub struct Host {
    config: String,
    lines: Rc<RefCell<Vec<(Level, String)>>>,
}

impl Default for Host {
    fn default() -> Host {
        Host { config: "{}".to_owned(), lines: Rc::default() }
    }
}

impl Host {
    /// Makes a host without a configuration.
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

    /// Returns the lines that were logged, in order.
    pub fn lines(&self) -> Vec<(Level, String)> {
        self.lines.borrow().clone()
    }
}

/// Puts the outer host back, also when a test panics.
struct Restore(Option<Host>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Returns the current host's configuration; `{}` outside of one.
pub(crate) fn current_config() -> String {
    CURRENT.with_borrow(|host| host.as_ref().map_or_else(|| "{}".to_owned(), |host| host.config.clone()))
}

/// Keeps a line in the current host; outside of one it is lost, as on any machine without a log.
pub(crate) fn write_log(level: Level, message: &str) {
    CURRENT.with_borrow(|host| {
        if let Some(host) = host {
            host.lines.borrow_mut().push((level, message.to_owned()));
        }
    });
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
