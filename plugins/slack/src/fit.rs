//! Makes a message fit the limits that Slack documents, or says why it cannot be made to.
//!
//! docs.slack.dev, "Blocks" and "Composition objects", as of 2026. What people read is cut with an ellipsis;
//! what a machine reads (URLs, ids, values) and what would change the message (too many blocks) is declined.

use hookgate_plugin::Stop;
use serde_json::Value;

use crate::Payload;
use crate::text::cut;

/// Blocks of a message.
const BLOCKS_MAX: usize = 50;
/// Slack cuts `text` at 40,000 characters and advises 4,000.
const FALLBACK_CHARS_MAX: usize = 4000;
/// Text of a section, and of any text object without a bound of its own.
const TEXT_CHARS_MAX: usize = 3000;
/// Text of a header.
const HEADER_CHARS_MAX: usize = 150;
/// Fields of a section, and the text of each.
const FIELDS_MAX: usize = 10;
const FIELD_CHARS_MAX: usize = 2000;
/// Elements of a context, and of actions.
const CONTEXT_MAX: usize = 10;
const ACTIONS_MAX: usize = 25;
/// Text of a button.
const BUTTON_CHARS_MAX: usize = 75;
/// Title and alternative text of an image.
const IMAGE_CHARS_MAX: usize = 2000;
/// Text of a markdown block.
const MARKDOWN_CHARS_MAX: usize = 12_000;
/// What cannot be cut: by its key.
const WHOLE: [(&str, usize); 5] =
    [("url", 3000), ("image_url", 3000), ("value", 2000), ("block_id", 255), ("action_id", 255)];

/// Fits a message. It has a fallback text afterwards.
pub(crate) fn fit(payload: &mut Payload) -> Result<(), Stop> {
    if let Some(blocks) = payload.get_mut("blocks") {
        let Value::Array(blocks) = blocks else {
            return Err(Stop::declined("`blocks` of the template is no array"));
        };
        if blocks.len() > BLOCKS_MAX {
            let count = blocks.len();
            return Err(Stop::declined(format!("{count} blocks; Slack takes at most {BLOCKS_MAX}")));
        }
        for (nth, block) in blocks.iter_mut().enumerate() {
            fit_block(block, &format!("block {}", nth + 1))?;
        }
    }
    let fallback = match payload.get("text") {
        Some(Value::String(text)) if !text.trim().is_empty() => text.clone(),
        Some(_) | None => first_text(payload.get("blocks")).ok_or_else(|| {
            Stop::declined("the message has no text; give `text` in the config for notifications")
        })?,
    };
    payload.insert("text".to_owned(), cut(&fallback, FALLBACK_CHARS_MAX).into());
    Ok(())
}

fn fit_block(block: &mut Value, place: &str) -> Result<(), Stop> {
    let kind = block.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    whole(block, place)?;
    match kind.as_str() {
        "" => return Err(Stop::declined(format!("{place} has no `type`"))),
        "header" => fit_text(block.get_mut("text"), HEADER_CHARS_MAX, place)?,
        "section" => fit_section(block, place)?,
        "markdown" => fit_string(block.get_mut("text"), MARKDOWN_CHARS_MAX),
        "context" => fit_elements(block, CONTEXT_MAX, place)?,
        "actions" => fit_elements(block, ACTIONS_MAX, place)?,
        "image" => {
            fit_text(block.get_mut("title"), IMAGE_CHARS_MAX, place)?;
            fit_string(block.get_mut("alt_text"), IMAGE_CHARS_MAX);
        }
        // Slack has more kinds of block than this knows; it judges them itself.
        _ => {}
    }
    Ok(())
}

fn fit_section(block: &mut Value, place: &str) -> Result<(), Stop> {
    if block.get("text").is_none() && block.get("fields").is_none() {
        return Err(Stop::declined(format!("{place} is a section without `text` and `fields`")));
    }
    fit_text(block.get_mut("text"), TEXT_CHARS_MAX, place)?;
    if let Some(Value::Array(fields)) = block.get_mut("fields") {
        at_most(fields.len(), FIELDS_MAX, "fields", place)?;
        for field in fields {
            fit_text(Some(field), FIELD_CHARS_MAX, place)?;
        }
    }
    block.get_mut("accessory").map_or(Ok(()), |element| fit_element(element, place))
}

fn fit_elements(block: &mut Value, max: usize, place: &str) -> Result<(), Stop> {
    let Some(Value::Array(elements)) = block.get_mut("elements") else {
        return Err(Stop::declined(format!("{place} has no `elements`")));
    };
    at_most(elements.len(), max, "elements", place)?;
    elements.iter_mut().try_for_each(|element| fit_element(element, place))
}

fn fit_element(element: &mut Value, place: &str) -> Result<(), Stop> {
    whole(element, place)?;
    match element.get("type").and_then(Value::as_str).unwrap_or_default() {
        "mrkdwn" | "plain_text" => fit_text(Some(element), TEXT_CHARS_MAX, place),
        "button" => fit_text(element.get_mut("text"), BUTTON_CHARS_MAX, place),
        "image" => {
            fit_string(element.get_mut("alt_text"), IMAGE_CHARS_MAX);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Cuts a text object, if there is one.
fn fit_text(object: Option<&mut Value>, chars_max: usize, place: &str) -> Result<(), Stop> {
    let Some(object) = object else { return Ok(()) };
    match object.get_mut("text") {
        Some(Value::String(text)) if !text.trim().is_empty() => {
            *text = cut(text, chars_max);
            Ok(())
        }
        Some(Value::String(_)) => Err(Stop::declined(format!("{place} has an empty text"))),
        Some(_) | None => Err(Stop::declined(format!(
            "{place} has a text that is no text object: write {{\"type\": \"mrkdwn\", \"text\": \"…\"}}"
        ))),
    }
}

fn fit_string(value: Option<&mut Value>, chars_max: usize) {
    if let Some(Value::String(text)) = value {
        *text = cut(text, chars_max);
    }
}

fn whole(element: &Value, place: &str) -> Result<(), Stop> {
    for (key, max) in WHOLE {
        let chars = element.get(key).and_then(Value::as_str).map_or(0, |text| text.chars().count());
        if chars > max {
            let why = format!("`{key}` of {place} has {chars} characters; Slack takes at most {max}");
            return Err(Stop::declined(why));
        }
    }
    Ok(())
}

fn at_most(count: usize, max: usize, what: &str, place: &str) -> Result<(), Stop> {
    if count > max {
        return Err(Stop::declined(format!("{place} has {count} {what}; Slack takes at most {max}")));
    }
    Ok(())
}

/// Returns the first text of the first block that has one.
fn first_text(blocks: Option<&Value>) -> Option<String> {
    let text = |block: &Value| {
        let text = block.get("text")?;
        let text = text.get("text").unwrap_or(text).as_str()?;
        (!text.trim().is_empty()).then(|| text.to_owned())
    };
    blocks?.as_array()?.iter().find_map(text)
}
