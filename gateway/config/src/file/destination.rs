//! `[destination.NAME]`: a policy, and exactly one table that says how it is reached.

use std::fmt;

use hookgate_core::scheme::declared::Rotation;
use hookgate_core::scheme::{Algorithm, Encoding, KeyForm};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Entries, Form};
use crate::at::At;
use crate::node::Node;

/// `[destination.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct DestinationTable {
    pub(crate) timeout: Option<At<String>>,
    pub(crate) retry: Option<At<Form<RetryTable>>>,
    pub(crate) concurrency: Option<At<i64>>,
    pub(crate) rate: Option<At<String>>,
    pub(crate) burst: Option<At<i64>>,
    pub(crate) breaker: Option<Form<BreakerTable>>,
    pub(crate) keep: Option<At<String>>,
    pub(crate) http: Option<At<Form<HttpTable>>>,
    pub(crate) connector: Option<At<Form<ConnectorTable>>>,
}

/// `retry = { … }`: a list or a backoff, and which failures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct RetryTable {
    pub(crate) schedule: Option<At<Vec<At<String>>>>,
    pub(crate) backoff: Option<At<String>>,
    pub(crate) jitter: Option<At<f64>>,
    pub(crate) attempts: Option<At<i64>>,
    pub(crate) max_age: Option<At<String>>,
    pub(crate) retry_on: Option<At<Vec<At<FailureName>>>>,
    pub(crate) final_on: Option<At<Vec<At<FailureName>>>>,
}

/// A failure: a status, or a class or word between quotes.
#[derive(Debug, PartialEq)]
pub(crate) enum FailureName {
    /// `429`.
    Status(i64),
    /// `"5xx"`, `"unreachable"`.
    Text(String),
}

/// `breaker = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct BreakerTable {
    pub(crate) failures: Option<At<i64>>,
    pub(crate) open: Option<At<String>>,
}

/// `[destination.NAME.http]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct HttpTable {
    pub(crate) endpoint: At<String>,
    pub(crate) method: Option<At<String>>,
    pub(crate) version: Option<At<String>>,
    pub(crate) headers: Option<Entries<String>>,
    pub(crate) auth: Option<At<Form<AuthTable>>>,
    pub(crate) sign: Option<At<Form<SignTable>>>,
}

/// `[destination.NAME.connector]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct ConnectorTable {
    pub(crate) plugin: At<String>,
    pub(crate) config: Option<At<Node>>,
    pub(crate) endpoint: At<String>,
    pub(crate) auth: Option<At<Form<AuthTable>>>,
    pub(crate) sign: Option<At<Form<SignTable>>>,
}

/// `auth`: one way to be let in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct AuthTable {
    pub(crate) bearer: Option<At<Form<BearerTable>>>,
    pub(crate) basic: Option<At<Form<BasicTable>>>,
    pub(crate) api_key: Option<At<Form<KeyAuthTable>>>,
}

/// `auth.bearer = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct BearerTable {
    pub(crate) token: At<String>,
}

/// `auth.basic = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct BasicTable {
    pub(crate) user: At<String>,
    pub(crate) password: At<String>,
}

/// `auth.api_key = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct KeyAuthTable {
    pub(crate) header: Option<At<String>>,
    pub(crate) query: Option<At<String>>,
    pub(crate) secret: At<String>,
}

/// `sign`: one way to sign.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct SignTable {
    pub(crate) standard_webhooks: Option<At<Form<StandardWebhooksTable>>>,
    pub(crate) hmac: Option<At<Form<HmacSignTable>>>,
}

/// `sign.standard_webhooks = { … }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct StandardWebhooksTable {
    pub(crate) secrets: At<Vec<At<String>>>,
}

/// `sign.hmac = { … }`: a scheme, declared.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
pub(crate) struct HmacSignTable {
    pub(crate) header: At<String>,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) prefix: Option<At<String>>,
    pub(crate) separator: Option<At<String>>,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) key: Option<KeyForm>,
    pub(crate) signed_content: Option<At<String>>,
    pub(crate) timestamp_header: Option<At<String>>,
    pub(crate) rotation: Option<Rotation>,
    pub(crate) secrets: At<Vec<At<String>>>,
}

impl<'de> Deserialize<'de> for FailureName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FailureName, D::Error> {
        deserializer.deserialize_any(FailureVisitor)
    }
}

struct FailureVisitor;

impl Visitor<'_> for FailureVisitor {
    type Value = FailureName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a status such as 429, \"5xx\" or \"unreachable\"")
    }

    fn visit_i64<E: de::Error>(self, status: i64) -> Result<FailureName, E> {
        Ok(FailureName::Status(status))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<FailureName, E> {
        Ok(FailureName::Text(text.to_owned()))
    }
}
