//! What came out of a call, as JSON: for people to read and for cases to expect.

use bytes::Bytes;
use hookgate_core::plugin::{
    Admission, Authenticated, Built, Crash, GuestMessage, Judged, Judgement, Routed, Stop, Transformed,
};
use hookgate_core::word::{Headers, header_text};
use serde_json::{Map, Value, json};

/// What a transform made.
pub(super) fn transformed(answer: Transformed) -> Value {
    told(answer, |messages| {
        let messages: Vec<Value> = messages.iter().map(message).collect();
        json!({ "messages": messages })
    })
}

/// What a router chose.
pub(super) fn routed(answer: Routed) -> Value {
    told(answer, |names| json!({ "routed": names }))
}

/// What an authenticator decided.
pub(super) fn authenticated(answer: Authenticated) -> Value {
    match answer {
        Ok(Ok(Admission::Accept(shape))) => {
            let fields = [
                ("event_type", shape.event_type),
                ("dedupe_key", shape.dedupe_key),
                ("order_key", shape.order_key),
                ("subject", shape.subject),
            ];
            let given = fields.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text?.into())));
            json!({ "accepted": given.collect::<Map<String, Value>>() })
        }
        Ok(Ok(Admission::Respond(response))) => json!({ "responded": {
            "status": response.status,
            "headers": headers(&response.headers),
            "body": body(&response.body),
        } }),
        Ok(Ok(Admission::Deny(reason))) => json!({ "denied": reason }),
        Ok(Err(reason)) => json!({ "undecided": reason }),
        Err(crash) => crashed(&crash),
    }
}

/// What a connector has sent.
pub(super) fn built(answer: Built) -> Value {
    told(answer, |outbound| {
        let mut fields = Map::new();
        fields.insert("method".into(), outbound.method.into());
        fields.insert("url".into(), outbound.url.into());
        fields.insert("headers".into(), headers(&outbound.headers));
        fields.extend(outbound.body.map(|bytes| ("body".to_owned(), body(&bytes))));
        json!({ "outbound": fields })
    })
}

/// What an answer meant to a connector.
pub(super) fn judged(answer: Judged) -> Value {
    match answer {
        Ok(Judgement::Delivered) => json!({ "delivered": true }),
        Ok(Judgement::Retry { after, reason }) => stopped(Stop::Retry { after, reason }),
        Ok(Judgement::Declined(reason)) => stopped(Stop::Declined(reason)),
        Ok(Judgement::Gone(reason)) => json!({ "gone": reason }),
        Err(crash) => crashed(&crash),
    }
}

/// Tells whether a call ended as a crash, which no plugin means to.
pub(super) fn is_crash(answer: &Value) -> bool {
    answer.get("crashed").is_some()
}

fn told<T>(answer: Result<Result<T, Stop>, Crash>, tell: impl FnOnce(T) -> Value) -> Value {
    match answer {
        Ok(Ok(made)) => tell(made),
        Ok(Err(stop)) => stopped(stop),
        Err(crash) => crashed(&crash),
    }
}

fn stopped(stop: Stop) -> Value {
    match stop {
        Stop::Skip(reason) => json!({ "skipped": reason }),
        Stop::Declined(reason) => json!({ "declined": reason }),
        Stop::Retry { after: None, reason } => json!({ "retry": { "reason": reason } }),
        Stop::Retry { after: Some(after), reason } => {
            let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            json!({ "retry": { "reason": reason, "after_ms": after_ms } })
        }
    }
}

fn crashed(crash: &Crash) -> Value {
    json!({ "crashed": crash.to_string() })
}

/// What a message leaves out is the event's own.
fn message(message: &GuestMessage) -> Value {
    let mut fields = Map::new();
    if let Some(event_type) = &message.event_type {
        fields.insert("event_type".into(), event_type.as_str().into());
    }
    if !message.headers.is_empty() {
        fields.insert("headers".into(), headers(&message.headers));
    }
    fields.extend(message.body.as_ref().map(|bytes| ("body".to_owned(), body(bytes))));
    fields.into()
}

/// Fields by name; a repeated one is a list.
fn headers(headers: &Headers) -> Value {
    let mut fields: Map<String, Value> = Map::new();
    for (name, value) in headers.iter() {
        let value = Value::from(header_text(value));
        match fields.get_mut(name.as_str()) {
            None => {
                fields.insert(name.as_str().to_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    fields.into()
}

/// JSON as it is, other text as text, anything else in hex.
fn body(bytes: &Bytes) -> Value {
    if let Ok(json @ (Value::Object(_) | Value::Array(_))) = serde_json::from_slice(bytes) {
        return json;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => json!({ "hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() }),
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn what_a_message_leaves_out_is_left_out() {
        let made = GuestMessage { event_type: None, headers: Headers::new(), body: None };

        assert_eq!(transformed(Ok(Ok(vec![made]))), json!({ "messages": [{}] }));
    }

    #[test]
    fn bodies_and_repeated_fields_are_shown_as_what_they_are() {
        let field = |value| (HeaderName::from_static("x-a"), HeaderValue::from_static(value));
        let fields: Headers = ["1", "2", "3"].map(field).into_iter().collect();

        assert_eq!(headers(&fields), json!({ "x-a": ["1", "2", "3"] }));
        assert_eq!(body(&Bytes::from_static(b"{\"a\":1}")), json!({ "a": 1 }));
        assert_eq!(body(&Bytes::from_static(b"12")), json!("12"));
        assert_eq!(body(&Bytes::from_static(&[0, 255])), json!({ "hex": "00ff" }));
    }
}
