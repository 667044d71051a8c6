//! Hides what a file should not have said: secrets written in it are shown to nobody, not even beside
//! the mistake that is about them.
//!
//! It looks at the letters only, so that it also works where the file is no TOML.

use std::ops::Range;

/// Keys whose texts are secrets.
const SECRET_KEYS: [&str; 7] = ["secrets", "admin_key", "token", "tokens", "password", "secret", "values"];

/// Returns the text with every literal secret replaced, character by character, by marks of the same
/// length: the text keeps its lines, columns and byte offsets. References such as `${env:X}` stay.
pub fn redacted(text: &str) -> String {
    let mut secrets: Vec<Range<usize>> = SECRET_KEYS.iter().flat_map(|key| behind_key(text, key)).collect();
    secrets.extend(SECRET_KEYS.iter().flat_map(|key| below_header(text, key)));
    secrets.extend(url_users(text));
    secrets.sort_by_key(|secret| (secret.start, secret.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for secret in secrets {
        let begin = secret.start.max(at);
        let end = secret.end.max(begin);
        out.push_str(&text[at..begin]);
        out.extend(text[begin..end].chars().map(mark));
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

/// A mark that takes as many bytes as the character. Ends of lines stay.
fn mark(c: char) -> char {
    match (c, c.len_utf8()) {
        ('\n' | '\r', _) => c,
        (_, 1) => '*',
        (_, 2) => '×',
        (_, 3) => '•',
        _ => '🞄',
    }
}

/// The literal texts behind any `key =`: up to the end of the list that begins there, else of the line.
fn behind_key(text: &str, key: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    for (found, _) in text.match_indices(key) {
        let after = text[found + key.len()..].trim_start_matches(['"', '\'', ' ', '\t']);
        // `secrets.acme = …` is a key below it.
        let after = match after.strip_prefix('.') {
            Some(below) => below.trim_start_matches(|c: char| !matches!(c, '=' | '\n')),
            None => after,
        };
        if let Some(value) = after.strip_prefix('=') {
            // A list of them is what a plugin is granted: names, not values.
            if key == "secret" && value.trim_start().starts_with('[') {
                continue;
            }
            let at = text.len() - value.len();
            let value = &value[..value_end(value)];
            secrets.extend(quoted(value).into_iter().map(|secret| at + secret.start..at + secret.end));
        }
    }
    secrets
}

/// All texts below a header such as `[source.a.verify.basic.secrets]`, up to the next header.
fn below_header(text: &str, key: &str) -> Vec<Range<usize>> {
    let mut secrets = Vec::new();
    let mut at = 0;
    let mut is_below = false;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if let Some(header) = trimmed.strip_prefix('[') {
            let names = header.split(']').next().unwrap_or_default().split('.');
            is_below = names.map(|name| name.trim().trim_matches(['"', '\''])).any(|name| name == key);
        } else if is_below && let Some(value_at) = line.find('=') {
            let value = &line[value_at + 1..];
            secrets.extend(
                quoted(value).into_iter().map(|s| at + value_at + 1 + s.start..at + value_at + 1 + s.end),
            );
        }
        at += line.len();
    }
    secrets
}

/// Where a value ends at the latest: a list, table or text of many lines at its closing, another at its line's end.
fn value_end(value: &str) -> usize {
    let trimmed = value.trim_start_matches([' ', '\t']);
    let at = value.len() - trimmed.len();
    for quotes in ["\"\"\"", "'''"] {
        if let Some(rest) = trimmed.strip_prefix(quotes) {
            return rest.find(quotes).map_or(value.len(), |end| at + 3 + end + 3);
        }
    }
    for (open, close) in [('[', ']'), ('{', '}')] {
        if trimmed.starts_with(open) {
            return list_end(trimmed, close).map_or(value.len(), |end| at + end);
        }
    }
    value.find('\n').unwrap_or(value.len())
}

/// Where a list or table closes, brackets inside quotes aside.
fn list_end(list: &str, close: char) -> Option<usize> {
    let mut quote = None;
    for (at, c) in list.char_indices() {
        match (c, quote) {
            (c, None) if c == close => return Some(at + 1),
            ('"' | '\'', None) => quote = Some(c),
            // A text that is not closed on its line would hide the rest of the file.
            ('\n', Some(_)) => quote = None,
            (c, Some(open)) if c == open => quote = None,
            _ => {}
        }
    }
    None
}

/// The texts between quotes that are no references; one that is not closed goes on to the end of its line.
fn quoted(value: &str) -> Vec<Range<usize>> {
    let mut texts = Vec::new();
    let mut from = 0;
    while let Some(open) = value[from..].find(['"', '\'']) {
        let open = from + open;
        let quote = &value[open..=open];
        let triple = quote.repeat(3);
        let (closing, limit) = if value[open..].starts_with(&triple) {
            (triple.as_str(), value.len())
        } else {
            (quote, value[open..].find('\n').map_or(value.len(), |end| open + end))
        };
        let begin = open + closing.len();
        let end = closing_at(&value[begin..limit], closing).map_or(limit, |end| begin + end);
        if !value[begin..end].starts_with("${") {
            texts.push(begin..end);
        }
        from = (end + closing.len()).min(value.len());
    }
    texts
}

/// Where the closing quotes stand, escaped ones aside.
fn closing_at(content: &str, closing: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + content[from..].find(closing)?;
        let backslashes = content[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        if closing.starts_with('\'') || backslashes.is_multiple_of(2) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The users and passwords between `://` and `@`.
fn url_users(text: &str) -> Vec<Range<usize>> {
    let user = |(found, separator): (usize, &str)| {
        let begin = found + separator.len();
        let end = text[begin..].find(['/', '"', '\'', ' ', '\n']).map_or(text.len(), |end| begin + end);
        text[begin..end].rfind('@').map(|at| begin..begin + at)
    };
    text.match_indices("://").filter_map(user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &str) {
        let shown = redacted(text);

        assert_eq!(shown, wanted);
        assert_eq!(shown.len(), text.len());
        assert_eq!(shown.chars().count(), text.chars().count());
    }

    #[test]
    fn literal_secrets_are_hidden_and_references_are_not() {
        check("secrets = [\"abc\", \"${env:X}\", 'dé€😀']", "secrets = [\"***\", \"${env:X}\", '*×•🞄']");
        check("auth.bearer = { token = \"abc\" }", "auth.bearer = { token = \"***\" }");
        check("x = { secrets = [\"a]b\"], y = \"shown\" }", "x = { secrets = [\"***\"], y = \"shown\" }");
        check("admin_key = \"a\\\"b\"\nlisten = \"x\"", "admin_key = \"****\"\nlisten = \"x\"");
        check(
            "secrets = [\n  \"ab\",\n  \"cd\",\n]\nz = \"e\"",
            "secrets = [\n  \"**\",\n  \"**\",\n]\nz = \"e\"",
        );
        check("\"secrets\" = '''\nab'''\nz = 'e'", "\"secrets\" = '''\n**'''\nz = 'e'");
    }

    #[test]
    fn secrets_under_names_are_hidden_and_their_names_are_not() {
        check(
            "secrets = { acme = \"a}b\", x = '${env:X}' }\nz = \"e\"",
            "secrets = { acme = \"***\", x = '${env:X}' }\nz = \"e\"",
        );
        check("secrets.acme = \"abc\"\nz = \"e\"", "secrets.acme = \"***\"\nz = \"e\"");
        check(
            "[a.secrets]\nb = \"cd\"\n'e f' = 'g'\n[c]\nd = \"e\"",
            "[a.secrets]\nb = \"**\"\n'e f' = '*'\n[c]\nd = \"e\"",
        );
        check("token = \"ab\"\ntokens = [\"cd\"]", "token = \"**\"\ntokens = [\"**\"]");
    }

    #[test]
    fn a_secret_that_is_not_closed_is_hidden_up_to_the_end_of_its_line() {
        check("secrets = [\"abc]\nz = 1", "secrets = [\"****\nz = 1");
        check("admin_key = 'abc", "admin_key = '***");
    }

    #[test]
    fn the_user_of_a_url_is_hidden() {
        check("endpoint = \"https://me:pw@example.com/a@b\"", "endpoint = \"https://*****@example.com/a@b\"");
        check("endpoint = \"https://example.com/a@b\"", "endpoint = \"https://example.com/a@b\"");
    }
}
