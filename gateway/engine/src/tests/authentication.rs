//! Sources that a plugin verifies: what it says decides, and where it breaks nothing is decided.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hookgate_core::limits;
use hookgate_core::plugin::{Admission, Authenticated, CrashKind, GuestResponse, Shape};
use hookgate_core::recipe::Stage;
use hookgate_core::request::VERIFIED_MARK;
use hookgate_core::scheme::{Rejection, Verification};
use hookgate_core::source::Source;
use hookgate_core::word::{Digest, Headers};
use hookgate_ports::doubles::{Memory, Script, ScriptedGuests, VirtualClock, Wire, crash};
use hookgate_ports::{EventFilter, Journal};
use http::{HeaderName, HeaderValue};

use super::house::{House, Plan, scope, slug};
use crate::{Reception, Refusal};

async fn house(guests: &ScriptedGuests) -> House {
    let clock = VirtualClock::default();
    let store = Memory::new(Arc::new(clock.clone()));
    House::in_store(Plan::one(), store, clock, guests.clone(), Wire::new()).await
}

fn source(digest: Digest, deadline: Duration) -> Source {
    let stage = Stage { plugin: slug("auth"), digest, config: "{}".into() };
    let mask = vec![HeaderName::from_static("x-partner-token")];
    Source::new(scope(), slug("shop"), Verification::Plugin { stage, deadline, mask })
}

fn says(decided: Authenticated) -> Script {
    Script::new().authenticate(move |_, _| decided.clone())
}

/// Sends one request to a source that this script verifies.
async fn received(house: &House, script: Script) -> Result<Reception, Refusal> {
    let digest = house.guests.install_script(b"auth", script);
    let topology = house.engine.current().of(scope());
    let mut request = house.request("1", "{}");
    request.url = "https://h/in/shop?key=hunter2".into();
    request.headers.push(HeaderName::from_static("x-partner-token"), HeaderValue::from_static("hunter2"));
    house.engine.receive(request, &source(digest, Duration::from_secs(30)), &topology).await
}

#[tokio::test]
async fn an_accepted_request_is_what_the_plugin_calls_it_and_its_proof_is_masked() {
    let house = house(&ScriptedGuests::new()).await;
    let script = Script::new().authenticate(|_, request| {
        let is_shown = request.headers.first_text("x-partner-token").as_deref() == Some("hunter2");
        let is_shown = is_shown && request.query.contains("hunter2") && &*request.path == "/in/shop";
        let shape = Shape { event_type: Some("order.paid".into()), ..Shape::default() };
        Ok(Ok(if is_shown { Admission::Accept(shape) } else { Admission::Deny("hidden".into()) }))
    });

    let reception = received(&house, script).await.expect("accepted");

    assert!(matches!(reception, Reception::Stored(receipt) if receipt.events.len() == 1));
    let sent = house.until_delivered(1).await;
    let event = house.store.event(scope(), sent[0].event).await.expect("the store answers").expect("stored");
    assert_eq!(event.event_type, "order.paid");
    let headers = event.headers.expect("kept");
    assert_eq!(headers.first_text("x-partner-token").as_deref(), Some(VERIFIED_MARK));
}

#[tokio::test]
async fn a_denied_request_is_rejected_and_an_answered_one_is_not_stored() {
    let house = house(&ScriptedGuests::new()).await;
    let pong = GuestResponse { status: 202, headers: Headers::new(), body: Bytes::from_static(b"pong") };

    let denied = received(&house, says(Ok(Ok(Admission::Deny("no".into()))))).await;
    let answered = received(&house, says(Ok(Ok(Admission::Respond(pong.clone()))))).await;

    assert_eq!(denied, Err(Refusal::Rejected(Rejection::Denied("no".into()))));
    assert_eq!(answered, Ok(Reception::Answered(pong)));
    let page =
        house.store.events(scope(), EventFilter::default(), None, 10).await.expect("the store answers");
    assert!(page.rows.is_empty());
}

#[tokio::test]
async fn a_plugin_that_cannot_say_refuses_nobody_for_good() {
    let house = house(&ScriptedGuests::new()).await;

    for broken in [crash(CrashKind::Trap), Ok(Err("no key of that name".to_owned()))] {
        assert_eq!(received(&house, says(broken)).await, Err(Refusal::Undecided));
    }
    // It lacks the role, or is nowhere to be had.
    assert_eq!(received(&house, Script::new()).await, Err(Refusal::Undecided));
    let topology = house.engine.current().of(scope());
    let nowhere = source(Digest::of(b"nowhere"), Duration::from_secs(30));
    let refused = house.engine.receive(house.request("1", "{}"), &nowhere, &topology).await;
    assert_eq!(refused, Err(Refusal::Undecided));
}

#[tokio::test]
async fn a_plugin_that_hangs_holds_its_own_source_for_its_deadline_and_no_longer() {
    let house = house(&ScriptedGuests::new()).await;
    let digest = house.guests.install_script(b"auth", says(Ok(Ok(Admission::Accept(Shape::default())))));
    house.guests.hold(&digest);
    let topology = house.engine.current().of(scope());
    let impatient = source(digest, Duration::from_millis(20));

    let requests = (0..limits::AUTHENTICATIONS_PER_SOURCE + 3).map(|nth| {
        let (engine, topology, source) = (&house.engine, &topology, &impatient);
        let request = house.request(&nth.to_string(), "{}");
        async move { engine.receive(request, source, topology).await }
    });
    let asked = || house.guests.requests().len();
    for refused in all(requests, || assert_eq!(asked(), limits::AUTHENTICATIONS_PER_SOURCE)).await {
        assert_eq!(refused, Err(Refusal::Undecided));
    }

    house.guests.release(&digest);
    let patient = source(digest, Duration::from_secs(30));
    let accepted = house.engine.receive(house.request("x", "{}"), &patient, &topology).await;
    assert!(matches!(accepted, Ok(Reception::Stored(_))), "turns came back: {accepted:?}");
}

/// Awaits futures together; `begun` is called once each of them has gone as far as it could.
async fn all<T>(futures: impl Iterator<Item = impl Future<Output = T>>, begun: impl FnOnce()) -> Vec<T> {
    let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    let mut begun = Some(begun);
    std::future::poll_fn(|context| {
        let mut is_ready = true;
        for (future, output) in &mut waiting {
            if output.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *output = Some(value),
                    std::task::Poll::Pending => is_ready = false,
                }
            }
        }
        if let Some(begun) = begun.take() {
            begun();
        }
        if is_ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    waiting.into_iter().filter_map(|(_, output)| output).collect()
}
