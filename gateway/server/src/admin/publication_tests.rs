//! What an application may say, and what it hears where it says it wrongly.

use super::*;

fn publications(text: &str) -> Vec<Publication> {
    let (Brought::One(all) | Brought::Batch(all)) =
        read(&Bytes::copy_from_slice(text.as_bytes())).expect(text);
    all
}

fn mistakes(text: &str) -> (&'static str, Vec<String>) {
    let problem = read(&Bytes::copy_from_slice(text.as_bytes())).map(drop).expect_err(text);
    let fields = problem.fields().map(str::to_owned).collect();
    (problem.code(), fields)
}

#[test]
fn data_is_kept_byte_for_byte() {
    let event = publications(r#"{"type":"a", "data": { "n":1.00, "big":123456789012345678901234567890 } }"#);

    assert_eq!(event[0].body, r#"{ "n":1.00, "big":123456789012345678901234567890 }"#);
    assert_eq!(event[0].headers.first_text("content-type").as_deref(), Some("application/json"));
    assert_eq!(publications(r#"{"type":"a","data":null}"#)[0].body, "null");
}

#[test]
fn every_field_is_taken() {
    let events = publications(
        r#"{"events":[
            {"type":"a","body":"é","subject":"s","order_key":"o","headers":{"X-A":"1","content-type":"text/html"}},
            {"type":"b","body_base64":"AP8="},
            {"type":"c"}]}"#,
    );

    assert_eq!((events[0].subject.as_deref(), events[0].order_key.as_deref()), (Some("s"), Some("o")));
    assert_eq!(events[0].body, "é");
    assert_eq!(events[0].headers.first_text("content-type").as_deref(), Some("text/html"));
    assert_eq!(events[0].headers.first_text("x-a").as_deref(), Some("1"));
    assert_eq!(&*events[1].body, [0, 255]);
    assert_eq!(events[1].headers.first_text("content-type").as_deref(), Some("application/octet-stream"));
    assert!(events[2].body.is_empty() && events[2].headers.is_empty());
}

#[test]
fn every_mistake_is_named_by_its_pointer() {
    let text = r#"{"events":[
        {"type":"a"},
        {"data":1},
        7,
        {"type":"", "subject":1, "order_key":"\n", "x/y~z":1, "data":1, "body":2,
         "headers":{"host":"h", "é":"1", "x-a":1, "Authorization":"Bearer s"}},
        {"type":"b", "headers":[], "body_base64":"%"}
    ], "more": 1}"#;
    let wanted = [
        "/more",
        "/events/2",
        "/events/1/type",
        "/events/3/x~1y~0z",
        "/events/3/type",
        "/events/3/subject",
        "/events/3/order_key",
        "/events/3/body",
        "/events/3/headers/host",
        "/events/3/headers/é",
        "/events/3/headers/x-a",
        "/events/3/headers/Authorization",
        "/events/4/body_base64",
        "/events/4/headers",
    ];

    let (code, mut fields) = mistakes(text);

    let mut wanted = wanted.map(str::to_owned).to_vec();
    fields.sort_unstable();
    wanted.sort_unstable();
    assert_eq!((code, fields), ("bad-event", wanted));
}

#[test]
fn what_is_no_event_at_all_is_told_apart() {
    for text in ["", "{", "{\"type\":\"a\"} x", "\u{feff}{}"] {
        assert_eq!(mistakes(text).0, "bad-json", "{text}");
    }
    for text in ["[]", "7", "null", "{}", "{\"events\":{}}", "{\"events\":[]}", "{\"events\":null}"] {
        assert_eq!(mistakes(text).0, "bad-event", "{text}");
    }
    let many = format!("{{\"events\":[{}1]}}", "1,".repeat(1_000));
    assert_eq!(mistakes(&many), ("too-many-events", vec!["/events".into()]));
    assert_eq!(mistakes(r#"{"type":"a","data":1,"data":2}"#).0, "bad-json");
    let wrong = format!("{{\"events\":[{}1]}}", "1,".repeat(999));
    assert_eq!(mistakes(&wrong).1.len(), MISTAKES_MAX);
    assert_eq!(mistakes(&format!("{{\"{}\":1}}", "x".repeat(1_000))).1[0].len(), 65);
}
