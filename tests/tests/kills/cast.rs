//! What the story sends, and what has to become of it: the configuration's conditions said a second time,
//! in Rust, so that a mistake of the gateway's cannot excuse itself here.

use hookgate_tests::{PullRequests, Signed};
use serde_json::{Value, json};

/// Deliveries to `raw` whose number is a multiple of this are refused for good.
const REFUSED_FOR_GOOD: u64 = 401;

/// Deliveries to `large` whose number is a multiple of this are never answered: one in a hundred, as 8 is a
/// factor of what makes a pull request large.
const HUNG_FOR_GOOD: u64 = 800;

/// The three destinations, of one route each.
pub(super) const RAW: &str = "raw";
pub(super) const SUMMARY: &str = "summary";
pub(super) const LARGE: &str = "large";

/// The routes as the gateway is told them.
pub(super) const ROUTES: &str = r#"
[route.raw]
source = "github"
types = ["pull_request.*"]
to = ["raw"]

[route.summary]
source = "github"
types = ["pull_request.closed", "pull_request.synchronize"]
match = { "body.pull_request.merged" = true }
transform = [{ plugin = "pr-summary" }]
to = ["summary"]

[route.large]
source = "github"
filter = "@.body.pull_request.additions >= 875 && @.headers['x-github-event'] == 'pull_request'"
to = ["large"]
"#;

/// One event of the story. All follows from its number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case(pub(super) u64);

/// How a delivery ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its receiver takes it sooner or later.
    Delivered,
    /// A dead letter: every attempt was answered with 503.
    Refused,
    /// A dead letter: no attempt was answered.
    Hung,
}

impl Case {
    /// Returns the event as GitHub sends it: the same bytes every time.
    pub(super) fn signed(self, hook: &PullRequests) -> Signed {
        let Case(number) = self;
        if self.is_ping() {
            return hook.signed(
                "ping",
                number,
                &json!({ "zen": "Design for failure.", "number": number }).to_string(),
            );
        }
        let mut body: Value = serde_json::from_slice(&hook.closed(number).body).expect("the payload is JSON");
        body["action"] = self.action().into();
        body["pull_request"]["merged"] = self.is_merged().into();
        body["pull_request"]["additions"] = self.additions().into();
        hook.signed("pull_request", number, &body.to_string())
    }

    /// Returns where it goes, in the order of the alphabet: exactly there.
    pub(super) fn destinations(self) -> Vec<&'static str> {
        let mut all = Vec::new();
        if self.is_ping() {
            return all;
        }
        if self.additions() > 874 {
            all.push(LARGE);
        }
        all.push(RAW);
        if self.is_merged() && self.action() != "opened" {
            all.push(SUMMARY);
        }
        all
    }

    /// Returns how its delivery to a destination ends.
    pub(super) fn end(self, destination: &str) -> End {
        match destination {
            RAW if self.0.is_multiple_of(REFUSED_FOR_GOOD) => End::Refused,
            LARGE if self.0.is_multiple_of(HUNG_FOR_GOOD) => End::Hung,
            _ => End::Delivered,
        }
    }

    /// No route takes it.
    pub(super) fn is_ping(self) -> bool {
        self.0 % 25 == 24
    }

    fn action(self) -> &'static str {
        ["closed", "opened", "synchronize"][usize::try_from(self.0 % 3).unwrap_or_default()]
    }

    fn is_merged(self) -> bool {
        (self.0 / 3).is_multiple_of(2)
    }

    /// One in eight is large: 0, 125, …, 875.
    fn additions(self) -> u64 {
        875 - self.0 % 8 * 125
    }
}

#[test]
fn the_cast_has_every_set_of_destinations_and_every_end() {
    let mut sets = std::collections::BTreeSet::new();
    let mut ends = Vec::new();
    for number in 1..=1_000 {
        let case = Case(number);
        sets.insert(case.destinations());
        ends.extend(case.destinations().into_iter().map(|destination| case.end(destination)));
    }

    assert_eq!(
        Vec::from_iter(sets),
        [vec![], vec![LARGE, RAW], vec![LARGE, RAW, SUMMARY], vec![RAW], vec![RAW, SUMMARY]]
    );
    assert!(ends.contains(&End::Refused) && ends.contains(&End::Hung));
}
