//! `[plugin.NAME]` and `[secret.NAME]`.

use serde::Deserialize;

use super::Form;
use crate::at::At;

/// `[plugin.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct PluginTable {
    pub(crate) component: At<String>,
    pub(crate) limits: Option<Form<LimitsTable>>,
    pub(crate) grant: Option<Form<GrantTable>>,
}

/// `limits = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct LimitsTable {
    pub(crate) deadline: Option<At<String>>,
    pub(crate) memory: Option<At<String>>,
}

/// `grant = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct GrantTable {
    pub(crate) clock: Option<bool>,
    pub(crate) mac: Option<Vec<At<String>>>,
    pub(crate) secret: Option<Vec<At<String>>>,
}

/// `[secret.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct SecretTable {
    /// Newest first.
    pub(crate) values: At<Vec<At<String>>>,
}
