//! A plugin's `config` where it is used: as JSON, and checked against the schema in its manifest.

use std::ops::Range;
use std::sync::Arc;

use hookgate_core::limits;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::Compiler;
use crate::at::At;
use crate::codes;
use crate::node::Node;
use crate::units::size_text;

/// Characters of a schema's complaint: it may repeat a whole value.
const COMPLAINT_CHARS_MAX: usize = 200;

impl Compiler<'_> {
    /// Returns the config as JSON text, keys sorted: another order is the same recipe. `place` is where
    /// a config that is not there would stand.
    pub(super) fn plugin_config(
        &mut self,
        config: Option<&At<Node>>,
        schema: Option<&Validator>,
        place: &Range<usize>,
    ) -> Option<Arc<str>> {
        let empty;
        let config = match config {
            Some(config) => config,
            None => {
                empty = At::new(place.clone(), Node::Table(Vec::new()));
                &empty
            }
        };
        if !matches!(config.value, Node::Table(_)) {
            let help = "write a table: config = { key = \"value\" }";
            self.add(codes::WRONG_TYPE, &config.span, "expected a table", help);
            return None;
        }
        let mut value = config.value.json();
        if let Some(schema) = schema {
            for error in schema.iter_errors(&value) {
                self.schema_error(config, &error);
            }
        }
        value.sort_all_objects();
        let text = value.to_string();
        if text.len() > limits::PLUGIN_CONFIG_BYTES_MAX {
            let message = format!("this config takes {} bytes", text.len());
            let help = format!(
                "keep it within {}; what is larger belongs into the plugin",
                size_text(limits::PLUGIN_CONFIG_BYTES_MAX)
            );
            self.add(codes::CONFIG_TOO_LARGE, &config.span, message, help);
        }
        Some(text.into())
    }

    fn schema_error(&mut self, config: &At<Node>, error: &ValidationError<'_>) {
        let keys: Vec<String> = pointer(error.instance_path().as_str());
        let place = |last: Option<&str>| config.place(keys.iter().map(String::as_str).chain(last));
        let help = "the plugin's manifest says what it takes, in `config_schema`";
        if let ValidationErrorKind::AdditionalProperties { unexpected } = error.kind() {
            for key in unexpected {
                let message = format!("the plugin does not know \"{key}\" here");
                self.add(codes::BAD_PLUGIN_CONFIG, &place(Some(key)), message, help);
            }
            return;
        }
        let message = if let ValidationErrorKind::Required { property: Value::String(key) } = error.kind() {
            format!("the plugin needs \"{key}\" here")
        } else {
            error.to_string().chars().take(COMPLAINT_CHARS_MAX).collect()
        };
        self.add(codes::BAD_PLUGIN_CONFIG, &place(None), message, help);
    }
}

/// The keys of a JSON pointer (RFC 6901).
fn pointer(text: &str) -> Vec<String> {
    text.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
}
