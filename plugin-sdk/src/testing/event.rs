//! An event made by a test, with the answers that the real host would give.

use serde::Serialize;

/// An event for a test. Everything but the body has a plain default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    id: String,
    source: String,
    event_type: String,
    subject: Option<String>,
    order_key: Option<String>,
    received_at: u64,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Event {
    /// Makes an event with this body.
    pub fn bytes(body: impl Into<Vec<u8>>) -> Event {
        Event {
            id: "evt_test".to_owned(),
            source: "test".to_owned(),
            event_type: String::new(),
            subject: None,
            order_key: None,
            received_at: 1_700_000_000_000,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Makes an event whose body is `value` as JSON, with `content-type: application/json`.
    ///
    /// # Panics
    /// `value` has no JSON form.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Event {
        let body = serde_json::to_vec(value).expect("the test's value has a JSON form");
        Event::bytes(body).with_header("content-type", "application/json")
    }

    /// Gives it an id.
    pub fn with_id(mut self, id: impl Into<String>) -> Event {
        self.id = id.into();
        self
    }

    /// Gives it a source.
    pub fn with_source(mut self, source: impl Into<String>) -> Event {
        self.source = source.into();
        self
    }

    /// Gives it a type.
    pub fn with_event_type(mut self, event_type: impl Into<String>) -> Event {
        self.event_type = event_type.into();
        self
    }

    /// Gives it a subject.
    pub fn with_subject(mut self, subject: impl Into<String>) -> Event {
        self.subject = Some(subject.into());
        self
    }

    /// Gives it an order key.
    pub fn with_order_key(mut self, order_key: impl Into<String>) -> Event {
        self.order_key = Some(order_key.into());
        self
    }

    /// Says when it was received, in milliseconds since 1970-01-01 UTC.
    pub fn with_received_at(mut self, received_at: u64) -> Event {
        self.received_at = received_at;
        self
    }

    /// Adds a header field; the host gives names in lower case.
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Event {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }
}

/// What a plugin asks, as the host answers it.
impl Event {
    pub(crate) fn id(&self) -> String {
        self.id.clone()
    }

    pub(crate) fn source(&self) -> String {
        self.source.clone()
    }

    pub(crate) fn event_type(&self) -> String {
        self.event_type.clone()
    }

    pub(crate) fn subject(&self) -> Option<String> {
        self.subject.clone()
    }

    pub(crate) fn order_key(&self) -> Option<String> {
        self.order_key.clone()
    }

    pub(crate) fn received_at(&self) -> u64 {
        self.received_at
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.headers.clone()
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        self.body.clone()
    }

    pub(crate) fn select(&self, pointers: &[String]) -> Vec<Option<String>> {
        let json: Option<serde_json::Value> = serde_json::from_slice(&self.body).ok();
        let part = |pointer: &String| Some(json.as_ref()?.pointer(pointer)?.to_string());
        pointers.iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn a_test_event_answers_as_it_was_made() {
        let event = testing::Event::json(&serde_json::json!({ "a": 1 }))
            .with_id("evt_1")
            .with_source("github")
            .with_event_type("push")
            .with_subject("repo")
            .with_order_key("k")
            .with_received_at(7)
            .with_header("X-Big", "1");
        let view = crate::Event::new(&event);

        assert_eq!(
            (view.id(), view.source(), view.event_type()),
            ("evt_1".into(), "github".into(), "push".into())
        );
        assert_eq!((view.subject(), view.order_key()), (Some("repo".into()), Some("k".into())));
        assert_eq!(view.received_at(), 7);
        assert_eq!(view.header("x-BIG").as_deref(), Some("1"));
        assert_eq!(view.header("other"), None);
        assert_eq!(view.headers().len(), 2);
        assert_eq!(view.select(&["/a", "", "/b"]), [Some("1".into()), Some("{\"a\":1}".into()), None]);
        assert_eq!(view.body(), b"{\"a\":1}");
    }
}
