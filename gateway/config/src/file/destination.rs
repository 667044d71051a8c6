//! `[destination.NAME]`: a policy, and exactly one table that says how it is reached.

use serde::Deserialize;

use super::{Entries, Form};
use crate::at::At;

/// `[destination.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct DestinationTable {
    pub(crate) timeout: Option<At<String>>,
    pub(crate) retry: Option<At<Form<RetryTable>>>,
    pub(crate) concurrency: Option<At<i64>>,
    pub(crate) http: Option<Form<HttpTable>>,
}

/// `retry = { … }`: a list or a backoff.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct RetryTable {
    pub(crate) schedule: Option<At<Vec<At<String>>>>,
    pub(crate) backoff: Option<At<String>>,
    pub(crate) jitter: Option<At<f64>>,
    pub(crate) attempts: Option<At<i64>>,
}

/// `[destination.NAME.http]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct HttpTable {
    pub(crate) endpoint: At<String>,
    pub(crate) headers: Option<Entries<String>>,
    pub(crate) sign: Option<At<Form<SignTable>>>,
}

/// `sign`: one way to sign.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct SignTable {
    pub(crate) standard_webhooks: Option<Form<StandardWebhooksTable>>,
}

/// `sign.standard_webhooks = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct StandardWebhooksTable {
    pub(crate) secrets: At<Vec<At<String>>>,
}
