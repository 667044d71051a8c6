//! Calls that nobody waits for any more, and hosts that go.

use std::sync::Arc;
use std::time::Duration;

use hookgate_core::limits::{PLUGIN_CALLS_MAX, PLUGIN_DEADLINE_MAX};
use hookgate_ports::Guests;

use crate::guest::{CLOSED, call_for, event, guest, host, load, serves};

#[tokio::test]
async fn a_dropped_call_frees_its_slot() {
    let host = Arc::new(host());
    let spins = load(&host, &guest("(loop (br 0)) (unreachable)")).await.digest;
    // Twice as many as there are slots: half of them wait for one.
    let calls: Vec<_> = (0..2 * PLUGIN_CALLS_MAX)
        .map(|_| {
            let host = Arc::clone(&host);
            tokio::spawn(
                async move { host.transform(call_for(spins, PLUGIN_DEADLINE_MAX), event(CLOSED)).await },
            )
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(calls.iter().all(|call| !call.is_finished()));

    for call in calls {
        call.abort();
        assert!(call.await.expect_err("it was dropped").is_cancelled());
    }

    // Far less than the deadline of the dropped ones.
    tokio::time::timeout(Duration::from_secs(10), serves(&host)).await.expect("a slot is free");
}

#[tokio::test]
async fn a_host_that_goes_ends_its_guests() {
    let host = Arc::new(host());
    let spins = load(&host, &guest("(loop (br 0)) (unreachable)")).await.digest;
    let calling = Arc::clone(&host);
    let call =
        tokio::spawn(
            async move { calling.transform(call_for(spins, PLUGIN_DEADLINE_MAX), event(CLOSED)).await },
        );
    tokio::task::yield_now().await;

    call.abort();
    assert!(call.await.expect_err("it was dropped").is_cancelled());
    let host = Arc::into_inner(host).expect("nobody else holds it");

    // Dropping waits for the guest: a loop that did not end would keep the test from ending.
    let dropped = tokio::task::spawn_blocking(move || drop(host));
    tokio::time::timeout(Duration::from_secs(10), dropped).await.expect("it ends").expect("no panic");
}
