//! The scripted guests do what their script says.

use hookgate_core::plugin::{Admission, Judgement, PluginLimits, Stop};
use hookgate_core::word::{Millis, Slug};

use super::*;

fn call(digest: Digest) -> Call {
    Call {
        plugin: Slug::parse("p").unwrap(),
        digest,
        config: "{}".into(),
        limits: PluginLimits::default(),
        grants: Arc::default(),
        now: Millis(0),
    }
}

fn event(body: &'static str) -> GuestEvent {
    GuestEvent {
        id: "evt_1".into(),
        source: "s".into(),
        event_type: "t".into(),
        subject: None,
        order_key: None,
        received_at: Millis(0),
        headers: Arc::new(Headers::new()),
        body: Bytes::from_static(body.as_bytes()),
        json: None,
    }
}

#[tokio::test]
async fn a_component_runs_its_closure_once_it_is_loaded() {
    let guests = ScriptedGuests::new();
    let digest =
        guests.provide(b"one", |_, event| Ok(Err(Stop::Skip(format!("{} bytes", event.body.len())))));

    let before = guests.transform(call(digest), event("ab")).await;
    let facts = guests.load(Bytes::from_static(b"one")).await.unwrap();
    let after = guests.transform(call(digest), event("ab")).await;

    assert_eq!(before, crash(CrashKind::Incompatible));
    assert_eq!((facts.digest, facts.roles, facts.component_bytes), (digest, vec![Role::Transform], 3));
    assert_eq!(after, Ok(Err(Stop::Skip("2 bytes".into()))));
    assert_eq!((guests.count(&digest), guests.loads()), (2, 1));
}

#[tokio::test]
async fn what_is_forgotten_or_lacks_the_role_is_incompatible() {
    let guests = ScriptedGuests::new();
    let one = guests.install(b"one", |_, _| unchanged());
    let two = guests.install(b"two", |_, _| unchanged());

    guests.retain(&BTreeSet::from([two]));
    guests.describe(&two, |facts| facts.roles = vec![Role::Route]);

    assert!(!guests.is_loaded(&one));
    assert!(guests.is_loaded(&two));
    for digest in [one, two] {
        assert_eq!(guests.transform(call(digest), event("")).await, crash(CrashKind::Incompatible));
    }
}

#[tokio::test]
async fn refused_and_unknown_components_do_not_load() {
    let guests = ScriptedGuests::new();
    let why = Refused::Import("needs wasi".into());
    guests.refuse(b"bad", why.clone());

    assert_eq!(guests.inspect(b"bad"), Err(why.clone()));
    assert_eq!(guests.load(Bytes::from_static(b"bad")).await, Err(why));
    assert!(matches!(guests.inspect(b"unknown"), Err(Refused::NotAComponent(_))));
}

#[tokio::test]
async fn a_held_component_answers_when_it_is_released() {
    let guests = ScriptedGuests::new();
    let digest = guests.install(b"one", |_, _| unchanged());
    guests.hold(&digest);
    let caller = guests.clone();
    let running = tokio::spawn(async move { caller.transform(call(digest), event("")).await });
    guests.called(1).await;
    assert!(!running.is_finished());

    guests.release(&digest);

    assert_eq!(running.await.unwrap(), unchanged());
}

#[tokio::test]
async fn every_role_runs_its_own_closure_and_what_it_was_shown_is_kept() {
    let guests = ScriptedGuests::new();
    let script = Script::new()
        .route(|_, _, candidates| Ok(Ok(candidates[1..].to_vec())))
        .authenticate(|_, request| Ok(Ok(Admission::Deny(request.path.to_string()))))
        .connect_out(|_, _| Ok(Err(Stop::Declined("no".into()))), |_, _| Ok(Judgement::Delivered));
    let digest = guests.install_script(b"one", script);
    let request = GuestRequest {
        method: "POST".into(),
        path: "/in/s".into(),
        query: "".into(),
        headers: Arc::new(Headers::new()),
        body: Bytes::new(),
    };
    let response = GuestResponse { status: 200, headers: Headers::new(), body: Bytes::new() };

    let routed = guests.route(call(digest), event(""), vec!["a".into(), "b".into()]).await;
    let authenticated = guests.authenticate(call(digest), request).await;
    let built = guests.build(call(digest), event("")).await;
    let judged = guests.judge(call(digest), response).await;
    let transformed = guests.transform(call(digest), event("")).await;

    assert_eq!(routed, Ok(Ok(vec!["b".into()])));
    assert_eq!(authenticated, Ok(Ok(Admission::Deny("/in/s".into()))));
    assert_eq!(built, Ok(Err(Stop::Declined("no".into()))));
    assert_eq!(judged, Ok(Judgement::Delivered));
    assert_eq!(transformed, crash(CrashKind::Incompatible));
    assert_eq!((guests.calls().len(), guests.requests().len(), guests.responses().len()), (3, 1, 1));
    assert_eq!(guests.count(&digest), 5);
}
