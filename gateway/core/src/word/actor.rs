//! Who changed something, and where an event came from.

use std::fmt;

/// Names who asked for a change; every change in the store carries one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Hookgate itself: start-up, upkeep, a retry policy.
    System,
    /// The operator's signal to the process, such as SIGHUP.
    Signal,
    /// An admin key, by its public name.
    Key(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::System => f.write_str("system"),
            Actor::Signal => f.write_str("signal"),
            Actor::Key(name) => write!(f, "key:{name}"),
        }
    }
}

/// Says by which door an event came in. The numbers are stored: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// `/in/{source}`.
    Http = 0,
    /// `POST /v1/events`.
    Api = 1,
    /// A message broker.
    Broker = 2,
    /// A schedule.
    Cron = 3,
    /// Hookgate's own events.
    System = 4,
    /// A replay of an earlier event.
    Replay = 5,
}

impl Origin {
    /// Returns the stored number.
    pub fn code(self) -> i64 {
        self as i64
    }

    /// Returns the origin of a stored number, or none for a number of a newer release.
    pub fn from_code(code: i64) -> Option<Origin> {
        [Origin::Http, Origin::Api, Origin::Broker, Origin::Cron, Origin::System, Origin::Replay]
            .into_iter()
            .find(|origin| origin.code() == code)
    }

    /// Returns the word that the API and the CLI show.
    pub fn word(self) -> &'static str {
        match self {
            Origin::Http => "http",
            Origin::Api => "api",
            Origin::Broker => "broker",
            Origin::Cron => "cron",
            Origin::System => "system",
            Origin::Replay => "replay",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_origin_comes_back_from_its_number() {
        for code in 0..6 {
            let origin = Origin::from_code(code).expect("codes 0 to 5 are taken");

            assert_eq!(origin.code(), code);
        }
        assert_eq!(Origin::from_code(6), None);
    }
}
