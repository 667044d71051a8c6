//! The transform of the plugin benchmark: it parses the whole body, changes it and writes it again, which
//! is what most transforms do. Nothing here is made for speed.

use hookgate_plugin::{Event, Message, Stop, Transform, export};
use serde_json::Value;

/// The plugin.
pub struct Rewrite;

impl Transform for Rewrite {
    fn transform(event: &Event) -> Result<Vec<Message>, Stop> {
        let mut body: Value = event.json()?;
        let Some(fields) = body.as_object_mut() else { return Err(Stop::declined("not an object")) };
        fields.remove("installation");
        fields.insert("seen_by".to_owned(), "bench-plugin".into());
        Ok(vec![Message::json(&body)?])
    }
}

export!(Rewrite: Transform);
