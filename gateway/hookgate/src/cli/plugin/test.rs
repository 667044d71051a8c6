//! `hookgate plugin test`: a plugin's fixtures through the compiled component, compared with what is expected.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use hookgate_connectors::component::{self, Options, Talk};
use serde_json::Value;

use super::answer::is_crash;
use super::case::Case;
use super::diff::diff;
use super::trial::Trial;
use crate::cli::Exit;

/// What to test.
#[derive(Args)]
pub(crate) struct Test {
    /// The plugin's crate: Cargo.toml, plugin.toml, src/lib.rs, fixtures/
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Write what comes out as what is expected from now on
    #[arg(long)]
    update: bool,
}

/// Builds, loads, runs every case.
pub(super) fn run(test: &Test) -> Result<(), Exit> {
    let options = Options { talk: Talk::Kept, ..Options::default() };
    let built = component::build(&test.dir, &options).map_err(|error| Exit::Failed(error.to_string()))?;
    let trial = Trial::load(Bytes::from(built.component))?;
    let fixtures = fixtures(&test.dir.join("fixtures"))?;
    if fixtures.is_empty() {
        let folder = test.dir.join("fixtures");
        return Err(Exit::Failed(format!(
            "{}: no fixture; put the body of an event into NAME.json there, and what should come of it into \
             NAME.expected.json",
            folder.display()
        )));
    }
    let mut tally = Tally::default();
    for fixture in &fixtures {
        fixture.run(&trial, test.update, &mut tally)?;
    }
    say!("{} {}: {} passed, {} failed", built.name, built.version, tally.passed, tally.failed);
    match tally.failed {
        0 => Ok(()),
        _ => Err(Exit::Failed("what came out is not what is expected; if it is right: --update".to_owned())),
    }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

/// An event's body, and where its cases are.
struct Fixture {
    /// The event's type: the file's name.
    name: String,
    body: Bytes,
    expected: PathBuf,
}

/// Reads the fixtures of a folder, by name.
fn fixtures(folder: &Path) -> Result<Vec<Fixture>, Exit> {
    let unreadable = |path: &Path, error: std::io::Error| {
        Exit::Failed(format!("{} cannot be read: {error}", path.display()))
    };
    let files = component::fixture_files(folder).map_err(|error| Exit::Failed(error.to_string()))?;
    let read = |file: PathBuf| {
        let name = file.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let body = std::fs::read(&file).map_err(|error| unreadable(&file, error))?;
        Ok(Fixture { expected: folder.join(format!("{name}.expected.json")), name, body: body.into() })
    };
    files.into_iter().map(read).collect()
}

impl Fixture {
    fn run(&self, trial: &Trial, update: bool, tally: &mut Tally) -> Result<(), Exit> {
        let mut cases = self.cases()?;
        let mut came = Vec::new();
        for (nth, case) in cases.iter().enumerate() {
            let title = self.title(nth, case);
            let answer = trial
                .call(case, &self.name, &self.body)
                .map_err(|why| Exit::Failed(format!("{}: {title}: {why}", self.expected.display())))?;
            report(&title, case, &answer, update, tally);
            came.push(answer);
        }
        if update {
            self.write(&mut cases, came)?;
        }
        Ok(())
    }

    /// Without a file of expectations there is one case that expects nothing.
    fn cases(&self) -> Result<Vec<Case>, Exit> {
        if !self.expected.exists() {
            return Ok(vec![Case::default()]);
        }
        let text = self.text()?;
        Case::read(&text).map_err(|error| Exit::Failed(format!("{}: {error}", self.expected.display())))
    }

    fn text(&self) -> Result<String, Exit> {
        std::fs::read_to_string(&self.expected)
            .map_err(|error| Exit::Failed(format!("{} cannot be read: {error}", self.expected.display())))
    }

    fn title(&self, nth: usize, case: &Case) -> String {
        match &case.name {
            Some(name) => format!("{}: {name}", self.name),
            None if nth == 0 => self.name.clone(),
            None => format!("{} #{}", self.name, nth + 1),
        }
    }

    /// Writes what came out into the file; what else a case says stays as it is written.
    fn write(&self, cases: &mut [Case], came: Vec<Value>) -> Result<(), Exit> {
        if cases.iter().zip(&came).all(|(case, came)| case.expected.as_ref() == Some(came)) {
            return Ok(());
        }
        let mut file = if self.expected.exists() {
            serde_json::from_str(&self.text()?)
                .map_err(|error| Exit::Failed(format!("{}: {error}", self.expected.display())))?
        } else {
            Value::Object(serde_json::Map::new())
        };
        let cases = if let Value::Array(cases) = &mut file {
            cases.as_mut_slice()
        } else {
            std::slice::from_mut(&mut file)
        };
        for (case, came) in cases.iter_mut().zip(came) {
            let Value::Object(case) = case else {
                return Err(Exit::Failed(format!("{}: a case is a JSON object", self.expected.display())));
            };
            case.insert("expect".into(), came);
        }
        std::fs::write(&self.expected, format!("{file:#}\n"))
            .map_err(|error| Exit::Failed(format!("{} cannot be written: {error}", self.expected.display())))
    }
}

fn report(title: &str, case: &Case, came: &Value, update: bool, tally: &mut Tally) {
    match &case.expected {
        Some(expected) if expected == came => say!("ok      {title}"),
        Some(_) | None if update => say!("written {title}"),
        // A plugin may decline its fixture where nothing is expected; it may not break.
        None if !is_crash(came) => {
            say!("ok      {title} (nothing is expected; --update writes what comes out)")
        }
        None => {
            say!("FAILED  {title}\n{came:#}");
            tally.failed += 1;
            return;
        }
        Some(expected) => {
            say!("FAILED  {title}\n        - expected, + came out\n{}", diff(expected, came));
            tally.failed += 1;
            return;
        }
    }
    tally.passed += 1;
}
