//! Custom sections: what a component carries that is not code.
//!
//! WebAssembly 2.0, "Binary format: modules, custom section": the id 0, the size, the name with its
//! length, the contents. Components take them at their end as modules do.

/// The section of the manifest, as JSON.
pub(super) const MANIFEST: &str = "hookgate:manifest";

/// The section of the fixtures: a JSON object of event type to body.
pub(super) const FIXTURES: &str = "hookgate:fixtures";

/// Puts a section behind the others.
pub(super) fn append(component: &mut Vec<u8>, name: &str, contents: &[u8]) {
    let mut section = Vec::with_capacity(name.len() + contents.len() + 5);
    leb128(&mut section, name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(contents);
    component.push(0);
    leb128(component, section.len());
    component.extend_from_slice(&section);
}

/// Writes an unsigned number in seven bits a byte, lowest first; the top bit says that more follow.
fn leb128(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_format_asks() {
        let cases: [(usize, &[u8]); 5] = [
            (0, &[0]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (624_485, &[0xe5, 0x8e, 0x26]),
            (16_384, &[0x80, 0x80, 1]),
        ];
        for (number, bytes) in cases {
            let mut out = Vec::new();

            leb128(&mut out, number);

            assert_eq!(out, bytes, "{number}");
        }
    }

    #[test]
    fn a_section_stands_behind_what_was_there() {
        let mut component = vec![9];

        append(&mut component, "ab", b"xyz");

        assert_eq!(component, [9, 0, 6, 2, b'a', b'b', b'x', b'y', b'z']);
    }
}
