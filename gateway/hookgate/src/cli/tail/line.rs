//! One readable line for each thing that happens: when, what, which names, what came of it, what follows.

use serde_json::Value;

use crate::cli::table::text;

/// Writes what the stream says of one thing. What does not read is shown as it came.
pub(super) fn line(data: &str) -> String {
    let Ok(seen) = serde_json::from_str::<Value>(data) else { return plain(data) };
    let kind = text(&seen, "kind");
    let rest = match kind.as_str() {
        "accepted" => accepted(&seen),
        "refused" => format!("{}  {}", text(&seen, "source"), because(&text(&seen, "why"), &seen)),
        "tried" => tried(&seen),
        "missed" => {
            return format!("missed {}: this reader is slower than the gateway", text(&seen, "missed"));
        }
        _ => return plain(data),
    };
    plain(&format!("{}  {kind:<8}  {rest}", text(&seen, "at")))
}

fn accepted(seen: &Value) -> String {
    let again = if seen["duplicate"] == true { "  a duplicate" } else { "" };
    format!("{}{}  {}{again}", text(seen, "source"), type_of(seen), text(seen, "event"))
}

fn tried(seen: &Value) -> String {
    let names = [text(seen, "route"), text(seen, "destination")];
    let names: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    let status = match seen["status"].as_u64() {
        Some(status) => format!(" {status}"),
        None => String::new(),
    };
    let outcome = because(&format!("{}{status}", text(seen, "outcome")), seen);
    format!(
        "{}{}  {}  {}  attempt {} in {} ms: {outcome}; {}",
        names.join(" -> "),
        type_of(seen),
        text(seen, "event"),
        text(seen, "delivery"),
        text(seen, "attempt"),
        text(seen, "took_ms"),
        text(seen, "then")
    )
}

fn type_of(seen: &Value) -> String {
    let event_type = text(seen, "type");
    if event_type.is_empty() { event_type } else { format!("  {event_type}") }
}

fn because(what: &str, seen: &Value) -> String {
    let detail = text(seen, "detail");
    if detail.is_empty() { what.to_owned() } else { format!("{what}, {detail}") }
}

/// Strangers name event types, and receivers what went wrong: neither is to move the cursor of a terminal.
fn plain(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_line() {
        let cases = [
            (
                r#"{"kind":"accepted","at":"T","event":"evt_1","type":"a.b","source":"s","duplicate":false}"#,
                "T  accepted  s  a.b  evt_1",
            ),
            (
                r#"{"kind":"accepted","at":"T","event":"evt_1","type":"","source":"s","duplicate":true}"#,
                "T  accepted  s  evt_1  a duplicate",
            ),
            (
                r#"{"kind":"refused","at":"T","source":"s","why":"denied","detail":"no ticket"}"#,
                "T  refused   s  denied, no ticket",
            ),
            (
                r#"{"kind":"tried","at":"T","event":"evt_1","delivery":"del_1","type":"a","source":"s",
                    "route":"r","destination":"d","attempt":2,"outcome":"refused","failed":true,"status":500,
                    "detail":"the receiver answered 500","then":"tried again in 5.0 s","took_ms":7}"#,
                "T  tried     r -> d  a  evt_1  del_1  attempt 2 in 7 ms: refused 500, the receiver answered \
                 500; tried again in 5.0 s",
            ),
            (
                r#"{"kind":"tried","at":"T","event":"evt_1","delivery":"del_1","type":"a","source":"s",
                    "route":"r","destination":null,"attempt":1,"outcome":"split","failed":false,
                    "status":null,"detail":"it became 2 deliveries","then":"split","took_ms":0}"#,
                "T  tried     r  a  evt_1  del_1  attempt 1 in 0 ms: split, it became 2 deliveries; split",
            ),
            (r#"{"kind":"missed","missed":12}"#, "missed 12: this reader is slower than the gateway"),
        ];
        for (data, wanted) in cases {
            assert_eq!(line(data), wanted, "{data}");
        }
    }

    #[test]
    fn nothing_that_a_stranger_says_moves_the_cursor() {
        let hostile =
            r#"{"kind":"refused","at":"T","source":"s","why":"w","detail":"\u001b[2J\r\n\u009bgone"}"#;

        assert_eq!(line(hostile), "T  refused   s  w, \u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}gone");
        assert_eq!(line("\u{1b}no JSON"), "\u{fffd}no JSON");
    }
}
