//! `hookgate plugin run`: one call of a component, and everything that can be seen of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use hookgate_core::limits::PLUGIN_DEADLINE;
use serde_json::Value;

use super::answer::is_crash;
use super::case::{Case, ResponsePart};
use super::trial::Trial;
use crate::app;
use crate::cli::Exit;

/// What to run, with what.
#[derive(Args)]
pub(crate) struct Run {
    /// The component's file, or embedded:NAME
    component: String,
    /// The body of the event or request; for --judge of the answer
    #[arg(long, value_name = "FILE")]
    event: PathBuf,
    /// The plugin's config as JSON, or @FILE
    #[arg(long, value_name = "JSON")]
    config: Option<String>,
    /// The event's type; by default the file's name without its end
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Which role, if the component has several
    #[arg(long)]
    role: Option<String>,
    /// A header field of the event or request, as "name: value"; may be repeated
    #[arg(long, value_name = "FIELD")]
    header: Vec<String>,
    /// A destination that a router may choose; may be repeated
    #[arg(long, value_name = "NAME")]
    candidate: Vec<String>,
    /// Let a connector judge an answer with this status instead of building a request
    #[arg(long, value_name = "STATUS")]
    judge: Option<u16>,
    /// A key for `mac` as NAME=VALUE, the newest of a name first; may be repeated
    #[arg(long, value_name = "KEY")]
    mac: Vec<String>,
    /// A value for `secret` as NAME=VALUE; may be repeated
    #[arg(long, value_name = "SECRET")]
    secret: Vec<String>,
}

/// Runs a component once.
pub(super) fn run(run: &Run) -> Result<(), Exit> {
    app::log_guests();
    let (case, event_type, body) = run.case().map_err(Exit::Failed)?;
    let trial = Trial::load(super::component(&run.component)?)?;
    let answer = trial.call(&case, &event_type, &body).map_err(Exit::Failed)?;
    say!("{answer:#}");
    if let Some(spent) = trial.spent() {
        let time = format!("{} us", spent.time.as_micros());
        let slow = if spent.time > PLUGIN_DEADLINE {
            format!("; longer than the deadline that it has by default, {} ms", PLUGIN_DEADLINE.as_millis())
        } else {
            String::new()
        };
        let grows = if trial.grows_memory() { ", grown" } else { "" };
        eprintln!("took {time} the first time, {} KiB of memory{grows}{slow}", spent.memory_bytes >> 10);
    }
    if is_crash(&answer) {
        return Err(Exit::Failed("the plugin crashed".to_owned()));
    }
    Ok(())
}

impl Run {
    fn case(&self) -> Result<(Case, String, Bytes), String> {
        let body = read(&self.event)?;
        let stem = self.event.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let headers = pairs(&self.header, ':', "--header \"name: value\"")?;
        let headers: BTreeMap<String, String> = headers.into_iter().collect();
        let role = self.role.as_ref().map(|word| {
            serde_json::from_value(Value::from(word.as_str()))
                .map_err(|_| format!("--role {word}: there are transform, route, authenticate, connect-out"))
        });
        let mut case = Case {
            role: role.transpose()?,
            config: self.config.as_deref().map(config).transpose()?,
            candidates: self.candidate.clone(),
            secret: pairs(&self.secret, '=', "--secret NAME=VALUE")?.into_iter().collect(),
            ..Case::default()
        };
        for (name, value) in pairs(&self.mac, '=', "--mac NAME=VALUE")? {
            case.mac.entry(name).or_default().push(value);
        }
        case.response = self.judge.map(|status| ResponsePart {
            status,
            headers: headers.clone(),
            body: Some(String::from_utf8_lossy(&body).into()),
        });
        case.event.headers.clone_from(&headers);
        case.request.headers = headers;
        Ok((case, self.event_type.clone().unwrap_or_else(|| stem.to_owned()), body.into()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn config(text: &str) -> Result<Value, String> {
    let json = match text.strip_prefix('@') {
        Some(file) => String::from_utf8_lossy(&read(Path::new(file))?).into_owned(),
        None => text.to_owned(),
    };
    serde_json::from_str(&json).map_err(|error| format!("--config is no JSON: {error}"))
}

fn pairs(texts: &[String], between: char, form: &str) -> Result<Vec<(String, String)>, String> {
    let pair = |text: &String| {
        let (name, value) = text.split_once(between).ok_or_else(|| format!("{text:?}: write {form}"))?;
        Ok((name.trim().to_owned(), value.trim().to_owned()))
    };
    texts.iter().map(pair).collect()
}
