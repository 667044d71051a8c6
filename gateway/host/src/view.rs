//! The event and the request as a guest asks for them, part by part.

use std::cell::OnceCell;
use std::sync::Arc;

use hookgate_core::plugin::{GuestEvent, GuestRequest};
use hookgate_core::word::{Headers, header_text};
use serde_json::Value;

use crate::crash::Ended;

/// Returns all fields as the contract shows them.
pub(crate) fn fields(headers: &Headers) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), header_text(value))).collect()
}

/// A request on loan to a guest for one call: the resource `request` of the contract.
#[derive(Debug)]
pub(crate) struct RequestView(GuestRequest);

impl RequestView {
    /// Lends a request.
    pub(crate) fn new(request: GuestRequest) -> RequestView {
        RequestView(request)
    }

    pub(crate) fn request(&self) -> &GuestRequest {
        &self.0
    }
}

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

    /// Returns parts of a JSON body as JSON text, in the order asked.
    ///
    /// # Errors
    /// They are more than `bytes_max`: nobody makes texts that the guest could not hold.
    pub(crate) fn select(&self, pointers: &[String], bytes_max: usize) -> Result<Vec<Option<String>>, Ended> {
        let read = || serde_json::from_slice(&self.event.body).ok().map(Arc::new);
        let Some(json) = self.json.get_or_init(read) else { return Ok(vec![None; pointers.len()]) };
        let mut bytes_left = bytes_max;
        let part = |pointer: &String| {
            let Some(value) = json.pointer(pointer) else { return Ok(None) };
            let text = value.to_string();
            bytes_left = bytes_left.checked_sub(text.len()).ok_or(Ended::Memory { bytes_max })?;
            Ok(Some(text))
        };
        pointers.iter().map(part).collect()
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
        view.select(&pointers, 1000).expect("short parts")
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

    #[test]
    fn more_than_a_guest_can_hold_is_not_made() {
        let view = EventView::new(event("{\"a\":\"12345678\"}", None));
        let pointers = vec!["/a".to_owned(); 3];

        assert!(view.select(&pointers, 30).is_ok());
        assert_eq!(view.select(&pointers, 29), Err(Ended::Memory { bytes_max: 29 }));
    }
}
