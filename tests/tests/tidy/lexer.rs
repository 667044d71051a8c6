//! Just enough of Rust's lexis to tell code from comments, texts and tests. No parser: a file that
//! rustc takes is read right, and no other ever gets here.

/// A Rust file, in three views of the same length, so that places agree.
pub(super) struct Source {
    /// As it is.
    pub(super) text: String,
    /// Without comments, and without items behind `#[cfg(test)]`.
    pub(super) production: String,
    /// As `production`, and what stands inside of quotes is blank as well.
    pub(super) code: String,
}

/// A function with a body.
pub(super) struct Function {
    /// Its name.
    pub(super) name: String,
    /// The line of its `fn`, from 1.
    pub(super) line: usize,
    /// From `fn` to the closing brace.
    pub(super) lines: usize,
    /// Levels of control flow, closures and async blocks inside of it.
    pub(super) nesting: usize,
}

impl Source {
    pub(super) fn read(text: &str) -> Source {
        let (mut production, mut code) = blanked(text);
        for (from, to) in test_items(&code) {
            blank(&mut production, from, to);
            blank(&mut code, from, to);
        }
        let string = |bytes: Vec<u8>| String::from_utf8(bytes).expect("only whole characters are blanked");
        Source { text: text.to_owned(), production: string(production), code: string(code) }
    }

    /// Returns the line of a place, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// Returns how many lines are neither blank nor behind `#[cfg(test)]`; comments count.
    pub(super) fn production_lines(&self) -> usize {
        let mut with_comments = self.text.clone().into_bytes();
        let (_, code) = blanked(&self.text);
        for (from, to) in test_items(&code) {
            blank(&mut with_comments, from, to);
        }
        let text = String::from_utf8_lossy(&with_comments);
        text.lines().filter(|line| !line.trim().is_empty()).count()
    }

    /// Returns the text of the first `//!` paragraph; empty if the file does not open with one.
    pub(super) fn opening(&self) -> String {
        let lines = self.text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim);
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Returns the functions of production code.
    pub(super) fn functions(&self) -> Vec<Function> {
        let code = self.code.as_bytes();
        words(&self.code)
            .filter(|(_, word)| *word == "fn")
            .filter_map(|(at, _)| {
                let name = self.code[at + 2..].trim_start();
                let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let open = body(code, at).filter(|_| !name.is_empty())?;
                let close = matching(code, open)?;
                let line = self.line(at);
                let lines = self.line(close) - line + 1;
                Some(Function { name, line, lines, nesting: nesting(&self.code[open + 1..close]) })
            })
            .collect()
    }
}

/// Returns every word of `code` with its place.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = 0;
    std::iter::from_fn(move || {
        let from = rest + code[rest..].find(is_word)?;
        let to = code[from..].find(|c| !is_word(c)).map_or(code.len(), |length| from + length);
        rest = to;
        Some((from, &code[from..to]))
    })
}

/// Returns the two views before tests are taken out: without comments, and without texts as well.
fn blanked(text: &str) -> (Vec<u8>, Vec<u8>) {
    let bytes = text.as_bytes();
    let (mut production, mut code) = (bytes.to_vec(), bytes.to_vec());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"//") || rest.starts_with(b"/*") {
            let end = at + comment(rest);
            blank(&mut production, at, end);
            blank(&mut code, at, end);
            at = end;
        } else if let Some((inside, length)) = quoted(bytes, at) {
            blank(&mut code, at + inside, at + length - 1);
            at += length;
        } else {
            at += 1;
        }
    }
    (production, code)
}

/// Returns the length of a comment; block comments nest.
fn comment(rest: &[u8]) -> usize {
    if rest.starts_with(b"//") {
        return rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Returns where a text or character that begins here has its first inner byte, and its length.
fn quoted(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = &bytes[at..];
    let follows_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    let prefix = rest.iter().take_while(|byte| matches!(byte, b'b' | b'c' | b'r')).count();
    let prefix = if follows_word || prefix > 2 { 0 } else { prefix };
    let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
    if rest[..prefix].contains(&b'r') && rest.get(prefix + hashes) == Some(&b'"') {
        let inside = prefix + hashes + 1;
        let end = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
        let length = rest[inside..].windows(end.len()).position(|window| window == end)?;
        return Some((inside, inside + length + end.len()));
    }
    if hashes > 0 {
        return None;
    }
    match rest.get(prefix)? {
        b'"' => closing(rest, prefix + 1, b'"').map(|end| (prefix + 1, end + 1)),
        b'\'' if is_character(&rest[prefix + 1..]) => {
            closing(rest, prefix + 1, b'\'').map(|end| (prefix + 1, end + 1))
        }
        _ => None,
    }
}

/// Tells a character from a lifetime.
fn is_character(after: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&after[..after.len().min(8)]).into_owned();
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => true,
        (Some(_), second) => second == Some('\''),
        (None, _) => false,
    }
}

fn closing(rest: &[u8], mut at: usize, quote: u8) -> Option<usize> {
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return Some(at),
            _ => at += 1,
        }
    }
    None
}

fn blank(bytes: &mut [u8], from: usize, to: usize) {
    let to = to.min(bytes.len());
    bytes[from.min(to)..to].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
}

/// Returns the items behind `#[cfg(test)]`, from the attribute to their end.
fn test_items(code: &[u8]) -> Vec<(usize, usize)> {
    let text = String::from_utf8_lossy(code).into_owned();
    let mut items = Vec::new();
    for (from, _) in text.match_indices("#[cfg(test)]") {
        if let Some(open) = body(code, from + "#[cfg(test)]".len()) {
            items.push((from, matching(code, open).map_or(code.len(), |close| close + 1)));
        } else {
            let end = text[from..].find(';').map_or(code.len(), |length| from + length + 1);
            items.push((from, end));
        }
    }
    items
}

/// Returns where the block of an item begins, if it has one before its `;`.
fn body(code: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in code.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn matching(code: &[u8], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Counts levels: blocks of `if`, `else`, `match`, `for`, `while`, `loop`, `async` and of closures. The
/// block of a match arm belongs to its match, and a struct's braces are no level.
fn nesting(body: &str) -> usize {
    let (mut stack, mut deepest, mut since) = (Vec::new(), 0, 0);
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'{' => {
                let head = &body[since..at];
                let is_closure = head.trim_end().ends_with('|');
                let is_level =
                    |word: &str| matches!(word, "if" | "else" | "match" | "for" | "while" | "loop" | "async");
                stack.push(is_closure || words(head).any(|(_, word)| is_level(word)));
                deepest = deepest.max(stack.iter().filter(|level| **level).count());
                since = at + 1;
            }
            b'}' => {
                stack.pop();
                since = at + 1;
            }
            b';' => since = at + 1,
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_texts_and_tests_are_told_from_code() {
        let text = "let a = \"// no { comment\"; // a }\nlet b = r#\"\"{\"#; /* { /* { */ */ let c = '{';\nfn f<'a>(x: &'a str) {}\n#[cfg(test)]\nmod tests { fn g() { \"}\" } }\nfn h() {}";

        let source = Source::read(text);

        assert_eq!(source.text.len(), source.code.len());
        assert!(source.production.contains("// no { comment") && !source.production.contains("a }"));
        let names: Vec<String> = source.functions().into_iter().map(|function| function.name).collect();
        assert_eq!(names, ["f", "h"]);
        assert_eq!(source.production_lines(), 4);
    }

    #[test]
    fn levels_are_control_flow_and_closures() {
        let cases = [
            ("let a = A { b: B { c } };", 0),
            ("if a { b } else { c }", 1),
            ("match a { B => { for c in d { e(|f| { g }) } } }", 3),
            ("let Some(a) = b else { return };", 1),
            ("async move { loop {} }", 2),
        ];
        for (body, levels) in cases {
            assert_eq!(nesting(body), levels, "{body}");
        }
    }

    #[test]
    fn a_file_opens_with_a_paragraph() {
        assert_eq!(Source::read("//! One,\n//! two.\n//!\n//! Three.\nfn a() {}").opening(), "One, two.");
        assert_eq!(Source::read("// One.\n//! Two.").opening(), "");
    }
}
