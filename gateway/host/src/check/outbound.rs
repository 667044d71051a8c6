//! What the role `connect-out` returned: a request to send, or what an answer means.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::limits::TEMPLATE_OUTPUT_BYTES_MAX;
use hookgate_core::plugin::{Crash, GuestOutbound, Judgement, Stop};

use super::{check_headers, check_reason, check_size, check_stop, check_text, incompatible};
use crate::wire::{WireBuilt, WireJudgement, WireOutbound};

/// What a connector may send by. CONNECT and TRACE are the connection's business, others nobody's.
const METHODS: [&str; 6] = ["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"];

/// Checks what `build` returned.
pub(crate) fn built(built: WireBuilt) -> Result<Result<GuestOutbound, Stop>, Crash> {
    match built {
        Ok(outbound) => check_outbound(outbound).map(Ok),
        Err(stop) => check_stop(stop).map(Err),
    }
}

fn check_outbound(outbound: WireOutbound) -> Result<GuestOutbound, Crash> {
    check_size(&outbound.headers, outbound.body.as_deref())?;
    let method = if outbound.method.is_empty() { METHODS[0].to_owned() } else { outbound.method };
    if !METHODS.contains(&method.as_str()) {
        return Err(incompatible(&format!("the method {method:?} is none of {}", METHODS.join(", "))));
    }
    let url = check_text("a URL", Some(outbound.url), TEMPLATE_OUTPUT_BYTES_MAX)?.unwrap_or_default();
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(incompatible("the URL has white space or a control character; percent-encode it"));
    }
    let headers = check_headers(&outbound.headers)?;
    Ok(GuestOutbound { method, url, headers, body: outbound.body.map(Bytes::from) })
}

/// Checks what `judge` returned.
pub(crate) fn judged(judgement: WireJudgement) -> Result<Judgement, Crash> {
    Ok(match judgement {
        WireJudgement::Delivered => Judgement::Delivered,
        WireJudgement::Retry(retry) => Judgement::Retry {
            after: retry.after_ms.map(Duration::from_millis),
            reason: check_reason(retry.reason)?,
        },
        WireJudgement::Declined(reason) => Judgement::Declined(check_reason(reason)?),
        WireJudgement::Gone(reason) => Judgement::Gone(check_reason(reason)?),
    })
}

#[cfg(test)]
mod tests {
    use hookgate_core::limits::PLUGIN_OUTPUT_BYTES_MAX;

    use super::*;
    use crate::wire::{WireRetry, WireStop};

    fn outbound(method: &str, url: &str, header: &str, body: usize) -> WireOutbound {
        WireOutbound {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: vec![(header.to_owned(), "1".to_owned())],
            body: Some(vec![0; body]),
        }
    }

    #[test]
    fn a_request_comes_through_and_no_method_means_post() {
        let made = built(Ok(outbound("", "", "X-A", 3))).expect("allowed").expect("no stop");

        assert_eq!((made.method.as_str(), made.url.as_str()), ("POST", ""));
        assert_eq!(made.headers.first_text("x-a").as_deref(), Some("1"));
        assert_eq!(made.body.map(|body| body.len()), Some(3));
        let stop = built(Err(WireStop::Declined("no".into())));
        assert_eq!(stop, Ok(Err(Stop::Declined("no".into()))));
    }

    #[test]
    fn what_is_not_allowed_in_a_request_is_refused_by_name() {
        let cases = [
            (outbound("CONNECT", "", "x-a", 0), "\"CONNECT\""),
            (outbound("post", "", "x-a", 0), "\"post\""),
            (outbound("GET", "/a b", "x-a", 0), "white space"),
            (outbound("GET", "/a\nb", "x-a", 0), "control character"),
            (outbound("GET", &"u".repeat(8193), "x-a", 0), "a URL of 8193 bytes"),
            (outbound("GET", "", "host", 0), "\"host\""),
            (outbound("GET", "", "webhook-signature", 0), "it signs the message"),
            (outbound("GET", "", "x-a", PLUGIN_OUTPUT_BYTES_MAX), "4194308 bytes"),
        ];
        for (outbound, expected) in cases {
            let crash = built(Ok(outbound)).expect_err(expected);

            assert!(crash.message.contains(expected), "{expected}: {crash}");
        }
    }

    #[test]
    fn every_judgement_comes_through_with_its_reason() {
        let retry = WireRetry { after_ms: Some(1500), reason: "busy".into() };

        assert_eq!(judged(WireJudgement::Delivered), Ok(Judgement::Delivered));
        assert_eq!(
            judged(WireJudgement::Retry(retry)),
            Ok(Judgement::Retry { after: Some(Duration::from_millis(1500)), reason: "busy".into() })
        );
        assert_eq!(judged(WireJudgement::Declined("a".into())), Ok(Judgement::Declined("a".into())));
        assert_eq!(judged(WireJudgement::Gone("b".into())), Ok(Judgement::Gone("b".into())));
        assert!(judged(WireJudgement::Gone("x".repeat(5000))).is_err());
    }
}
