//! The event as a guest asks for it, part by part.

use std::cell::OnceCell;
use std::sync::Arc;

use hookgate_core::plugin::GuestEvent;
use hookgate_core::word::header_text;
use serde_json::Value;

/// An event on loan to a guest for one call: the resource `event` of the contract.
#[derive(Debug)]
pub(crate) struct EventView {
    event: GuestEvent,
    /// The body as JSON, read once if anybody selects from it. None: it is no JSON.
    json: OnceCell<Option<Arc<Value>>>,
}

impl EventView {
    /// Lends an event.
    pub(crate) fn new(event: GuestEvent) -> EventView {
        let json = OnceCell::new();
        if let Some(known) = &event.json {
            json.get_or_init(|| Some(Arc::clone(known)));
        }
        EventView { event, json }
    }

    pub(crate) fn event(&self) -> &GuestEvent {
        &self.event
    }

    /// Returns when the event was received; a time before 1970 counts as 1970.
    pub(crate) fn received_at(&self) -> u64 {
        u64::try_from(self.event.received_at.0).unwrap_or(0)
    }

    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        self.event
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), header_text(value)))
            .collect()
    }

    /// Returns parts of a JSON body as JSON text, in the order asked.
    pub(crate) fn select(&self, pointers: &[String]) -> Vec<Option<String>> {
        let read = || serde_json::from_slice(&self.event.body).ok().map(Arc::new);
        let Some(json) = self.json.get_or_init(read) else { return vec![None; pointers.len()] };
        pointers.iter().map(|pointer| json.pointer(pointer).map(Value::to_string)).collect()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use hookgate_core::word::{Headers, Millis};

    use super::*;

    fn event(body: &'static str, json: Option<Value>) -> GuestEvent {
        GuestEvent {
            id: "evt_1".into(),
            source: "s".into(),
            event_type: "t".into(),
            subject: None,
            order_key: None,
            received_at: Millis(-1),
            headers: Arc::new(Headers::new()),
            body: Bytes::from_static(body.as_bytes()),
            json: json.map(Arc::new),
        }
    }

    fn select(view: &EventView, pointers: &[&str]) -> Vec<Option<String>> {
        let pointers: Vec<String> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
        view.select(&pointers)
    }

    #[test]
    fn parts_are_selected_by_pointer_in_the_order_asked() {
        let view = EventView::new(event("{\"a\":{\"b/c\":[1,\"é\"]},\"z\":null}", None));

        let parts = select(&view, &["/a/b~1c/1", "/nope", "/z", "/a", "no-slash"]);

        let text = |text: &str| Some(text.to_owned());
        assert_eq!(parts, [text("\"é\""), None, text("null"), text("{\"b/c\":[1,\"é\"]}"), None]);
    }

    #[test]
    fn a_body_that_is_no_json_has_no_parts() {
        let deep: &'static str = "[".repeat(100_000).leak();
        for body in ["", "a=1", deep] {
            assert_eq!(select(&EventView::new(event(body, None)), &["", "/a"]), [None, None]);
        }
    }

    #[test]
    fn what_somebody_parsed_already_is_not_parsed_again() {
        let view = EventView::new(event("not read", Some(serde_json::json!({ "a": 7 }))));

        assert_eq!(select(&view, &["/a"]), [Some("7".to_owned())]);
        assert_eq!(view.received_at(), 0);
    }
}
