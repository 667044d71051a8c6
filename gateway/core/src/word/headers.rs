//! Header fields of a message: in order, repeated ones kept, bytes as they came.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderName, HeaderValue};
use thiserror::Error;

/// Header fields in their order. Names are lower case.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Headers(Vec<(HeaderName, HeaderValue)>);

/// Stored bytes that are no header fields: the store was damaged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("stored headers are damaged at byte {at}")]
pub struct HeaderError {
    /// Offset of the field that does not read.
    pub at: usize,
}

impl Headers {
    /// Returns no fields.
    pub fn new() -> Headers {
        Headers::default()
    }

    /// Adds a field behind the others.
    pub fn push(&mut self, name: HeaderName, value: HeaderValue) {
        self.0.push((name, value));
    }

    /// Takes the place of all fields of this name, where the first of them stood.
    pub fn set(&mut self, name: HeaderName, value: HeaderValue) {
        let Some(first) = self.0.iter().position(|(n, _)| *n == name) else {
            return self.push(name, value);
        };
        self.0[first].1 = value;
        let mut at = 0;
        self.0.retain(|(n, _)| {
            at += 1;
            at - 1 <= first || *n != name
        });
    }

    /// Returns the value of the first field of this name, in any case.
    pub fn first(&self, name: &str) -> Option<&HeaderValue> {
        self.0.iter().find(|(n, _)| n.as_str().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the first field of this name as text; bytes that are not UTF-8 are read as Latin-1.
    pub fn first_text(&self, name: &str) -> Option<String> {
        self.first(name).map(header_text)
    }

    /// Returns the fields in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&HeaderName, &HeaderValue)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Returns the fields in order, values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&HeaderName, &mut HeaderValue)> {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// Returns how many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes the fields as HTTP/1.1 does: `name: value`, each ended by CR LF. No value can hold one.
    pub fn encode(&self) -> Bytes {
        let size = self.0.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
        let mut out = BytesMut::with_capacity(size);
        for (name, value) in &self.0 {
            out.put_slice(name.as_str().as_bytes());
            out.put_slice(b": ");
            out.put_slice(value.as_bytes());
            out.put_slice(b"\r\n");
        }
        out.freeze()
    }

    /// Reads what [`Headers::encode`] wrote.
    ///
    /// # Errors
    /// Says where the bytes stop being header fields.
    pub fn decode(encoded: &[u8]) -> Result<Headers, HeaderError> {
        let mut headers = Headers::new();
        let mut at = 0;
        while at < encoded.len() {
            let damaged = || HeaderError { at };
            let rest = &encoded[at..];
            let end = rest.windows(2).position(|w| w == b"\r\n").ok_or_else(damaged)?;
            let line = &rest[..end];
            let colon = line.windows(2).position(|w| w == b": ").ok_or_else(damaged)?;
            let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| damaged())?;
            let value = HeaderValue::from_bytes(&line[colon + 2..]).map_err(|_| damaged())?;
            headers.push(name, value);
            at += end + 2;
        }
        Ok(headers)
    }
}

impl FromIterator<(HeaderName, HeaderValue)> for Headers {
    fn from_iter<I: IntoIterator<Item = (HeaderName, HeaderValue)>>(fields: I) -> Headers {
        Headers(fields.into_iter().collect())
    }
}

impl fmt::Debug for Headers {
    /// Shows names only: values may be anybody's secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name.as_str())).finish()
    }
}

/// Returns a value as text; bytes that are not UTF-8 are read as Latin-1, each as the code point of its number.
pub fn header_text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&'static str, &[u8])]) -> Headers {
        pairs
            .iter()
            .map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_bytes(v).expect("a value")))
            .collect()
    }

    #[test]
    fn fields_come_back_byte_for_byte_in_order() {
        let headers = fields(&[("a", b"1"), ("b", b": x: "), ("a", b""), ("c", &[0xff, b'\t', 0xe9])]);

        assert_eq!(Headers::decode(&headers.encode()), Ok(headers));
        assert_eq!(Headers::decode(b""), Ok(Headers::new()));
    }

    #[test]
    fn damaged_bytes_are_an_error_that_says_where() {
        assert_eq!(Headers::decode(b"a: 1\r\nb"), Err(HeaderError { at: 6 }));
        assert_eq!(Headers::decode(b"a 1\r\n"), Err(HeaderError { at: 0 }));
        assert_eq!(Headers::decode(b"a b: 1\r\n"), Err(HeaderError { at: 0 }));
        assert_eq!(Headers::decode(b"a: \x00\r\n"), Err(HeaderError { at: 0 }));
    }

    #[test]
    fn setting_a_field_replaces_all_of_its_name_in_place() {
        let mut headers = fields(&[("a", b"1"), ("b", b"2"), ("a", b"3")]);

        headers.set(HeaderName::from_static("a"), HeaderValue::from_static("9"));
        headers.set(HeaderName::from_static("c"), HeaderValue::from_static("4"));

        assert_eq!(headers, fields(&[("a", b"9"), ("b", b"2"), ("c", b"4")]));
    }

    #[test]
    fn a_value_that_is_not_utf8_reads_as_latin_1() {
        let headers = fields(&[("x", &[0xe9]), ("y", "é".as_bytes())]);

        assert_eq!(headers.first_text("X").as_deref(), Some("é"));
        assert_eq!(headers.first_text("y").as_deref(), Some("é"));
        assert_eq!(headers.first_text("z"), None);
    }
}
