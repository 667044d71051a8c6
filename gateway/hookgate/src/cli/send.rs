//! `hookgate send`: publishes an event of one's own by `POST /v1/events`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;

use super::client::online;
use super::table::{print_json, text};
use super::{Exit, Online};

/// An event to publish.
#[derive(Args)]
pub(super) struct Send {
    /// The event's type, such as invoice.paid
    #[arg(value_name = "TYPE")]
    event_type: String,
    /// A dash: the data is read from standard input
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with_all = ["data", "file"])]
    stdin: Option<String>,
    /// The data, as JSON
    #[arg(long, value_name = "JSON", conflicts_with = "file")]
    data: Option<String>,
    /// The file with the data, which is JSON
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
    /// What the event is about, such as an invoice's number
    #[arg(long)]
    subject: Option<String>,
    /// Events with the same key belong in one order
    #[arg(long, value_name = "KEY")]
    order_key: Option<String>,
    /// A header field of the event; may be given several times
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The same key within 24 hours means the same call: nothing is stored twice
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    #[command(flatten)]
    online: Online,
}

/// The body of `POST /v1/events`. The data arrives as it was written, byte for byte.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(rename = "type")]
    event_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_key: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
}

/// Publishes the event and prints its id.
pub(super) fn run(send: Send) -> Result<(), Exit> {
    let body = body(&send)?;
    online(send.online.clone(), async move |gateway| {
        let answer = gateway.publish(body, send.idempotency_key.as_deref()).await?;
        if gateway.json {
            print_json(&answer);
        } else {
            say!("{}", text(&answer, "event"));
        }
        Ok(())
    })
}

fn body(send: &Send) -> Result<Vec<u8>, Exit> {
    let mut headers = BTreeMap::new();
    for (name, value) in &send.headers {
        if headers.insert(name.as_str(), value.as_str()).is_some() {
            return Err(Exit::Failed(format!("--header {name}: given twice")));
        }
    }
    let said = Said {
        event_type: &send.event_type,
        subject: send.subject.as_deref(),
        order_key: send.order_key.as_deref(),
        headers,
        data: data(send)?,
    };
    serde_json::to_vec(&said).map_err(|error| Exit::Failed(format!("the event cannot be written: {error}")))
}

fn data(send: &Send) -> Result<Option<Box<RawValue>>, Exit> {
    let (from, text) = match (&send.data, &send.file, &send.stdin) {
        (Some(data), ..) => ("--data".to_owned(), data.clone()),
        (None, Some(path), _) => (path.display().to_string(), read(path)?),
        (None, None, Some(_)) => ("standard input".to_owned(), read_stdin()?),
        (None, None, None) => return Ok(None),
    };
    match RawValue::from_string(text) {
        Ok(json) => Ok(Some(json)),
        Err(error) => Err(Exit::Failed(format!("{from} is no JSON: {error}"))),
    }
}

fn read(path: &Path) -> Result<String, Exit> {
    std::fs::read_to_string(path).map_err(|error| Exit::Failed(format!("{}: {error}", path.display())))
}

fn read_stdin() -> Result<String, Exit> {
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|error| Exit::Failed(format!("standard input: {error}")))?;
    Ok(text)
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_lowercase(), value.to_owned())),
        None => Err("expected NAME=VALUE".to_owned()),
    }
}
