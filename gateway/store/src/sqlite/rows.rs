//! Arguments of set statements: rows of small columns as one JSON text, large values as one blob.
//!
//! A statement reads a row's columns by place (`value ->> 3`) and its large values by offset and
//! length, so that a commit of any size has a constant text and a handful of arguments.

/// Rows of small columns, as JSON arrays in an array.
#[derive(Debug, Default)]
pub(super) struct Rows {
    json: String,
    count: usize,
}

/// Large values, one after the other.
#[derive(Debug, Default)]
pub(super) struct Blobs {
    bytes: Vec<u8>,
}

/// Where a large value stands: as SQL counts, the first byte being 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: i64,
    pub(super) length: i64,
}

impl Rows {
    /// Begins a row.
    pub(super) fn row(&mut self) -> &mut Rows {
        self.json.push_str(if self.count == 0 { "[[" } else { "],[" });
        self.count += 1;
        self
    }

    /// Adds an integer.
    pub(super) fn int(&mut self, value: i64) -> &mut Rows {
        self.comma();
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = value.unsigned_abs();
        loop {
            at -= 1;
            // A digit: below 10.
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            self.json.push('-');
        }
        self.json.push_str(std::str::from_utf8(&digits[at..]).expect("digits are ASCII"));
        self
    }

    /// Adds an integer or null.
    pub(super) fn maybe(&mut self, value: Option<i64>) -> &mut Rows {
        match value {
            Some(value) => self.int(value),
            None => self.null(),
        }
    }

    /// Adds a text.
    pub(super) fn text(&mut self, value: &str) -> &mut Rows {
        self.comma();
        self.json.push('"');
        let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        if value.bytes().all(is_plain) {
            self.json.push_str(value);
        } else {
            self.escape(value);
        }
        self.json.push('"');
        self
    }

    /// Adds a text or null.
    pub(super) fn maybe_text(&mut self, value: Option<&str>) -> &mut Rows {
        match value {
            Some(value) => self.text(value),
            None => self.null(),
        }
    }

    /// Adds the place of a large value.
    pub(super) fn place(&mut self, place: Place) -> &mut Rows {
        self.int(place.offset).int(place.length)
    }

    /// Returns the JSON text.
    pub(super) fn finish(mut self) -> String {
        self.json.push_str(if self.count == 0 { "[]" } else { "]]" });
        self.json
    }

    fn null(&mut self) -> &mut Rows {
        self.comma();
        self.json.push_str("null");
        self
    }

    fn comma(&mut self) {
        if !self.json.ends_with('[') {
            self.json.push(',');
        }
    }

    fn escape(&mut self, value: &str) {
        for c in value.chars() {
            match c {
                '"' => self.json.push_str("\\\""),
                '\\' => self.json.push_str("\\\\"),
                // U+0000 ends a text in SQLite's C interface: what follows would be lost, so it is shown.
                '\0' => self.json.push('\u{fffd}'),
                c if c < ' ' => self.json.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => self.json.push(c),
            }
        }
    }
}

impl Blobs {
    /// Appends what `write` writes.
    pub(super) fn put(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Place {
        let before = self.bytes.len();
        write(&mut self.bytes);
        // A blob is bounded by `limits::COMMIT_BYTES_MAX` or by one unit: far below 2^63.
        Place { offset: before as i64 + 1, length: (self.bytes.len() - before) as i64 }
    }

    /// Returns the bytes. They are never none: of an empty blob SQLite's `substr` makes NULL, where an empty value
    /// is meant.
    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.bytes.is_empty() {
            self.bytes.push(0);
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn rows_are_json() {
        let mut rows = Rows::default();
        rows.row().int(i64::MIN).maybe(None).text("a\"\\\n\u{1}é");
        rows.row().int(0).maybe(Some(i64::MAX)).maybe_text(None);

        let read: Value = serde_json::from_str(&rows.finish()).unwrap();

        assert_eq!(read, json!([[i64::MIN, null, "a\"\\\n\u{1}é"], [0, i64::MAX, null]]));
        assert_eq!(Rows::default().finish(), "[]");
    }

    proptest! {
        #[test]
        fn every_text_but_nul_comes_back(text in "[^\u{0}]*") {
            let mut rows = Rows::default();
            rows.row().text(&text);

            let read: Vec<Vec<String>> = serde_json::from_str(&rows.finish()).unwrap();

            prop_assert_eq!(&read[0][0], &text);
        }
    }
}
