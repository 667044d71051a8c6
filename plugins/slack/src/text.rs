//! Texts as Slack takes them: escaped, and no longer than they may be.

/// Escapes what has a meaning to Slack (docs.slack.dev, "Formatting message text": `&`, `<` and `>` and nothing
/// else).
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(c),
        }
    }
    out
}

/// Cuts a text with an ellipsis to at most so many characters, never inside an entity or a link.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().nth(chars_max).is_none() {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    for (open, close) in [('&', ';'), ('<', '>')] {
        let Some(begin) = kept.rfind(open) else { continue };
        // An ampersand of the operator's own need not be an entity; those have at most four letters.
        let is_open = !kept[begin..].contains(close) && (open == '<' || kept[begin..].chars().count() <= 5);
        if is_open {
            kept.truncate(begin);
        }
    }
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_something_is_escaped() {
        assert_eq!(escape("<!channel> a & b \"é\""), "&lt;!channel&gt; a &amp; b \"é\"");
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_not_inside_an_entity_or_a_link() {
        let cases = [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("ééé", 2, "é…"),
            ("a&lt;bcdef", 4, "a…"),
            ("a&lt;bcdef", 6, "a&lt;…"),
            ("see <https://x.io|there> now", 12, "see …"),
            ("see <https://x.io|there> now", 26, "see <https://x.io|there> …"),
            ("R & D department", 9, "R & D de…"),
        ];
        for (text, max, expected) in cases {
            assert_eq!(cut(text, max), expected, "{text} to {max}");
            assert!(cut(text, max).chars().count() <= max);
        }
    }
}
