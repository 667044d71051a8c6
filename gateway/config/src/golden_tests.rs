//! Every broken file of the corpus and what is said of it; every good file, and its warnings.
//! `UPDATE_GOLDENS=1` writes what is said now.

#![expect(clippy::disallowed_methods, reason = "the corpus is read, and goldens are written, from the disk")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hookgate_core::plugin::{Capability, Facts, Manifest, Role};
use hookgate_core::topology::{Endpoint, OnPluginFailure, Signing};
use hookgate_core::word::{Digest, Kind, NameId, Scope, Secret, Slug};
use serde::Deserialize;

use crate::{CODES, ComponentRef, Config, Diagnostic, Resolve, Secrets, Unknown, check, codes, render};

/// What the corpus pretends to be around it: variables, files and components.
#[derive(Deserialize)]
struct World {
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    components: BTreeMap<String, Found>,
}

#[derive(Deserialize)]
struct Found {
    refused: Option<String>,
    #[serde(default)]
    elsewhere: bool,
    #[serde(default)]
    roles: Vec<Role>,
    #[serde(default)]
    uses: Vec<Capability>,
    manifest: Option<Manifest>,
}

impl World {
    fn of_the_corpus() -> World {
        let text = fs::read_to_string(corpus("").join("world.json")).expect("the corpus has a world");
        serde_json::from_str(&text).expect("the world reads")
    }

    fn check(&self, text: &str) -> Result<Config, Vec<Diagnostic>> {
        check(text, |component| self.inspect(component), Secrets::Resolve(self))
    }

    fn inspect(&self, wanted: &ComponentRef) -> Result<Facts, Unknown> {
        let name = wanted.component.to_string();
        let found = self.components.get(&name).ok_or_else(|| "there is none of this name".to_owned())?;
        match &found.refused {
            Some(why) => Err(why.clone().into()),
            None if found.elsewhere => Err(Unknown::Elsewhere),
            None => Ok(Facts {
                digest: Digest::of(name.as_bytes()),
                component_bytes: 1,
                roles: found.roles.clone(),
                uses: found.uses.clone(),
                manifest: found.manifest.clone(),
            }),
        }
    }
}

impl Resolve for World {
    fn env(&self, name: &str) -> Option<String> {
        self.env.get(name).cloned()
    }

    fn file(&self, path: &str) -> Result<String, String> {
        self.files.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }
}

/// A folder of the corpus.
fn corpus(folder: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpus/config")).join(folder)
}

/// The files of a folder, with their texts, in the order of their names.
fn files(folder: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(corpus(folder)).expect("the corpus has this folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).expect("a text"))).collect()
}

fn rendered(text: &str, diagnostics: &[Diagnostic]) -> String {
    let each: Vec<String> = diagnostics.iter().map(|d| render("hookgate.toml", text, d)).collect();
    each.join("\n")
}

/// Compares with the golden file, or writes it.
fn compare(path: &Path, said: &str, wrong: &mut Vec<String>) {
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        if said.is_empty() {
            fs::remove_file(path).unwrap_or_default();
        } else {
            fs::write(path, said).expect("the golden can be written");
        }
    } else if fs::read_to_string(path).unwrap_or_default() != said {
        wrong.push(format!("{}:\n{said}", path.display()));
    }
}

#[test]
fn every_broken_file_is_told_what_its_golden_says() {
    let world = World::of_the_corpus();
    let mut wrong = Vec::new();
    for (path, text) in files("bad") {
        let diagnostics = world.check(&text).map(drop).expect_err(&format!("{} compiles", path.display()));

        compare(&path.with_extension("err"), &rendered(&text, &diagnostics), &mut wrong);
    }
    assert!(wrong.is_empty(), "UPDATE_GOLDENS=1 writes these:\n{}", wrong.join("\n"));
}

#[test]
fn every_good_file_compiles_with_the_warnings_of_its_golden() {
    let world = World::of_the_corpus();
    let mut wrong = Vec::new();
    for (path, text) in files("good") {
        let config = world
            .check(&text)
            .unwrap_or_else(|diagnostics| panic!("{}:\n{}", path.display(), rendered(&text, &diagnostics)));

        compare(&path.with_extension("warn"), &rendered(&text, &config.warnings), &mut wrong);
        assert!(
            check(&text, |c| world.inspect(c), Secrets::Skip).is_ok(),
            "{} without secrets",
            path.display()
        );
    }
    assert!(wrong.is_empty(), "UPDATE_GOLDENS=1 writes these:\n{}", wrong.join("\n"));
}

#[test]
fn every_code_has_a_golden_and_every_mistake_has_help() {
    let world = World::of_the_corpus();
    let mut seen = BTreeSet::new();
    let mut with_many = 0;
    let bad = files("bad");
    let good = files("good");

    for (path, text) in bad.iter().chain(&good) {
        let diagnostics = world.check(text).map_or_else(|errors| errors, |config| config.warnings);
        with_many += usize::from(diagnostics.len() >= 3);
        for diagnostic in diagnostics {
            assert!(!diagnostic.help.is_empty() && !diagnostic.message.is_empty(), "{}", path.display());
            assert!(CODES.contains(&diagnostic.code), "{}", diagnostic.code);
            seen.insert(diagnostic.code);
        }
    }

    // Two names with one integer take 2^31 tries; `compile::names` tests them with made-up integers.
    seen.insert(codes::NAME_COLLISION);
    let unseen: Vec<_> = CODES.iter().filter(|code| !seen.contains(*code)).collect();
    assert!(unseen.is_empty(), "no golden shows {unseen:?}");
    assert!(bad.len() >= 25 && with_many >= 5);
}

#[test]
fn nothing_that_is_said_repeats_a_secret() {
    let world = World::of_the_corpus();
    for (path, text) in files("bad").into_iter().chain(files("good")) {
        let diagnostics = world.check(&text).map_or_else(|errors| errors, |config| config.warnings);

        let said = format!("{}{diagnostics:?}", rendered(&text, &diagnostics));

        // Every secret of the corpus, literal or referred to, has this in it.
        assert!(!said.contains("hunter2"), "{}", path.display());
    }
}

#[test]
fn grants_hold_the_secrets_that_they_name_newest_first() {
    let text = fs::read_to_string(corpus("good").join("grants.toml")).expect("the sample");
    let topology = World::of_the_corpus().check(&text).expect("it compiles").topology;
    let grants = |name: &str| Arc::clone(&topology.plugin(name).expect("declared").grants);

    let keyed = grants("keyed");
    let keys: Vec<&[u8]> = keyed.mac["partner"].iter().map(Secret::expose).collect();

    assert_eq!(keys, [&b"hunter2-of-billing"[..], b"hunter2-of-old"]);
    assert_eq!(keyed.secret["partner"].expose(), b"hunter2-of-billing");
    assert!(!keyed.clock && grants("clocked").clock && grants("timed").clock && grants("summary").clock);
}

#[test]
fn the_full_sample_means_what_it_says() {
    let text = fs::read_to_string(corpus("good").join("full.toml")).expect("the sample");
    let config = World::of_the_corpus().check(&text).expect("it compiles");
    let topology = config.topology;
    let id =
        |kind, name: &str| NameId::of(Scope::default_scope().id(), kind, &Slug::parse(name).expect("a slug"));

    let billing = topology.source("billing").expect("declared");
    let crm = topology.destination(id(Kind::Destination, "crm")).expect("declared");
    let team = topology.destination(id(Kind::Destination, "team")).expect("declared");
    let route = topology.route(id(Kind::Route, "merged-pull-requests")).expect("declared");

    assert_eq!(topology.revision, Digest::of(text.as_bytes()));
    assert_eq!(billing.dedupe.as_ref().expect("declared").window_hours, 2);
    assert_eq!((crm.timeout, crm.concurrency, crm.retry.attempts_max.get()), (Duration::from_secs(20), 8, 5));
    assert_eq!(crm.endpoint().shown(), "https://crm.example.com/hooks/{body.account}");
    assert!(matches!(&crm.signing, Signing::StandardWebhooks { secrets } if secrets.len() == 2));
    assert_eq!(crm.rate.expect("declared").burst().get(), 100);
    assert_eq!(crm.breaker.expect("declared").open, Duration::from_secs(60));
    assert!(matches!(&team.endpoint(), Endpoint::Secret { shown, .. } if shown == "${env:TEAM_URL}"));
    assert_eq!((route.to.len(), route.on_plugin_failure), (2, OnPluginFailure::DeadLetter));
    assert_eq!(&*route.recipe.stages[0].config, r#"{"limit":3,"style":"short"}"#);
    assert_eq!(topology.plugin("summary").expect("declared").limits.deadline, Duration::from_millis(20));
    assert!(topology.plugin("shipped").is_some(), "an embedded plugin needs no table");
    assert!(topology.source("forge").expect("declared").dedupe.is_some(), "presets bring a dedupe key");
    let partner = topology.source("partner").expect("declared");
    assert_eq!(
        (partner.methods.len(), partner.tokens.len(), partner.split.as_ref().map(Vec::len)),
        (2, 2, Some(1))
    );
    assert_eq!(partner.verification.key_name(1).as_deref(), Some("globex"));
    assert!(partner.order_key.is_some() && partner.subject.is_some());
    assert_eq!(topology.source("social").expect("declared").handshakes.len(), 1);
    assert_eq!(topology.routes_of(id(Kind::Source, "api")).len(), 1);
    assert_eq!(config.settings.server.listen.port(), 9090);
    assert_eq!(config.settings.server.admin_listen.to_string(), "127.0.0.1:8081");
}
