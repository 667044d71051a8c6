//! The event as a plugin sees it.

use serde::de::DeserializeOwned;

use crate::Stop;

#[cfg(target_family = "wasm")]
type View = crate::__bindings::imports::hookgate::plugin::types::Event;
#[cfg(not(target_family = "wasm"))]
type View = crate::testing::Event;

/// A message on its way: the accepted event, or, behind another transform, what that one made of it.
///
/// A view: only what is asked for is copied into the plugin.
#[derive(Debug)]
pub struct Event<'a> {
    view: &'a View,
}

impl<'a> Event<'a> {
    /// Wraps what the host lends for the length of the call; natively, a test's event.
    pub(crate) fn new(view: &'a View) -> Event<'a> {
        Event { view }
    }

    /// Returns `evt_…`; the same for every message that comes from one event.
    pub fn id(&self) -> String {
        self.view.id()
    }

    /// Returns the source's name as in the configuration; empty for an event of the API.
    pub fn source(&self) -> String {
        self.view.source()
    }

    /// Returns the type, such as `pull_request.closed`; empty if nobody named one.
    pub fn event_type(&self) -> String {
        self.view.event_type()
    }

    /// Returns what the event is about, if somebody said.
    pub fn subject(&self) -> Option<String> {
        self.view.subject()
    }

    /// Returns the key by which events are kept in order, if there is one.
    pub fn order_key(&self) -> Option<String> {
        self.view.order_key()
    }

    /// Returns when the event was received, in milliseconds since 1970-01-01 UTC.
    pub fn received_at(&self) -> u64 {
        self.view.received_at()
    }

    /// Returns the first header field of this name, in any case. A value that is not UTF-8 is read
    /// as Latin-1.
    pub fn header(&self, name: &str) -> Option<String> {
        self.view.header(name)
    }

    /// Returns all header fields in order, names in lower case. Ask by name where you can: this
    /// copies them all.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.view.headers()
    }

    /// Returns the body, byte for byte.
    pub fn body(&self) -> Vec<u8> {
        self.view.body()
    }

    /// Reads the body as JSON. Name only the fields that you need: serde skips the rest.
    ///
    /// # Errors
    /// Declined: the body is not JSON, or not of this shape. The reason says where.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        serde_json::from_slice(&self.body())
            .map_err(|error| Stop::declined(format!("the body does not read: {error}")))
    }

    /// Returns parts of a JSON body by JSON Pointer (RFC 6901; "" is the whole), each as JSON text,
    /// in the order asked. None: no such part, or no JSON.
    ///
    /// Cheaper than [`Event::json`] for a few fields of a large body: it stays outside.
    pub fn select(&self, pointers: &[&str]) -> Vec<Option<String>> {
        let pointers: Vec<String> = pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
        self.view.select(&pointers)
    }

    /// Returns one part of a JSON body by JSON Pointer; none if there is no such part.
    ///
    /// # Errors
    /// Declined: the part is there and has another shape.
    pub fn get<T: DeserializeOwned>(&self, pointer: &str) -> Result<Option<T>, Stop> {
        let Some(text) = self.select(&[pointer]).pop().flatten() else { return Ok(None) };
        let read = serde_json::from_str(&text);
        read.map(Some).map_err(|error| Stop::declined(format!("{pointer} does not read: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    struct Sum {
        cents: u64,
    }

    #[test]
    fn a_body_reads_into_a_type() {
        let event = testing::Event::json(&serde_json::json!({ "cents": 5, "more": [1] }));

        assert_eq!(Event::new(&event).json(), Ok(Sum { cents: 5 }));
    }

    #[test]
    fn a_body_of_another_shape_is_declined_with_the_place() {
        let cases = [
            (
                "{\"cents\":\"x\"}",
                "the body does not read: invalid type: string \"x\", expected u64 at line 1 column 12",
            ),
            ("{}", "the body does not read: missing field `cents` at line 1 column 2"),
            ("", "the body does not read: EOF while parsing a value at line 1 column 0"),
        ];
        for (body, reason) in cases {
            let event = testing::Event::bytes(body);

            assert_eq!(Event::new(&event).json::<Sum>(), Err(Stop::declined(reason)), "{body}");
        }
    }

    #[test]
    fn a_part_reads_by_pointer() {
        let event = testing::Event::json(&serde_json::json!({ "a": { "cents": 5 }, "b": [true] }));
        let event = Event::new(&event);

        assert_eq!(event.get("/a"), Ok(Some(Sum { cents: 5 })));
        assert_eq!(event.get("/b/0"), Ok(Some(true)));
        assert_eq!(event.get::<bool>("/c"), Ok(None));
        assert!(event.get::<bool>("/a").is_err());
    }
}
