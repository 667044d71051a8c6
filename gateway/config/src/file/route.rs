//! `[route.NAME]`.

use serde::Deserialize;

use super::Form;
use crate::at::At;
use crate::node::Node;

/// `[route.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct RouteTable {
    pub(crate) source: At<String>,
    pub(crate) types: Option<At<Vec<At<String>>>>,
    #[serde(rename = "match")]
    pub(crate) condition: Option<At<Node>>,
    /// A JSONPath condition.
    pub(crate) filter: Option<At<String>>,
    /// Takes only what no other route takes.
    pub(crate) catch_all: Option<bool>,
    pub(crate) router: Option<Form<StageTable>>,
    pub(crate) transform: Option<Vec<Form<StageTable>>>,
    pub(crate) to: At<Vec<At<String>>>,
    pub(crate) on_plugin_failure: Option<At<String>>,
}

/// One entry of `transform`, or `router`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct StageTable {
    pub(crate) plugin: At<String>,
    pub(crate) config: Option<At<Node>>,
}

impl RouteTable {
    /// Returns every use of a plugin in it.
    pub(crate) fn uses(&self) -> impl Iterator<Item = &Form<StageTable>> {
        self.router.iter().chain(self.stages())
    }

    /// Returns its transforms, first to last.
    pub(crate) fn stages(&self) -> &[Form<StageTable>] {
        self.transform.as_deref().unwrap_or_default()
    }
}
