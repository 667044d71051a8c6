//! What the role `authenticate` returned.

use bytes::Bytes;
use hookgate_core::limits::{EVENT_TYPE_BYTES_MAX, TEMPLATE_OUTPUT_BYTES_MAX};
use hookgate_core::plugin::{Admission, Crash, GuestResponse, Shape};

use super::{check_headers, check_reason, check_size, check_text, incompatible};
use crate::wire::{WireAdmission, WireAuthenticated, WireResponse, WireShape};

/// Checks what the role `authenticate` returned.
pub(crate) fn authenticated(authenticated: WireAuthenticated) -> Result<Result<Admission, String>, Crash> {
    Ok(match authenticated {
        Ok(WireAdmission::Accept(shape)) => Ok(Admission::Accept(check_shape(shape)?)),
        Ok(WireAdmission::Respond(response)) => Ok(Admission::Respond(check_response(response)?)),
        Ok(WireAdmission::Deny(reason)) => Ok(Admission::Deny(check_reason(reason)?)),
        Err(reason) => Err(check_reason(reason)?),
    })
}

/// Keys and subjects are bounded like those that a source's own templates make.
fn check_shape(shape: WireShape) -> Result<Shape, Crash> {
    Ok(Shape {
        event_type: check_text("an event type", shape.event_type, EVENT_TYPE_BYTES_MAX)?,
        dedupe_key: check_text("a dedupe key", shape.dedupe_key, TEMPLATE_OUTPUT_BYTES_MAX)?,
        order_key: check_text("an order key", shape.order_key, TEMPLATE_OUTPUT_BYTES_MAX)?,
        subject: check_text("a subject", shape.subject, TEMPLATE_OUTPUT_BYTES_MAX)?,
    })
}

fn check_response(response: WireResponse) -> Result<GuestResponse, Crash> {
    if !(200..600).contains(&response.status) {
        let status = response.status;
        return Err(incompatible(&format!("the guest answers with status {status}, not one of 200 to 599")));
    }
    check_size(&response.headers, Some(&response.body))?;
    Ok(GuestResponse {
        status: response.status,
        headers: check_headers(&response.headers)?,
        body: Bytes::from(response.body),
    })
}

#[cfg(test)]
mod tests {
    use hookgate_core::limits::PLUGIN_OUTPUT_BYTES_MAX;
    use hookgate_core::plugin::CrashKind;

    use super::*;

    fn shape(event_type: Option<String>, dedupe_key: Option<String>) -> WireShape {
        WireShape { event_type, dedupe_key, order_key: None, subject: Some("repo".into()) }
    }

    fn response(status: u16, name: &str, body: usize) -> WireResponse {
        WireResponse { status, headers: vec![(name.to_owned(), "1".to_owned())], body: vec![0; body] }
    }

    #[test]
    fn every_answer_comes_through() {
        let accept = WireAdmission::Accept(shape(Some("paid".into()), None));
        let respond = WireAdmission::Respond(response(200, "Content-Type", 2));

        let shape = Shape {
            event_type: Some("paid".into()),
            dedupe_key: None,
            order_key: None,
            subject: Some("repo".into()),
        };
        assert_eq!(authenticated(Ok(accept)), Ok(Ok(Admission::Accept(shape))));
        let Ok(Ok(Admission::Respond(response))) = authenticated(Ok(respond)) else { panic!("allowed") };
        assert_eq!((response.status, &response.body[..]), (200, &[0, 0][..]));
        assert_eq!(response.headers.first_text("content-type").as_deref(), Some("1"));
        assert_eq!(
            authenticated(Ok(WireAdmission::Deny("stale".into()))),
            Ok(Ok(Admission::Deny("stale".into())))
        );
        assert_eq!(authenticated(Err("no key".into())), Ok(Err("no key".into())));
    }

    #[test]
    fn what_is_too_long_or_not_allowed_is_refused_by_name() {
        let long = |bytes: usize| Some("x".repeat(bytes + 1));
        let cases = [
            (WireAdmission::Accept(shape(long(EVENT_TYPE_BYTES_MAX), None)), "an event type of 257"),
            (WireAdmission::Accept(shape(None, long(TEMPLATE_OUTPUT_BYTES_MAX))), "a dedupe key of 8193"),
            (WireAdmission::Respond(response(100, "x-a", 0)), "status 100"),
            (WireAdmission::Respond(response(600, "x-a", 0)), "status 600"),
            (WireAdmission::Respond(response(200, "content-length", 0)), "\"content-length\""),
            (WireAdmission::Respond(response(200, "x-a", PLUGIN_OUTPUT_BYTES_MAX)), "4194308 bytes"),
            (WireAdmission::Deny("x".repeat(5000)), "a reason of 5000"),
        ];
        for (admission, expected) in cases {
            let crash = authenticated(Ok(admission)).expect_err(expected);

            assert!(matches!(crash.kind, CrashKind::OutputTooLarge | CrashKind::Incompatible), "{crash}");
            assert!(crash.message.contains(expected), "{expected}: {crash}");
        }
    }
}
