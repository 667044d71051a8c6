//! How a webhook looks in the terminal.

use std::fmt::Write as _;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// Fields that every HTTP request has and that say nothing here.
const DULL: [&str; 4] = ["host", "content-length", "accept", "connection"];

/// Returns a webhook as lines for people.
pub(crate) fn webhook(
    nth: u64,
    line: &str,
    headers: &HeaderMap,
    body: &[u8],
    verified: Option<&Result<(), String>>,
    status: StatusCode,
) -> String {
    let mut out = format!("\n--- webhook {nth}: {line}\n");
    for (name, value) in headers.iter().filter(|(name, _)| !DULL.contains(&name.as_str())) {
        push(&mut out, &format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    }
    let signature = match verified {
        None => "not verified, no secret was given".to_owned(),
        Some(Ok(())) => "good".to_owned(),
        Some(Err(why)) => format!("BAD: {why}"),
    };
    push(&mut out, &format!("signature: {signature}"));
    out.push('\n');
    match serde_json::from_slice::<Value>(body) {
        Ok(json) => format!("{json:#}").lines().for_each(|line| push(&mut out, line)),
        Err(_) => String::from_utf8_lossy(body).lines().for_each(|line| push(&mut out, line)),
    }
    push(&mut out, &format!("\nanswered {status}"));
    out
}

fn push(out: &mut String, line: &str) {
    let (blank, line) = line.strip_prefix('\n').map_or(("", line), |line| ("\n", line));
    writeln!(out, "{blank}    {line}").expect("a String takes every line");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &[u8], verified: Option<&Result<(), String>>) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("host", "h".parse().expect("a value"));
        headers.insert("webhook-id", "msg_1".parse().expect("a value"));
        webhook(3, "POST /hooks", &headers, body, verified, StatusCode::OK)
    }

    #[test]
    fn json_is_indented_and_what_says_nothing_is_left_out() {
        let expected = "\n--- webhook 3: POST /hooks\n    webhook-id: msg_1\n    signature: good\n\n    {\n      \"a\": 1\n    }\n\n    answered 200 OK\n";

        assert_eq!(shown(b"{\"a\":1}", Some(&Ok(()))), expected);
    }

    #[test]
    fn what_is_no_json_is_shown_as_text() {
        let text = shown(b"a=1&b=\xff", Some(&Err("no signature fits".into())));

        assert!(text.contains("    a=1&b=\u{fffd}\n"), "{text}");
        assert!(text.contains("signature: BAD: no signature fits\n"), "{text}");
    }
}
