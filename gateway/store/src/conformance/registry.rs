//! Cases of plugins by API, of pausing, and of statistics.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::control::Fact;
use hookgate_core::limits;
use hookgate_core::word::{Actor, Digest, Kind, Millis, NameId};
use hookgate_ports::{
    Applied, Clock, Component, DeliveryState, PluginRefused, PluginRow, StatRow, Stats, StatsBy, TallyRow,
    To, Uploaded,
};

use super::World;
use super::make::{name, scope, slug};

fn component(name: &str, bytes: &str, origin: &str) -> Component {
    let bytes = Bytes::from(bytes.to_owned());
    Component { plugin: slug(name), digest: Digest::of(&bytes), bytes, origin: origin.into() }
}

fn digest(bytes: &str) -> Digest {
    Digest::of(bytes.as_bytes())
}

impl World {
    async fn upload(&self, name: &str, bytes: &str, origin: &str) -> Uploaded {
        self.clock.advance(Duration::from_secs(1));
        let component = component(name, bytes, origin);
        self.store.upload(Actor::System, scope(), component, format!("{{\"name\":{name:?}}}")).await.unwrap()
    }

    async fn activate(&self, name: &str, bytes: &str) -> Result<(), PluginRefused> {
        self.store.activate(Actor::System, scope(), slug(name), digest(bytes)).await
    }

    async fn remove(&self, name: &str) -> Result<(), PluginRefused> {
        self.store.remove_plugin(Actor::System, scope(), slug(name)).await
    }

    async fn active(&self, name: &str) -> Option<(Digest, String)> {
        self.component_of(name, None).await
    }

    async fn version(&self, name: &str, bytes: &str) -> Option<(Digest, String)> {
        self.component_of(name, Some(digest(bytes))).await
    }

    async fn component_of(&self, name: &str, version: Option<Digest>) -> Option<(Digest, String)> {
        let component = self.store.component_of(scope(), slug(name), version).await.unwrap();
        component.map(|component| {
            assert_eq!(Digest::of(&component.bytes), component.digest);
            (component.digest, component.origin)
        })
    }

    async fn plugin(&self, name: &str) -> Option<PluginRow> {
        let plugins = self.store.plugins(scope()).await.unwrap();
        plugins.into_iter().find(|plugin| plugin.name == name)
    }

    async fn name_all(&self, components: Vec<Component>) {
        let names = [(Kind::Destination, "crm"), (Kind::Plugin, "summary"), (Kind::Source, "github")];
        let applied = Applied {
            scope: scope(),
            revision: Digest::of(b"revision"),
            text: "version = 1".into(),
            names: names.map(|(kind, text)| (name(kind, text), kind, slug(text))).to_vec(),
            recipes: vec![],
            components,
        };
        self.store.apply(Actor::System, applied).await.unwrap();
    }
}

fn uploaded(bytes: &str) -> Option<(Digest, String)> {
    Some((digest(bytes), "uploaded".to_owned()))
}

pub(super) async fn the_first_upload_is_active_and_later_ones_wait(mut world: World) {
    assert_eq!(world.upload("slack", "one", "uploaded").await, Uploaded::Active);
    assert_eq!(world.upload("slack", "two", "uploaded").await, Uploaded::Waiting);
    assert_eq!(
        world.upload("slack", "two", "uploaded").await,
        Uploaded::Waiting,
        "once more changes nothing"
    );
    assert_eq!(world.active("slack").await, uploaded("one"));
    assert_eq!(world.version("slack", "two").await, uploaded("two"), "it can be looked at before");
    assert_eq!(world.version("slack", "three").await, None);

    assert_eq!(world.activate("slack", "two").await, Ok(()));
    world.reopen().await;

    assert_eq!(world.active("slack").await, uploaded("two"));
    let row = world.plugin("slack").await.unwrap();
    assert_eq!((row.active, row.origin.as_str()), (Some(digest("two")), "uploaded"));
    let versions: Vec<_> = row.versions.iter().map(|version| (version.digest, version.bytes)).collect();
    assert_eq!(versions, [(digest("two"), 3), (digest("one"), 3)], "newest first");
    assert_eq!(row.versions[0].manifest, "{\"name\":\"slack\"}");
    assert_eq!(world.activate("slack", "one").await, Ok(()), "and back");
    assert_eq!(world.active("slack").await, uploaded("one"));
}

pub(super) async fn what_is_not_there_cannot_be_activated_or_removed(world: World) {
    world.name_all(vec![component("from-file", "file", "file")]).await;
    world.upload("slack", "one", "uploaded").await;
    world.upload("other", "two", "uploaded").await;

    let none = PluginRefused::NoVersion(slug("slack"), digest("two"));
    assert_eq!(world.activate("slack", "two").await, Err(none), "that is another one's");
    for refused in [world.activate("nobody", "one").await, world.remove("nobody").await] {
        assert_eq!(refused, Err(PluginRefused::Unknown(slug("nobody"))));
    }
    for refused in [world.activate("from-file", "file").await, world.remove("from-file").await] {
        assert_eq!(refused, Err(PluginRefused::FromFile(slug("from-file"))));
    }
    assert_eq!(world.active("nobody").await, None);
    assert_eq!(world.active("from-file").await, None, "the configuration's files are not by name");
    let file = world.plugin("from-file").await.unwrap();
    assert_eq!((file.origin.as_str(), file.active, file.versions.len()), ("file", Some(digest("file")), 1));
    assert_eq!(world.active("slack").await, uploaded("one"));
}

pub(super) async fn a_removed_embedded_one_does_not_come_back(mut world: World) {
    assert_eq!(world.upload("slack", "one", "embedded").await, Uploaded::Active);
    assert_eq!(
        world.upload("slack", "two", "embedded").await,
        Uploaded::Active,
        "a newer binary brings its own"
    );
    assert_eq!(world.remove("slack").await, Ok(()));
    world.reopen().await;

    for bytes in ["two", "three"] {
        assert_eq!(world.upload("slack", bytes, "embedded").await, Uploaded::Removed);
    }
    assert_eq!(world.active("slack").await, None);
    assert_eq!(world.remove("slack").await, Err(PluginRefused::Unknown(slug("slack"))));
    let row = world.plugin("slack").await.unwrap();
    assert_eq!((row.active, row.versions.len()), (None, 0), "the mark is shown");
    assert_eq!(world.upload("mine", "two", "uploaded").await, Uploaded::Active, "the same file elsewhere");
    assert_eq!(world.upload("slack", "mine", "uploaded").await, Uploaded::Active, "the name is free");
    assert_eq!(world.upload("slack", "two", "embedded").await, Uploaded::Removed);
    assert_eq!(world.active("slack").await, uploaded("mine"));
    assert_eq!(
        world.store.component(digest("one")).await,
        Ok(Some(Bytes::from_static(b"one"))),
        "it is pinned"
    );
}

pub(super) async fn an_embedded_one_does_not_displace_an_uploaded_one(world: World) {
    world.upload("slack", "one", "embedded").await;
    assert_eq!(world.upload("slack", "mine", "uploaded").await, Uploaded::Waiting);
    world.activate("slack", "mine").await.unwrap();

    assert_eq!(world.upload("slack", "two", "embedded").await, Uploaded::Waiting);

    assert_eq!(world.active("slack").await, uploaded("mine"));
    assert_eq!(world.remove("slack").await, Ok(()));
    assert_eq!(world.upload("slack", "two", "embedded").await, Uploaded::Removed);
}

pub(super) async fn an_uploaded_one_is_removed_without_a_trace(world: World) {
    world.upload("mine", "one", "uploaded").await;

    assert_eq!(world.remove("mine").await, Ok(()));

    assert_eq!((world.active("mine").await, world.plugin("mine").await), (None, None));
    assert_eq!(world.upload("mine", "one", "uploaded").await, Uploaded::Active);
}

pub(super) async fn versions_beyond_the_bound_go_but_for_the_active_one(world: World) {
    world.upload("slack", "first", "uploaded").await;
    for nth in 0..limits::PLUGIN_VERSIONS_MAX + 3 {
        world.upload("slack", &nth.to_string(), "uploaded").await;
    }

    let row = world.plugin("slack").await.unwrap();

    assert_eq!((row.active, row.versions.len()), (Some(digest("first")), limits::PLUGIN_VERSIONS_MAX + 1));
    assert_eq!(row.versions[0].digest, digest(&(limits::PLUGIN_VERSIONS_MAX + 2).to_string()));
    assert_eq!(row.versions.last().unwrap().digest, digest("first"));
}

pub(super) async fn what_is_paused_stands_until_it_is_resumed(mut world: World) {
    world.name_all(vec![]).await;
    let crm = (Kind::Destination, name(Kind::Destination, "crm"));
    let pause = async |subject, why: &str| {
        world.store.pause(Actor::Key("admin".into()), scope(), subject, why.into()).await.unwrap()
    };

    assert!(pause(crm, "maintenance").await);
    world.clock.advance(Duration::from_secs(60));
    assert!(pause(crm, "longer").await);
    assert!(!pause((Kind::Route, crm.1), "no route is called that").await);
    assert!(!pause((Kind::Destination, NameId(1)), "nobody").await);
    world.reopen().await;

    let controls = world.store.controls().await.unwrap();
    assert_eq!(controls.len(), 1);
    let control = &controls[0];
    assert_eq!((control.kind, control.subject, control.fact), (crm.0, crm.1, Fact::Paused));
    assert_eq!((control.reason.as_str(), control.actor.as_str()), ("longer", "key:admin"));
    assert_eq!((control.since, control.until), (world.clock.now(), None));
    let resume = async || world.store.resume(Actor::System, scope(), crm).await;
    assert_eq!(resume().await, Ok(vec![Fact::Paused]));
    assert_eq!(resume().await, Ok(vec![]));
    assert_eq!(world.store.controls().await, Ok(vec![]));
}

pub(super) async fn resuming_lifts_all_and_ends_a_quarantine(world: World) {
    let owner = world.enter().await;
    world.name_all(vec![]).await;
    let summary = name(Kind::Plugin, "summary");
    let id = world.pending(&["crm"]).await[0];
    let leased = world.take(owner, "crm", 1).await.remove(0);
    world.settled(id, leased.lease, To::Hold { plugin: Some(summary) }).await;
    world.store.pause(Actor::System, scope(), (Kind::Plugin, summary), "look".into()).await.unwrap();
    let paused = world.store.controls().await.unwrap().remove(0);
    let quarantine = hookgate_core::control::Control { fact: Fact::Quarantined, ..paused };
    world.store.hold(quarantine).await.unwrap();

    let facts = world.store.resume(Actor::System, scope(), (Kind::Plugin, summary)).await;

    assert_eq!(facts, Ok(vec![Fact::Paused, Fact::Quarantined]));
    assert_eq!(world.row(id).await.state, DeliveryState::Pending);
    assert_eq!(world.take(owner, "crm", 1).await[0].plugin_tries, 1);
}

fn counted(at: Millis, destination: Option<NameId>, outcome: &str, n: u64) -> TallyRow {
    TallyRow {
        at,
        scope: scope(),
        source: Some(name(Kind::Source, "github")),
        route: None,
        destination,
        plugin: None,
        outcome: outcome.into(),
        n,
        took_ms: n * 10,
    }
}

pub(super) async fn what_happened_adds_up_by_minute(mut world: World) {
    world.name_all(vec![]).await;
    let minute = Millis(world.clock.now().0.div_euclid(60_000) * 60_000);
    let next = minute.after(Duration::from_secs(60));
    let crm = Some(name(Kind::Destination, "crm"));
    let unnamed = Some(NameId(77));
    let rows = vec![
        counted(minute, crm, "success", 1),
        counted(minute.after(Duration::from_secs(59)), crm, "success", 2),
        counted(minute, crm, "refused", 4),
        counted(minute, unnamed, "success", 8),
        counted(minute, None, "accepted", 16),
        counted(next, crm, "success", 32),
    ];
    world.store.tally(rows.clone()).await.unwrap();
    world.store.tally(rows).await.unwrap();
    world.store.tally(vec![]).await.unwrap();
    world.reopen().await;
    let row = |minute, name: &str, outcome: &str, n: u64| StatRow {
        minute,
        name: name.into(),
        outcome: outcome.into(),
        n: 2 * n,
        took_ms: 20 * n,
    };
    let stats = async |from, to, by| world.store.stats(scope(), from, to, by).await.unwrap();
    let all = |rows| Stats { rows, next: None };

    let later = next.after(Duration::from_secs(60));
    assert_eq!(
        stats(minute, later, StatsBy::Nothing).await,
        all(vec![
            row(minute, "", "accepted", 16),
            row(minute, "", "refused", 4),
            row(minute, "", "success", 11),
            row(next, "", "success", 32),
        ])
    );
    assert_eq!(
        stats(minute, next, StatsBy::Destination).await,
        all(vec![
            row(minute, "", "success", 8),
            row(minute, "crm", "refused", 4),
            row(minute, "crm", "success", 3),
        ]),
        "what is about no destination is not among them"
    );
    assert_eq!(stats(next, later, StatsBy::Source).await, all(vec![row(next, "github", "success", 32)]));
    assert_eq!(stats(minute, later, StatsBy::Route).await, all(vec![]));
    assert_eq!(stats(later, minute, StatsBy::Nothing).await, all(vec![]));
    let other = hookgate_core::word::ScopeId(scope().0 ^ 1);
    assert_eq!(world.store.stats(other, minute, later, StatsBy::Nothing).await, Ok(all(vec![])));
}

pub(super) async fn old_statistics_are_forgotten(world: World) {
    let old = world.clock.now();
    world.store.tally(vec![counted(old, None, "accepted", 1)]).await.unwrap();
    world.clock.advance(limits::TALLY_KEPT);
    let young = world.clock.now();
    world.store.tally(vec![counted(young, None, "accepted", 1)]).await.unwrap();
    let count = async || {
        let to = young.after(Duration::from_secs(60));
        world.store.stats(scope(), old, to, StatsBy::Nothing).await.unwrap().rows.len()
    };

    world.store.tidy().await.unwrap();
    assert_eq!(count().await, 2);
    world.clock.advance(Duration::from_secs(60));
    world.store.tidy().await.unwrap();
    assert_eq!(count().await, 1);
}

pub(super) async fn more_statistics_than_a_page_are_read_in_whole_minutes(world: World) {
    let begin = Millis(world.clock.now().0.div_euclid(60_000) * 60_000);
    let minutes: Vec<Millis> = (0..3).map(|n| begin.after(Duration::from_secs(60 * n))).collect();
    let many = i64::from(limits::TALLY_ROWS_MAX) * 2 / 3;
    for minute in &minutes {
        let rows = (1..=many).map(|n| counted(*minute, Some(NameId(n)), "success", 1)).collect();
        world.store.tally(rows).await.unwrap();
    }
    let end = begin.after(Duration::from_secs(180));

    let (mut from, mut seen) = (begin, Vec::new());
    loop {
        let stats = world.store.stats(scope(), from, end, StatsBy::Nothing).await.unwrap();
        seen.extend(stats.rows.iter().map(|row| (row.minute, row.n)));
        let Some(next) = stats.next else { break };
        assert!(next > from, "it gets on");
        from = next;
    }

    let n = many.unsigned_abs();
    assert_eq!(seen, [(minutes[0], n), (minutes[1], n), (minutes[2], n)]);
}
