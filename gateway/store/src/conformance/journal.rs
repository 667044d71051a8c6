//! Cases of the port of the admin API.

use std::time::Duration;

use bytes::Bytes;
use hookgate_core::delivery::{Birth, End, Owner};
use hookgate_core::recipe::{Recipe, Stage};
use hookgate_core::render::Rendered;
use hookgate_core::word::{Actor, DeliveryId, Digest, EventId, Kind, ScopeId};
use hookgate_ports::{
    AgainRefused, Applied, Clock, Component, Cursor, DeliveryFilter, DeliveryState, EventFilter, LastAttempt,
    Settled, To,
};

use super::World;
use super::make::{DEAD, DELIVERED, HELD, fields, name, rendered, scope, slug};

const MINUTE: Duration = Duration::from_secs(60);

/// A delivery that was dead-lettered.
async fn dead_letter(world: &World, owner: Owner) -> DeliveryId {
    let id = world.pending(&["crm"]).await[0];
    let leased = world.take(owner, "crm", 1).await.remove(0);
    assert_eq!((leased.id, world.settled(id, leased.lease, DEAD).await), (id, Settled::Done));
    id
}

async fn retry(world: &World, id: DeliveryId) -> Result<DeliveryId, AgainRefused> {
    world.store.retry(Actor::Key("admin".into()), scope(), id, DeliveryId(world.id())).await
}

fn filter(state: Option<DeliveryState>) -> DeliveryFilter {
    DeliveryFilter { state, ..DeliveryFilter::default() }
}

async fn listed(world: &World, filter: DeliveryFilter) -> Vec<DeliveryId> {
    let page = world.store.deliveries(scope(), filter, None, 100).await.unwrap();
    page.rows.into_iter().map(|row| row.id).collect()
}

pub(super) async fn pages_are_stable_while_rows_are_added(world: World) {
    let owner = world.enter().await;
    let mut expected = Vec::new();
    for n in 0..9 {
        let id = world.pending(&["crm"]).await[0];
        if n % 3 == 0 {
            let leased = world.take(owner, "crm", 1).await.remove(0);
            world.settled(leased.id, leased.lease, DELIVERED).await;
        }
        expected.insert(0, id);
    }

    let (mut seen, mut from, mut events) = (Vec::new(), None, Vec::new());
    let mut event_from = None;
    loop {
        let page = world.store.deliveries(scope(), filter(None), from, 4).await.unwrap();
        let event_page = world.store.events(scope(), EventFilter::default(), event_from, 4).await.unwrap();
        seen.extend(page.rows.iter().map(|row| row.id));
        events.extend(event_page.rows.iter().map(|row| row.id));
        world.pending(&["crm"]).await;
        (from, event_from) = (page.next, event_page.next);
        if from.is_none() {
            break;
        }
    }

    assert_eq!((seen.clone(), events.len(), event_from), (expected, 9, None));
    let rest = world.store.deliveries(scope(), filter(None), Some(Cursor(seen[8].0)), 4).await.unwrap();
    assert_eq!((rest.rows.len(), rest.next), (0, None));
}

pub(super) async fn events_are_listed_by_what_they_are(world: World) {
    let mut other = world.planned(Birth::Pending, &["crm"]);
    other.event.source = name(Kind::Source, "stripe");
    let (other_id, plain) = (other.event.content.id, world.entry());
    let plain_id = plain.event.content.id;
    world.accept(Owner(0), vec![other, plain]).await.unwrap();
    let list = async |filter: EventFilter| -> Vec<EventId> {
        let page = world.store.events(scope(), filter, None, 10).await.unwrap();
        page.rows.into_iter().map(|row| row.id).collect()
    };

    let all = EventFilter::default;
    assert_eq!(list(all()).await, [plain_id, other_id]);
    assert_eq!(list(EventFilter { source: Some(name(Kind::Source, "stripe")), ..all() }).await, [other_id]);
    assert_eq!(list(EventFilter { unrouted: Some(true), ..all() }).await, [plain_id]);
    assert_eq!(list(EventFilter { unrouted: Some(false), ..all() }).await, [other_id]);
    assert_eq!(list(EventFilter { event_type: Some("push".into()), ..all() }).await, [plain_id, other_id]);
    assert_eq!(list(EventFilter { event_type: Some("pus".into()), ..all() }).await, []);
}

pub(super) async fn an_event_shows_its_content(world: World) {
    world.store.apply(Actor::System, applied(b"one", &[])).await.unwrap();
    let entry = world.entry();
    let content = entry.event.content.clone();
    world.accept(Owner(0), vec![entry]).await.unwrap();

    let row = world.store.event(scope(), content.id).await.unwrap().unwrap();

    assert_eq!((row.source.as_str(), row.event_type.as_str(), row.body_bytes), ("github", "push", 7));
    assert_eq!((row.headers.as_ref(), row.body.as_ref()), (Some(&*content.headers), Some(&content.body)));
    assert_eq!((row.received_at, row.revision), (content.received_at, Digest::of(b"revision")));
}

pub(super) async fn deliveries_are_listed_by_event_destination_and_state(world: World) {
    let owner = world.enter().await;
    let ids = world.pending(&["crm", "log", "mail", "crm"]).await;
    let event = world.row(ids[0]).await.event;
    let dead = world.take(owner, "crm", 1).await.remove(0);
    world.settled(dead.id, dead.lease, DEAD).await;
    let held = world.take(owner, "log", 1).await.remove(0);
    world.settled(held.id, held.lease, HELD).await;
    let delivered = world.take(owner, "mail", 1).await.remove(0);
    world.settled(delivered.id, delivered.lease, DELIVERED).await;
    let flying = world.take(owner, "crm", 1).await.remove(0);
    let pending = world.pending(&["log"]).await[0];
    let again = retry(&world, dead.id).await.unwrap();

    let by_state = [
        (DeliveryState::Finished(End::DeadLettered), vec![dead.id]),
        (DeliveryState::Finished(End::Delivered), vec![delivered.id]),
        (DeliveryState::Finished(End::Skipped), vec![]),
        (DeliveryState::Held, vec![held.id]),
        (DeliveryState::InFlight, vec![flying.id]),
        (DeliveryState::Pending, vec![again, pending]),
    ];
    for (state, expected) in by_state {
        assert_eq!(listed(&world, filter(Some(state))).await, expected, "{state:?}");
    }
    let of_event = DeliveryFilter { event: Some(event), ..DeliveryFilter::default() };
    assert_eq!(listed(&world, of_event.clone()).await, [again, ids[3], ids[2], ids[1], ids[0]]);
    let crm = Some(name(Kind::Destination, "crm"));
    assert_eq!(
        listed(&world, DeliveryFilter { destination: crm, ..of_event.clone() }).await,
        [again, ids[3], ids[0]]
    );
    let is_held = Some(DeliveryState::Held);
    assert_eq!(listed(&world, DeliveryFilter { state: is_held, ..of_event }).await, [held.id]);
    assert_eq!(
        listed(&world, DeliveryFilter { destination: crm, ..filter(None) }).await,
        [again, ids[3], ids[0]]
    );
}

pub(super) async fn attempts_are_listed_first_to_last(world: World) {
    let owner = world.enter().await;
    let id = world.pending(&["crm"]).await[0];
    for to in [To::Retry(Duration::ZERO), To::RetryPlugin(Duration::ZERO), DEAD] {
        let leased = world.take(owner, "crm", 1).await.remove(0);
        world.settled(id, leased.lease, to).await;
        world.clock.advance(MINUTE);
    }

    let attempts = world.store.attempts(scope(), id).await.unwrap();

    assert_eq!(attempts.len(), 3);
    assert!(attempts.windows(2).all(|pair| pair[0].started_at < pair[1].started_at));
    for attempt in &attempts {
        let gist = LastAttempt {
            outcome: "refused".into(),
            status: Some(503),
            detail: "the receiver answered 503".into(),
        };
        assert_eq!((&attempt.gist, attempt.took_ms), (&gist, 12));
        assert_eq!(attempt.rendered, Some(rendered("sent")));
        assert_eq!(attempt.answer, Some((fields(&[("server", "x")]), Bytes::from_static(b"answered"))));
        assert_eq!(attempt.sent, fields(&[("webhook-signature", "v1,x")]));
        assert_eq!(attempt.made_by, [Digest::of(b"component")]);
    }
    let row = world.row(id).await;
    assert_eq!(
        (row.attempts, row.last.as_ref(), row.reason.as_deref()),
        (2, Some(&attempts[2].gist), Some("exhausted"))
    );
}

pub(super) async fn a_body_that_was_the_events_own_comes_back(world: World) {
    let owner = world.enter().await;
    let id = world.pending(&["crm"]).await[0];
    let leased = world.take(owner, "crm", 1).await.remove(0);
    let own = Rendered { body: leased.event.body.clone(), is_event_body: true, ..rendered("") };
    let mut settle = world.settle(id, leased.lease, DELIVERED);
    settle.attempt.rendered = Some(own.clone());

    world.store.settle(settle).await.unwrap();

    let attempts = world.store.attempts(scope(), id).await.unwrap();
    assert_eq!(attempts[0].rendered.as_ref(), Some(&own));
}

pub(super) async fn retrying_a_held_delivery_makes_it_due(world: World) {
    let owner = world.enter().await;
    let id = world.pending(&["crm"]).await[0];
    for to in [To::RetryPlugin(Duration::ZERO), To::RetryPlugin(Duration::ZERO), HELD] {
        let leased = world.take(owner, "crm", 1).await.remove(0);
        world.settled(id, leased.lease, to).await;
    }

    assert_eq!(retry(&world, id).await, Ok(id));

    let leased = world.take(owner, "crm", 1).await.remove(0);
    assert_eq!(
        (leased.id, leased.plugin_tries),
        (id, 1),
        "one crash stays: it renders with today's components"
    );
    world.settled(id, leased.lease, To::Retry(MINUTE)).await;
    assert_eq!(retry(&world, id).await, Ok(id));
    assert_eq!(world.row(id).await.due, Some(world.clock.now()));
    assert_eq!(world.take(owner, "crm", 1).await[0].plugin_tries, 0);
}

pub(super) async fn retrying_a_dead_letter_resolves_it_once(world: World) {
    let owner = world.enter().await;
    let id = dead_letter(&world, owner).await;
    let dead = world.row(id).await;

    let fresh = retry(&world, id).await.unwrap();

    let row = world.row(fresh).await;
    assert_eq!((row.state, row.replay_of, row.attempts), (DeliveryState::Pending, Some(id), 0));
    assert_eq!((row.event, &row.message), (dead.event, &dead.message));
    assert_eq!(world.row(id).await.resolved_by, Some(fresh));
    assert_eq!(retry(&world, id).await, Err(AgainRefused::Resolved(id, fresh)));
    let leased = world.take(owner, "crm", 1).await.remove(0);
    assert_eq!((leased.id, leased.message), (fresh, dead.message));
    world.settled(fresh, leased.lease, DELIVERED).await;
    let before = world.row(id).await;
    assert_eq!((before.state, before.resolved_by), (DeliveryState::Finished(End::DeadLettered), Some(fresh)));
}

pub(super) async fn of_two_retries_at_once_one_is_refused(world: World) {
    let owner = world.enter().await;
    let id = dead_letter(&world, owner).await;

    let (first, second) = tokio::join!(retry(&world, id), retry(&world, id));

    let fresh = first.expect("the first one wins");
    assert_eq!(second, Err(AgainRefused::Resolved(id, fresh)));
    assert_eq!(world.take(owner, "crm", 9).await.len(), 1);
}

pub(super) async fn what_cannot_be_retried_is_refused_with_its_reason(world: World) {
    let owner = world.enter().await;
    let id = world.pending(&["crm"]).await[0];
    let leased = world.take(owner, "crm", 1).await.remove(0);

    assert_eq!(retry(&world, id).await, Err(AgainRefused::InFlight(id)));
    world.settled(id, leased.lease, DELIVERED).await;
    assert_eq!(retry(&world, id).await, Err(AgainRefused::NotFailed(id, "delivered")));
    let nobody = DeliveryId(1);
    assert_eq!(retry(&world, nobody).await, Err(AgainRefused::Unknown(nobody)));
}

pub(super) async fn a_scope_sees_only_its_own(world: World) {
    let owner = world.enter().await;
    let id = dead_letter(&world, owner).await;
    let event = world.row(id).await.event;
    let other = ScopeId(scope().0 ^ 1);

    assert_eq!(world.store.event(other, event).await, Ok(None));
    assert_eq!(world.store.delivery(other, id).await, Ok(None));
    assert_eq!(world.store.attempts(other, id).await, Ok(Vec::new()));
    assert!(world.store.events(other, EventFilter::default(), None, 9).await.unwrap().rows.is_empty());
    assert!(world.store.deliveries(other, filter(None), None, 9).await.unwrap().rows.is_empty());
    let of_event = DeliveryFilter { event: Some(event), ..DeliveryFilter::default() };
    assert!(world.store.deliveries(other, of_event, None, 9).await.unwrap().rows.is_empty());
    let refused = world.store.retry(Actor::System, other, id, DeliveryId(world.id())).await;
    assert_eq!(refused, Err(AgainRefused::Unknown(id)));
}

fn component(bytes: &'static [u8]) -> Component {
    let bytes = Bytes::from_static(bytes);
    Component { plugin: slug("summary"), digest: Digest::of(&bytes), bytes, origin: "file".into() }
}

fn recipe() -> Recipe {
    Recipe {
        router: None,
        stages: vec![Stage {
            plugin: slug("summary"),
            digest: Digest::of(b"old"),
            config: "{\"a\":\"'\"}".into(),
        }],
    }
}

fn applied(text: &'static [u8], components: &[Component]) -> Applied {
    Applied {
        scope: scope(),
        revision: Digest::of(text),
        text: String::from_utf8(text.to_vec()).unwrap(),
        names: vec![
            (name(Kind::Source, "github"), Kind::Source, slug("github")),
            (name(Kind::Route, "all"), Kind::Route, slug("all")),
            (name(Kind::Destination, "crm"), Kind::Destination, slug("crm")),
        ],
        recipes: vec![
            (recipe().digest(), recipe().to_json()),
            (Recipe::default().digest(), Recipe::default().to_json()),
        ],
        components: components.to_vec(),
    }
}

pub(super) async fn an_applied_configuration_is_found_again(mut world: World) {
    assert_eq!(world.store.revision(scope()).await, Ok(None));
    for text in [b"one", b"two", b"one"] {
        world.store.apply(Actor::Signal, applied(text, &[component(b"old")])).await.unwrap();
        assert_eq!(world.store.revision(scope()).await, Ok(Some(Digest::of(text))));
    }

    world.reopen().await;

    assert_eq!(world.store.revision(scope()).await, Ok(Some(Digest::of(b"one"))));
    assert_eq!(world.store.recipe(recipe().digest()).await, Ok(Some(recipe())));
    assert_eq!(world.store.recipe(Digest::of(b"nothing")).await, Ok(None));
    assert_eq!(world.store.component(Digest::of(b"old")).await, Ok(Some(Bytes::from_static(b"old"))));
    assert_eq!(world.store.component(Digest::of(b"new")).await, Ok(None));
    let row = world.row(world.pending(&["crm"]).await[0]).await;
    assert_eq!(
        (row.route.as_str(), row.destination.as_str(), row.event_type.as_str()),
        ("all", "crm", "push")
    );
}

pub(super) async fn another_component_frees_what_its_plugin_held(world: World) {
    let owner = world.enter().await;
    world.store.apply(Actor::System, applied(b"one", &[component(b"old")])).await.unwrap();
    let ids = world.pending(&["crm", "crm"]).await;
    let (uses, uses_not) = (ids[0], ids[1]);
    for (leased, plugin) in world.take(owner, "crm", 2).await.into_iter().zip(["summary", "other"]) {
        let plugin = Some(name(Kind::Plugin, plugin));
        world.settled(leased.id, leased.lease, To::Hold { plugin }).await;
    }

    world.store.apply(Actor::System, applied(b"two", &[component(b"old")])).await.unwrap();
    assert_eq!(world.row(uses).await.state, DeliveryState::Held, "it is the same component");
    world.store.apply(Actor::System, applied(b"two", &[component(b"new")])).await.unwrap();

    assert_eq!(world.row(uses).await.state, DeliveryState::Pending);
    assert_eq!(world.row(uses_not).await.state, DeliveryState::Held);
    assert_eq!(
        world.take(owner, "crm", 2).await.iter().map(|l| (l.id, l.plugin_tries)).collect::<Vec<_>>(),
        [(uses, 1)]
    );
}

pub(super) async fn an_admin_key_is_made_once(world: World) {
    let (first, second) = (Digest::of(b"first"), Digest::of(b"second"));
    assert_eq!(world.store.admin_key(scope()).await, Ok(None));

    let made = (
        world.store.make_admin_key(Actor::System, scope(), first).await,
        world.store.make_admin_key(Actor::System, scope(), second).await,
        world.store.make_admin_key(Actor::System, scope(), first).await,
    );

    assert_eq!(made, (Ok(true), Ok(false), Ok(false)));
    assert_eq!(world.store.admin_key(scope()).await, Ok(Some(first)));
}
