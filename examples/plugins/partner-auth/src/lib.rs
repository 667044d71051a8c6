//! Proves a partner's requests: `x-partner-time` and an HMAC over it and the body in `x-partner-tag`.
//!
//! The key is the operator's, under the name `partner`: this plugin never sees it.

use hookgate_plugin::{Admission, Authenticate, Request, Response, Shape, clock, config, export, mac};
use serde::Deserialize;

#[derive(Deserialize)]
struct Config {
    #[serde(default = "five_minutes")]
    tolerance_seconds: u64,
}

fn five_minutes() -> u64 {
    300
}

#[derive(Deserialize)]
struct Order {
    order: String,
    kind: String,
}

struct PartnerAuth;

impl Authenticate for PartnerAuth {
    fn authenticate(request: &Request) -> Result<Admission, String> {
        if request.method() == "GET" && request.query() == "ping" {
            return Ok(Admission::respond(Response::text(200, "pong")));
        }
        let config: Config = config()?;
        let (Some(time), Some(tag)) = (request.header("x-partner-time"), request.header("x-partner-tag"))
        else {
            return Ok(Admission::deny("x-partner-time or x-partner-tag is missing"));
        };
        let Some(tag) = mac::from_hex(&tag) else { return Ok(Admission::deny("the tag is no hex")) };
        let body = request.body();
        let signed = [time.as_bytes(), b".", &body].concat();
        if !mac::verify("partner", mac::Algorithm::Sha256, &signed, &tag)? {
            return Ok(Admission::deny("the tag does not fit"));
        }
        let is_fresh = |sent: u64| (clock::now() / 1000).abs_diff(sent) <= config.tolerance_seconds;
        if !time.parse().is_ok_and(is_fresh) {
            return Ok(Admission::deny("the time is too far away"));
        }
        let Ok(order) = request.json::<Order>() else { return Ok(Admission::accept()) };
        Ok(Admission::Accept(Shape {
            event_type: Some(format!("order.{}", order.kind)),
            dedupe_key: Some(format!("{}:{}", order.order, order.kind)),
            order_key: Some(order.order),
            ..Shape::default()
        }))
    }
}

export!(PartnerAuth: Authenticate);

#[cfg(test)]
mod tests {
    use hookgate_plugin::testing::{Host, Request};

    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    fn signed(host: &Host, time: &str, body: &str) -> Request {
        let data = format!("{time}.{body}");
        let tag = host.run(|| mac::sign("partner", mac::Algorithm::Sha256, data.as_bytes()));
        let tag = mac::to_hex(&tag.expect("the key is granted"));
        Request::bytes(body).with_header("x-partner-time", time).with_header("x-partner-tag", tag)
    }

    fn host() -> Host {
        Host::new().clock(NOW).mac("partner", ["key"])
    }

    #[test]
    fn a_signed_order_becomes_an_event_of_its_kind() {
        let request = signed(&host(), "1700000010", r#"{"order":"o1","kind":"paid"}"#);

        let admitted = host().authenticate::<PartnerAuth>(&request);

        let shape = Shape {
            event_type: Some("order.paid".into()),
            dedupe_key: Some("o1:paid".into()),
            order_key: Some("o1".into()),
            subject: None,
        };
        assert_eq!(admitted, Ok(Admission::Accept(shape)));
    }

    #[test]
    fn what_is_not_proved_is_denied() {
        let other = Host::new().mac("partner", ["other"]);
        let cases = [
            (Request::bytes("{}"), "missing"),
            (signed(&other, "1700000000", "{}"), "does not fit"),
            (signed(&host(), "1690000000", "{}"), "too far"),
        ];
        for (request, expected) in cases {
            let admitted = host().authenticate::<PartnerAuth>(&request);

            assert!(matches!(&admitted, Ok(Admission::Deny(why)) if why.contains(expected)), "{admitted:?}");
        }
    }

    #[test]
    fn a_key_that_is_not_granted_is_undecided_not_denied() {
        let request = signed(&host(), "1700000000", "{}");

        let undecided = Host::new().authenticate::<PartnerAuth>(&request);

        assert!(undecided.is_err_and(|why| why.contains("\"partner\"")));
    }

    #[test]
    fn a_ping_is_answered() {
        let ping = Request::bytes("").with_method("GET").with_query("ping");

        let answer = Host::new().authenticate::<PartnerAuth>(&ping);

        assert_eq!(answer, Ok(Admission::respond(Response::text(200, "pong"))));
    }
}
