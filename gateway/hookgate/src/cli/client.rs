//! The admin API's client: one request, and what its failure means for the exit code.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;

use super::{Exit, Online};

/// An answer of the admin API takes milliseconds; a reload that compiles a large plugin takes longest.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A running gateway.
pub(super) struct Gateway {
    client: Client,
    url: String,
    key: String,
    /// Whether the user wants the API's own answers.
    pub(super) json: bool,
}

/// Runs an online command.
pub(super) fn online(
    online: Online,
    command: impl AsyncFnOnce(Gateway) -> Result<(), Exit>,
) -> Result<(), Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Exit::Failed(format!("no runtime: {error}")))?;
    crate::app::install_crypto();
    runtime.block_on(async {
        let client = Client::builder().timeout(TIMEOUT).build();
        let client = client.map_err(|error| Exit::Failed(format!("no HTTP client: {error}")))?;
        let url = online.url.trim_end_matches('/').to_owned();
        command(Gateway { client, url, key: online.admin_key, json: online.json }).await
    })
}

impl Gateway {
    /// Reads something.
    pub(super) async fn get(&self, path: &str, query: &[(&str, Option<&str>)]) -> Result<Value, Exit> {
        self.send(Method::GET, path, query, None).await
    }

    /// Changes something.
    pub(super) async fn post(&self, path: &str, query: &[(&str, Option<&str>)]) -> Result<Value, Exit> {
        self.send(Method::POST, path, query, None).await
    }

    /// Sends a request, with a body of this content type where there is one.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, Option<&str>)],
        body: Option<(&str, Bytes)>,
    ) -> Result<Value, Exit> {
        let mut request = self.request(method, path, query)?;
        if let Some((content_type, bytes)) = body {
            request = request.header(header::CONTENT_TYPE, content_type).body(bytes);
        }
        self.ask(request).await
    }

    /// Publishes an event.
    pub(super) async fn publish(&self, body: Vec<u8>, idempotency_key: Option<&str>) -> Result<Value, Exit> {
        let mut request = self.request(Method::POST, "/v1/events", &[])?;
        request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        if let Some(key) = idempotency_key {
            request = request.header("idempotency-key", key);
        }
        self.ask(request).await
    }

    /// Opens an answer that goes on. It counts as broken when nothing comes for `silence`.
    pub(super) async fn open(
        &self,
        path: &str,
        query: &[(&str, Option<&str>)],
        silence: Duration,
    ) -> Result<Response, Exit> {
        let client = Client::builder().connect_timeout(TIMEOUT).read_timeout(silence).build();
        let client = client.map_err(|error| Exit::Failed(format!("no HTTP client: {error}")))?;
        self.answered(client.get(self.url(path, query)?).bearer_auth(&self.key)).await
    }

    /// Begins a request, for a command that has more to say than a body.
    fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, Option<&str>)],
    ) -> Result<RequestBuilder, Exit> {
        Ok(self.client.request(method, self.url(path, query)?).bearer_auth(&self.key))
    }

    fn url(&self, path: &str, query: &[(&str, Option<&str>)]) -> Result<reqwest::Url, Exit> {
        let mut url = reqwest::Url::parse(&format!("{}{path}", self.url))
            .map_err(|error| Exit::Failed(format!("{} is no URL: {error}", self.url)))?;
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(url)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Value, Exit> {
        let response = self.answered(request).await?;
        Ok(response.json().await.unwrap_or(Value::Null))
    }

    /// Sends a request, and takes nothing but a 2xx for an answer.
    async fn answered(&self, request: RequestBuilder) -> Result<Response, Exit> {
        let unreachable = |error: reqwest::Error| {
            let hint = "is it running? `--url` or HOOKGATE_URL says where";
            Exit::Unreachable(format!("no gateway at {}: {}; {hint}", self.url, cause(&error)))
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let answer: Value = response.json().await.unwrap_or(Value::Null);
        Err(refused(status, &answer))
    }
}

/// Returns the innermost cause, which says more than the layers around it.
fn cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn refused(status: StatusCode, answer: &Value) -> Exit {
    let detail = answer["detail"].as_str().unwrap_or("no reason was given").to_owned();
    let code = answer["code"].as_str().unwrap_or_default();
    let said = |error: &Value| {
        let (field, said) = (error["field"].as_str()?, error["detail"].as_str()?);
        // A configuration's mistake says itself where it is.
        Some(if code == "config-mistakes" { said.to_owned() } else { format!("{field}: {said}") })
    };
    let fields: Vec<String> = answer["errors"].as_array().into_iter().flatten().filter_map(said).collect();
    let message = match fields.as_slice() {
        [] => detail,
        [only] if *only == detail => detail,
        _ => format!("{}\n{detail}", fields.join("\n")),
    };
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Exit::NotAllowed(format!("{message}; HOOKGATE_ADMIN_KEY or --admin-key has the key"))
        }
        StatusCode::UNPROCESSABLE_ENTITY if code.starts_with("config-") => Exit::BadConfig(message),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Exit::TryAgain(message),
        _ => Exit::Failed(message),
    }
}
