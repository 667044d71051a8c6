//! What the plugin sends and how it takes Slack's answers, natively.

use std::time::Duration;

use hookgate_plugin::testing::{Event, Host};
use serde_json::json;

use super::*;

const PULL_REQUEST: &str = include_str!("../fixtures/pull_request.closed.json");

fn built(config: Value, event: &Event) -> Result<Value, Stop> {
    let outbound = Host::new().config(config).build::<Slack>(event)?;
    assert_eq!((outbound.get_url(), outbound.get_method()), ("", ""), "the endpoint itself, by POST");
    assert_eq!(outbound.get_header("content-type"), Some("application/json"));
    Ok(outbound.body_json())
}

fn declined(config: Value, event: &Event) -> String {
    match built(config, event) {
        Err(Stop::Declined(reason)) => reason,
        other => panic!("it is declined: {other:?}"),
    }
}

fn blocks(blocks: Value) -> Value {
    json!({ "template": blocks })
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

#[test]
fn a_pull_request_is_a_message_with_link_and_size() {
    let payload = built(json!({ "template": "pull-request" }), &Event::bytes(PULL_REQUEST)).expect("built");

    let blocks = payload["blocks"].as_array().expect("blocks");
    let title = blocks[0]["text"]["text"].as_str().expect("a header");
    let said = blocks[1]["text"]["text"].as_str().expect("a section");
    assert_eq!(blocks[0]["type"], "header");
    assert!(said.contains("* merged <https://github.com/") && said.contains(title), "{said}");
    assert!(blocks[1]["fields"].as_array().is_some_and(|fields| fields.len() >= 2), "{payload}");
    assert!(payload["text"].as_str().is_some_and(|text| text.contains("merged #")), "{payload}");
}

#[test]
fn a_pull_request_of_another_shape_is_declined_with_the_field() {
    let reason = declined(json!({ "template": "pull-request" }), &Event::bytes("{\"action\":\"opened\"}"));

    assert!(reason.contains("GitHub's pull_request") && reason.contains("`pull_request`"), "{reason}");
}

#[test]
fn any_event_is_a_message() {
    let message = |event: Event| built(json!({ "template": "message" }), &event).expect("built");

    let texted = message(Event::json(&json!({ "text": "a <b> & c" })).with_event_type("note"));
    assert_eq!(texted["text"], "a &lt;b&gt; &amp; c");
    assert_eq!(texted["blocks"][0]["text"]["text"], "note");
    let shown = message(Event::json(&json!({ "n": 1 })));
    assert_eq!(shown["text"], "```{\n  \"n\": 1\n}```");
    assert_eq!(message(Event::bytes("plain"))["blocks"][0]["text"]["text"], "```plain```");
    assert_eq!(message(Event::bytes(""))["text"], "```(no body)```");
    let long = message(Event::bytes("<".repeat(5000)));
    let text = long["blocks"][0]["text"]["text"].as_str().expect("a section");
    assert!(text.chars().count() <= 3000 && text.ends_with("…```"), "{}", text.len());
}

#[test]
fn blocks_of_the_operators_are_filled_in_and_escaped() {
    let event = Event::json(
        &json!({ "order": { "id": 7, "lines": [{ "sku": "<x>" }] }, "url": "https://x.io/?a=1&b=2" }),
    )
    .with_event_type("order.paid")
    .with_header("x-shop", "north");
    let template = json!([
        section("{type} {body.order.id} {body.order.lines.0.sku} {headers.x-shop} { not a path } {}"),
        { "type": "actions", "elements": [{ "type": "button", "url": "{body.url}", "text": { "type": "plain_text", "text": "Open {source}" } }] },
    ]);

    let as_array = built(blocks(template.clone()), &event).expect("built");
    let as_text = built(blocks(template.to_string().into()), &event).expect("built");
    let as_table = built(
        json!({ "template": { "blocks": template, "unfurl_links": false }, "text": "paid: {body.order.id}" }),
        &event,
    );

    let text = "order.paid 7 &lt;x&gt; north { not a path } {}";
    assert_eq!(as_array["blocks"][0]["text"]["text"], text);
    assert_eq!(as_array["blocks"][1]["elements"][0]["url"], "https://x.io/?a=1&b=2");
    assert_eq!(as_array["blocks"][1]["elements"][0]["text"]["text"], "Open test");
    assert_eq!(as_array["text"], text, "the first text is the fallback");
    assert_eq!(as_text, as_array);
    let as_table = as_table.expect("built");
    assert_eq!((&as_table["text"], &as_table["unfurl_links"]), (&json!("paid: 7"), &json!(false)));
}

#[test]
fn what_an_event_says_can_neither_mention_nor_link() {
    let event = Event::json(&json!({ "text": "<!channel> <https://evil.example|click>" }));

    let payload = built(blocks(json!([section("{body.text}")])), &event).expect("built");

    assert_eq!(payload["blocks"][0]["text"]["text"], "&lt;!channel&gt; &lt;https://evil.example|click&gt;");
}

#[test]
fn what_is_too_long_is_cut_with_an_ellipsis() {
    let event = Event::json(&json!({ "long": "x".repeat(20_000) }));
    let template = json!([
        { "type": "header", "text": { "type": "plain_text", "text": "{body.long}" } },
        { "type": "section", "text": { "type": "mrkdwn", "text": "{body.long}" },
          "fields": [{ "type": "mrkdwn", "text": "{body.long}" }] },
        { "type": "context", "elements": [{ "type": "mrkdwn", "text": "{body.long}" }] },
        { "type": "actions", "elements": [{ "type": "button", "text": { "type": "plain_text", "text": "{body.long}" } }] },
        { "type": "image", "image_url": "https://x.io/i.png", "alt_text": "{body.long}" },
    ]);

    let payload = built(json!({ "template": template, "text": "{body.long}" }), &event).expect("built");

    let blocks = &payload["blocks"];
    let cases = [
        (&blocks[0]["text"]["text"], 150),
        (&blocks[1]["text"]["text"], 3000),
        (&blocks[1]["fields"][0]["text"], 2000),
        (&blocks[2]["elements"][0]["text"], 3000),
        (&blocks[3]["elements"][0]["text"]["text"], 75),
        (&blocks[4]["alt_text"], 2000),
        (&payload["text"], 4000),
    ];
    for (text, max) in cases {
        let text = text.as_str().expect("a text");
        assert_eq!(text.chars().count(), max);
        assert!(text.ends_with('…'));
    }
}

#[test]
fn what_cannot_be_cut_is_declined_by_name() {
    let event = Event::json(&json!({ "long": "x".repeat(4000), "empty": "", "null": null }));
    let field = json!({ "type": "mrkdwn", "text": "x" });
    let cases = [
        (blocks(Value::Array(vec![section("x"); 51])), "51 blocks; Slack takes at most 50"),
        (blocks(json!([{ "type": "section", "fields": vec![field.clone(); 11] }])), "block 1 has 11 fields"),
        (
            blocks(json!([section("x"), { "type": "context", "elements": vec![field; 11] }])),
            "block 2 has 11 elements",
        ),
        (
            blocks(json!([{ "type": "image", "image_url": "https://x.io/{body.long}", "alt_text": "x" }])),
            "`image_url` of block 1 has 4013",
        ),
        (blocks(json!([section("{body.empty}")])), "block 1 has an empty text"),
        (
            blocks(json!([section("{body.missing.deep}")])),
            "{body.missing.deep}, which this event does not have",
        ),
        (blocks(json!([section("{body.null}")])), "{body.null}"),
        (blocks(json!([section("{subject}")])), "{subject}"),
        (blocks(json!([{ "type": "section" }])), "a section without `text`"),
        (blocks(json!([{ "type": "section", "text": "x" }])), "no text object"),
        (blocks(json!([{ "text": "x" }])), "block 1 has no `type`"),
        (blocks(json!([{ "type": "divider" }])), "the message has no text"),
        (blocks(json!({ "blocks": "x" })), "`blocks` of the template is no array"),
        (blocks(json!("[{")), "is no JSON"),
        (blocks(json!("[1, 2]")), "block 1 has no `type`"),
        (blocks(json!("pull-requests")), "no template \"pull-requests\"; there are: message, pull-request"),
        (json!({}), "missing field `template`"),
        (json!({ "template": "message", "colour": 1 }), "unknown field `colour`"),
    ];
    for (config, expected) in cases {
        let reason = declined(config, &event);

        assert!(reason.contains(expected), "{expected}: {reason}");
    }
}

#[test]
fn a_template_that_nests_without_end_is_declined() {
    let mut template = json!("x");
    for _ in 0..100 {
        template = json!([template]);
    }

    assert!(declined(blocks(template), &Event::bytes("{}")).contains("nested more than 32 deep"));
}

#[test]
fn every_answer_of_slacks_means_one_thing() {
    let judge = |status: u16, body: &str| Host::new().judge::<Slack>(&Response::text(status, body));
    let declined = [
        (400, "invalid_payload"),
        (400, "user_not_found"),
        (400, "no_text"),
        (400, "invalid_blocks"),
        (403, "action_prohibited"),
        (403, "posting_to_general_channel_denied"),
        (404, "channel_not_found"),
        (413, ""),
        (200, "{\"ok\":false,\"error\":\"invalid_blocks\"}"),
    ];
    let gone = [
        (410, "channel_is_archived"),
        (404, "no_service"),
        (403, "invalid_token"),
        (404, "no_team"),
        (410, ""),
    ];
    let later = [
        (500, "rollup_error"),
        (503, ""),
        (429, ""),
        (200, "<html>log in</html>"),
        (200, ""),
        (302, ""),
        (408, ""),
    ];

    assert_eq!(judge(200, "ok"), Judgement::delivered());
    assert_eq!(judge(200, "ok\n"), Judgement::delivered());
    assert_eq!(judge(200, "{\"ok\":true}"), Judgement::delivered());
    for (status, body) in declined {
        assert!(matches!(judge(status, body), Judgement::Declined(_)), "{status} {body}");
    }
    for (status, body) in gone {
        assert!(matches!(judge(status, body), Judgement::Gone(_)), "{status} {body}");
    }
    for (status, body) in later {
        assert!(matches!(judge(status, body), Judgement::Retry { after: None, .. }), "{status} {body}");
    }
    assert_eq!(judge(404, "no_service"), Judgement::gone("Slack answered 404 no_service"));
}

#[test]
fn a_rate_limit_is_waited_for() {
    for (status, body) in [(429, "rate_limited"), (429, ""), (400, "rate_limited"), (503, "")] {
        let response = Response::text(status, body).header("Retry-After", "30");

        let judged = Host::new().judge::<Slack>(&response);

        assert!(
            matches!(judged, Judgement::Retry { after: Some(after), .. } if after == Duration::from_secs(30)),
            "{status} {body}: {judged:?}"
        );
    }
}
