//! Chooses destinations by the size of an order: those whose name begins with `large`, or with `small`.

use hookgate_plugin::{Event, Route, Stop, config, export};
use serde::Deserialize;

#[derive(Deserialize)]
struct Config {
    large_from_cents: u64,
}

struct SizeRouter;

impl Route for SizeRouter {
    fn route(event: &Event, candidates: &[String]) -> Result<Vec<String>, Stop> {
        let config: Config = config()?;
        let cents: u64 = event.get("/amount_cents")?.ok_or(Stop::skip("the order has no amount"))?;
        let wanted = if cents >= config.large_from_cents { "large" } else { "small" };
        Ok(candidates.iter().filter(|name| name.starts_with(wanted)).cloned().collect())
    }
}

export!(SizeRouter: Route);

#[cfg(test)]
mod tests {
    use hookgate_plugin::testing::{Event, Host};

    use super::*;

    const CANDIDATES: [&str; 3] = ["large-desk", "small-desk", "small-archive"];

    fn route(body: &str) -> Result<Vec<String>, Stop> {
        let host = Host::new()
            .config([("large_from_cents", 1000)].into_iter().collect::<std::collections::BTreeMap<_, _>>());
        host.route::<SizeRouter>(&Event::bytes(body), &CANDIDATES)
    }

    #[test]
    fn the_amount_decides() {
        assert_eq!(route(r#"{"amount_cents":1000}"#), Ok(vec!["large-desk".into()]));
        assert_eq!(route(r#"{"amount_cents":999}"#), Ok(vec!["small-desk".into(), "small-archive".into()]));
    }

    #[test]
    fn no_amount_is_skipped_and_an_odd_one_declined() {
        assert_eq!(route("{}"), Err(Stop::skip("the order has no amount")));
        assert!(matches!(route(r#"{"amount_cents":"a lot"}"#), Err(Stop::Declined(_))));
    }
}
