//! A gateway that is killed again and again while events come and receivers fail. What was answered
//! with 2xx is delivered or a dead letter for a stated reason, under one message id.

mod bystanders;
mod judge;
mod provider;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hookgate_tests::{
    Behaviour, Dice, GITHUB_SECRET, Gateway, PullRequests, RECEIVER_SECRET, Received, Receiver, scale,
};

use crate::setup::{all_ended, destination, route};
use judge::Judge;
use provider::Provider;

const EVENTS: u64 = 5_000;
const KILLS: u64 = 20;

/// Requests that each destination may have on the wire.
const CONCURRENCY: u64 = 16;

/// So many attempts, and the receiver of every one of [`POISONED`] events refuses them all.
const ATTEMPTS: u64 = 10;

/// One in so many events is refused for good: something has to become a dead letter.
const POISONED: u64 = 500;

/// What was lost three times waits 10 s, and then goes one at a time.
const END_LIMIT: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_kills_lose_nothing_that_was_answered() {
    let mut dice = Dice::of("kills", 20_260_103);
    let (events, kills) = (EVENTS * scale(), KILLS * scale());
    let begun = Instant::now();
    let receiver = Receiver::start(RECEIVER_SECRET).await;
    receiver.behave(misbehave);
    let mut gateway = Gateway::start(&config(&receiver)).await;
    let hook = PullRequests::new(GITHUB_SECRET, u32::try_from(dice.within(1..1 << 30)).expect("30 bits"));
    let provider = Arc::new(Provider::new(&gateway.source_url(), hook, events));

    let sending = Provider::send_all(&provider);
    let mut moments: Vec<u64> = (0..kills).map(|_| dice.within(1..events)).collect();
    moments.sort_unstable();
    let mut killed = 0;
    for moment in moments {
        provider.begun(moment).await;
        gateway.kill().await;
        provider.is_up(false);
        killed += 1;
        gateway.spawn();
        if dice.one_in(4) {
            // And once more while it starts, at whatever it does then.
            tokio::time::sleep(Duration::from_millis(dice.within(0..200))).await;
            gateway.kill().await;
            killed += 1;
            gateway.spawn();
        }
        gateway.ready().await;
        provider.is_up(true);
    }
    let heard = sending.await.expect("the senders end");
    let sent = begun.elapsed();
    all_ended(&gateway.admin(), END_LIMIT).await;

    let judge = Judge::summon(&gateway.admin(), &receiver, heard).await;
    println!("kills: {killed} kills, sent after {sent:?}, all ended after {:?}; {judge}", begun.elapsed());
    judge.every_accepted_event_has_its_deliveries(&["raw", "summary"]);
    judge.every_delivery_ended_for_a_stated_reason(ATTEMPTS, POISONED);
    judge.every_message_is_one_deliverys();
    judge.every_signature_fits();
    judge.duplicates_are_at_most(killed * 2 * CONCURRENCY);
}

fn config(receiver: &Receiver) -> String {
    let policy = format!(
        "concurrency = {CONCURRENCY}\ntimeout = \"5s\"\n\
         retry = {{ schedule = [\"100ms\", \"200ms\", \"500ms\", \"1s\"], attempts = {ATTEMPTS} }}"
    );
    destination("raw", &receiver.url("/raw"), &policy)
        + &destination("summary", &receiver.url("/summary"), &policy)
        + &route("raw", "pull_request.*", "raw", "")
        + &route("summary", "pull_request.*", "summary", "transform = [{ plugin = \"pr-summary\" }]")
}

/// Every 7th request is refused, every 11th reset, every 13th slow; a poisoned event never arrives.
fn misbehave(received: &Received) -> Behaviour {
    if judge::number(&received.body).is_multiple_of(POISONED) {
        Behaviour::Answer(503)
    } else if received.nth.is_multiple_of(7) {
        Behaviour::Answer(500)
    } else if received.nth.is_multiple_of(11) {
        Behaviour::Reset
    } else if received.nth.is_multiple_of(13) {
        Behaviour::Slow(Duration::from_millis(150), 200)
    } else {
        Behaviour::Answer(200)
    }
}
